/* `clarion checkin`: a report that is released when she doesn't check in. */
#include "checkin.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/cursor.h"
#include "proto/hold.h"
#include "verbs.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUMMARY "I did not check in when I had to."

static int none_under_way(struct failure *failure)
{
	return failure_set(failure, EX_NOINPUT, "no check-in is under way: `checkin start' begins one");
}

static int take_every(const struct invocation *invocation, uint64_t *ret_every, struct failure *failure)
{
	const char *text = arguments_option(invocation->arguments, "every");
	struct reader reader = reader_of(text, text == NULL ? 0 : strlen(text));

	if (text != NULL && reader_decimal(&reader, ret_every) == 0 && reader_end(&reader) == 0 &&
		*ret_every >= 1 && *ret_every <= CHECKIN_EVERY_MAX)
		return 0;
	return failure_set(failure, EX_USAGE,
		"--every says within how many minutes you check in: give 1 to %d", CHECKIN_EVERY_MAX);
}

static int answer(const struct invocation *invocation, const struct checkin *checkin, bool is_over,
	const char *receipt, struct failure *failure)
{
	char release[TIME_SIZE];

	if (checkin == NULL)
		return output_result(
			invocation, json_pack("{s:n, s:n, s:b}", "id", "release", "confirmed", 0), failure);
	time_format(checkin->held.release, release);
	return output_result(invocation,
		json_pack("{s:s, s:s?, s:b, s:s*}", "id", checkin->held.id, "release",
			is_over ? NULL : release, "confirmed", checkin->held.is_accepted, "receipt", receipt),
		failure);
}

static void say_release(const struct invocation *invocation, const struct checkin *checkin)
{
	char release[TIME_SIZE];

	time_format(checkin->held.release, release);
	say(invocation, "Held. Officers get it at %s, unless you check in (`%s checkin ok`) before.\n",
		release, invocation->program);
}

/* The failure's own words behind what it means for her. */
static int because(const char *meaning, int exit_code, struct failure *failure)
{
	struct fault reason = failure->fault;

	return failure_set(failure, exit_code, "%s (%s)", translated(meaning), reason.text);
}

static int not_watched(struct failure *failure)
{
	return because(
		"nobody is known to watch over you: `checkin ok' tries again, `checkin cancel' gives up",
		failure->exit_code, failure);
}

/* One that the server holds isn't replaced by mistake; one that isn't known to be held is called off. */
static int begin(struct session *session, struct checkin **ret_checkin, struct failure *failure)
{
	if (checkin_load(session, ret_checkin, failure) != 0)
		return -1;
	if (*ret_checkin != NULL && (*ret_checkin)->held.is_accepted)
		return failure_set(
			failure, EX_CANTCREAT, "a check-in is under way already: `checkin cancel' ends it");
	if (*ret_checkin == NULL && (*ret_checkin = checkin_new()) == NULL)
		return failure_memory(failure);
	return 0;
}

static int start(struct reporting *reporting, struct checkin *checkin, struct failure *failure)
{
	size_t released;
	int64_t now;

	if (reporting_prepare(reporting, failure) != 0 || reporting_take_receipt(reporting, failure) != 0)
		return -1;
	json_decref(checkin->report);
	checkin->report = json_deep_copy(reporting->composed.report);
	if (checkin->report == NULL)
		return failure_memory(failure);
	memcpy(checkin->desk, reporting->composed.desk, sizeof checkin->desk);
	checkin->receipt = *reporting->receipt;
	now = organisation_now(reporting->session.organisation);
	if (checkin_hold(reporting, checkin, now, failure) != 0)
		return not_watched(failure);
	reporting_say_readers(reporting);
	say_release(reporting->invocation, checkin);
	say(reporting->invocation,
		"Your receipt number: %s\nWrite it down and hide it: with it you read the answers. Until the "
		"check-in ends it is also kept in this home, with what you wrote: keep the home under a "
		"passphrase.\n",
		reporting->receipt->number);
	return checkin_call_off(&reporting->session, checkin, false, &released, failure);
}

int run_checkin_start(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation,
		.wish = { .urgency = "immediate", .summary = terminal_is_there() ? NULL : SUMMARY } };
	struct checkin *checkin = NULL;
	uint64_t every;
	int rc = -1;

	if (take_every(invocation, &every, failure) != 0 ||
		session_open(invocation, &reporting.session, failure) != 0 ||
		begin(&reporting.session, &checkin, failure) != 0)
		goto cleanup;
	checkin->every = every;
	if (start(&reporting, checkin, failure) != 0)
		goto cleanup;
	rc = answer(invocation, checkin, false, reporting.receipt->number, failure);
	reporting_keep_next(&reporting);
cleanup:
	checkin_free(checkin);
	reporting_free(&reporting);
	return rc;
}

/* Sealed again, to the officers of today, with the same receipt number. */
static int renew(struct reporting *reporting, struct checkin *checkin, struct failure *failure)
{
	const struct roster *roster = organisation_roster(reporting->session.organisation);

	reporting->recipients = calloc(1, sizeof *reporting->recipients);
	reporting->keys = receipt_keys_of(checkin->receipt.seed);
	if (reporting->recipients == NULL || reporting->keys == NULL)
		return failure_memory(failure);
	if (compose_again(checkin->report, checkin->desk, roster, &reporting->composed, failure) != 0 ||
		recipients_choose(roster, checkin->desk, reporting->composed.urgency,
			reporting->composed.excluded, reporting->composed.excluded_count,
			reporting->recipients, failure) != 0)
		return -1;
	return checkin_hold(reporting, checkin, organisation_now(reporting->session.organisation), failure);
}

static int check_in(struct reporting *reporting, struct checkin *checkin, struct failure *failure)
{
	struct session *session = &reporting->session;
	bool is_held = false;
	size_t released;

	if (organisation_refresh(session->organisation, NULL, failure) != 0 ||
		organisation_fresh(session->organisation, failure) != 0 ||
		checkin_put_off(
			session, checkin, organisation_now(session->organisation), &is_held, failure) != 0)
		return because("NOT put off", failure->exit_code, failure);
	if (!is_held && renew(reporting, checkin, failure) != 0)
		return because("NOT put off", failure->exit_code, failure);
	say_release(reporting->invocation, checkin);
	if (checkin_call_off(session, checkin, false, &released, failure) != 0)
		return because("put off, but an earlier one isn't called off: `checkin ok' again, soon",
			failure->exit_code, failure);
	if (released > 0)
		return failure_set(failure, EX_NOPERM,
			"an earlier one has been released, officers see it: tell them with `follow-up'");
	return 0;
}

int run_checkin_ok(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation };
	struct checkin *checkin = NULL;
	int rc = session_open(invocation, &reporting.session, failure);

	if (rc == 0)
		rc = checkin_load(&reporting.session, &checkin, failure);
	if (rc == 0 && checkin == NULL)
		rc = none_under_way(failure);
	if (rc == 0)
		rc = check_in(&reporting, checkin, failure);
	if (rc == 0)
		rc = answer(invocation, checkin, false, NULL, failure);
	checkin_free(checkin);
	reporting_free(&reporting);
	return rc;
}

int run_checkin_cancel(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	struct checkin *checkin = NULL;
	size_t released = 0;
	int rc = session_open(invocation, &session, failure);

	if (rc == 0)
		rc = checkin_load(&session, &checkin, failure);
	if (rc == 0 && checkin == NULL)
		rc = none_under_way(failure);
	if (rc == 0 && checkin_call_off(&session, checkin, true, &released, failure) != 0)
		rc = because("NOT called off", failure->exit_code, failure);
	if (rc == 0 && released > 0)
		rc = failure_set(failure, EX_NOPERM,
			"too late, it had been released and officers see it: tell them with `follow-up'");
	if (rc == 0) {
		say(invocation, "Called off. Nothing is held any more.\n");
		rc = answer(invocation, checkin, true, NULL, failure);
	}
	checkin_free(checkin);
	session_close(&session);
	return rc;
}

int run_checkin_status(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	struct checkin *checkin = NULL;
	int rc = session_open(invocation, &session, failure);

	if (rc == 0)
		rc = checkin_load(&session, &checkin, failure);
	if (rc == 0 && checkin == NULL)
		say(invocation, "No check-in is under way.\n");
	else if (rc == 0 && !checkin->held.is_accepted)
		say(invocation, "The server isn't known to hold it: `%s checkin ok` tries again.\n",
			invocation->program);
	else if (rc == 0)
		say_release(invocation, checkin);
	if (rc == 0)
		rc = answer(invocation, checkin, false, NULL, failure);
	checkin_free(checkin);
	session_close(&session);
	return rc;
}
