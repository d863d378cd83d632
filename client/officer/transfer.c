/* transfer: the case goes to another desk, once somebody there accepts it. Until then it is this desk's, and
 * its clock runs on; what isn't accepted in time comes back. */
#include "message.h"
#include "readers.h"
#include "rewrap_one.h"
#include "step.h"
#include "verbs.h"
#include "view.h"
#include "words.h"

#include "client/output.h"

#include <stdio.h>
#include <string.h>

#define TOLD_SIZE 160

static int take_desk(const struct invocation *invocation, char ret_desk[NAME_SIZE], struct failure *failure)
{
	const char *name = arguments_option(invocation->arguments, "desk");

	if (name == NULL)
		return failure_set(failure, EX_USAGE, "--desk is missing: say which desk it goes to");
	if (name_of(name, strlen(name), ret_desk) != 0)
		return failure_set(failure, EX_DATAERR, "no desk has that name: check how it is written");
	return 0;
}

static int check_state(const struct history *history, const char *me, struct failure *failure)
{
	enum report_state next;

	if (event_next_state(history->state, EVENT_TRANSFER, &next) != 0)
		return failure_set(failure, EX_DATAERR, "that can't be done with a report that is `%s': %s",
			state_word(history->state),
			history->state == STATE_HANDOVER ? "it is being handed over already"
							 : "take it up with `activate' first");
	if (strcmp(history->owner, me) != 0)
		return failure_set(failure, EX_NOPERM,
			"the case is %s's: ask her, or take it over with `assign' first", history->owner);
	if (history->via_count == DELEGATIONS_MAX)
		return failure_set(failure, EX_DATAERR,
			"it has been through too many desks: refer it, and stay responsible for it");
	return 0;
}

/* Before anything is done: she agreed, somebody is there who may read it, and it is this officer's to give.
 */
static int check(struct officer *officer, const struct report *report, const char *desk,
	const struct history *history, struct failure *failure)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	const struct roster_officer *me = roster_officer_by_key(roster, officer->identity->public_key);
	struct destination to = report->destination;
	struct recipients readers;

	if (!report->has_proof)
		return failure_set(failure, EX_DATAERR,
			"it was sealed by other means, and can't be transferred: send it as it came");
	if (roster_desk(roster, desk) == NULL)
		return failure_set(failure, EX_DATAERR, "no desk has that name: check how it is written");
	if (strcmp(history->desk, desk) == 0)
		return failure_set(failure, EX_DATAERR, "the report is at that desk already");
	if (view_permitted(report->json, desk, organisation_now(officer->organisation), failure) != 0 ||
		check_state(history, me == NULL ? "" : me->name, failure) != 0)
		return -1;
	memcpy(to.desk, desk, strlen(desk) + 1);
	return readers_choose(roster, report->json, view_agreed(report->json), &to, &readers, failure);
}

/* The word by which her sender will believe the other desk. */
static int add_word(struct officer *officer, const struct report *report, const char *desk, json_t *content,
	struct failure *failure)
{
	struct delegation word = { .roster = organisation_roster(officer->organisation)->version };

	memcpy(word.desk, desk, strlen(desk) + 1);
	if (delegation_sign(&word, organisation_fingerprint(officer->organisation), report->id,
		    officer->identity->signing_key) != 0 ||
		json_object_set_new(content, "desk", json_string(desk)) != 0 ||
		json_object_set_new(content, "delegation", delegation_json(&word)) != 0)
		return failure_memory(failure);
	return 0;
}

static int tell(struct officer *officer, const struct report *report, const struct history *history,
	const char *words, const char *desk, struct failure *failure)
{
	char text[TOLD_SIZE];

	(void)snprintf(text, sizeof text, "%s%s.", words, desk);
	return message_send(officer, report, MAILBOX_STATE, history->state, text, failure);
}

/* The header that the other desk can open comes first: an offer that nobody there can read helps nobody. */
static int offer(
	struct officer *officer, const char *id, const char *desk, json_t *content, struct failure *failure)
{
	struct step step = { .type = EVENT_TRANSFER, .content = content };
	struct report *report = NULL;
	struct history history;
	int rc = -1;

	if (report_take(officer, id, &report, failure) != 0 ||
		add_word(officer, report, desk, content, failure) != 0 ||
		step_take(officer, report, &step, &history, failure) != 0 ||
		tell(officer, report, &history, "As you agreed, your report is being handed to the desk ",
			desk, failure) != 0)
		goto cleanup;
	say(officer->invocation,
		"Offered to %s. It stays your case, and its clock runs on, until somebody there accepts it; "
		"`activate' takes it back.\n",
		desk);
	rc = step_answer(officer, &history, failure);
cleanup:
	report_free(report);
	return rc;
}

static int run(
	struct officer *officer, const char *id, const char *desk, json_t *content, struct failure *failure)
{
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history history;
	char now[NAME_SIZE];
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 ||
		organisation_refresh(officer->organisation, NULL, failure) != 0 ||
		report_take(officer, id, &report, failure) != 0 ||
		history_fetch(officer, report, &history, failure) != 0 ||
		check(officer, report, desk, &history, failure) != 0)
		goto cleanup;
	memcpy(now, history.desk, sizeof now);
	if (rewrap_for(officer, id, now, desk, failure) == 0)
		rc = offer(officer, id, desk, content, failure);
cleanup:
	report_free(report);
	return rc;
}

int verb_transfer(const struct invocation *invocation, struct failure *failure)
{
	struct officer *officer = NULL;
	json_t *content = json_object();
	char id[ID_SIZE], desk[NAME_SIZE];
	int rc = -1;

	if (take_desk(invocation, desk, failure) == 0 && report_argument(invocation, id, failure) == 0 &&
		text_member(invocation, 1, content, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, desk, content, failure);
	officer_close(officer);
	json_decref(content);
	return rc;
}

/* --- at the other desk */

/* The offer is to a desk of hers. */
static int check_offer(struct officer *officer, const struct history *history, const struct step *step,
	struct failure *failure)
{
	const struct roster_officer *me = roster_officer_by_key(
		organisation_roster(officer->organisation), officer->identity->public_key);
	bool is_done = history->offered[0] == '\0' && history->decision == step->type && me != NULL &&
		       strcmp(history->decided_by, me->name) == 0;

	if (is_done || (history->offered[0] != '\0' && me != NULL && officer_serves(me, history->offered)))
		return 0;
	return failure_set(failure, history->offered[0] == '\0' ? EX_DATAERR : EX_NOPERM,
		"the report isn't being transferred to a desk of yours: look at its history");
}

/* From now on it is sealed to the desk that has it. A header that can't be made now is made by `accept' once
 * more. */
static int settle(
	struct officer *officer, const char *id, const struct history *history, struct failure *failure)
{
	if (history->state != STATE_ACTIVE)
		return 0;
	return rewrap_for(officer, id, history->desk, NULL, failure);
}

static int answer(struct officer *officer, const char *id, const struct step *step, struct failure *failure)
{
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history before, now;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		history_fetch(officer, report, &before, failure) != 0 ||
		check_offer(officer, &before, step, failure) != 0 ||
		step_take(officer, report, step, &now, failure) != 0)
		goto cleanup;
	if (step->type == EVENT_ACCEPT &&
		(settle(officer, id, &now, failure) != 0 ||
			tell(officer, report, &now, "Your report is now in the hands of the desk ", now.desk,
				failure) != 0))
		goto cleanup;
	say(officer->invocation, "%s\n", step->said);
	rc = step_answer(officer, &now, failure);
cleanup:
	report_free(report);
	return rc;
}

static int answer_run(const struct invocation *invocation, struct step *step, struct failure *failure)
{
	struct officer *officer = NULL;
	json_t *content = json_object();
	char id[ID_SIZE];
	int rc = -1;

	if (report_argument(invocation, id, failure) == 0 &&
		text_member(invocation, 1, content, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0) {
		step->content = json_object_size(content) == 0 ? NULL : content;
		rc = answer(officer, id, step, failure);
	}
	officer_close(officer);
	json_decref(content);
	return rc;
}

int verb_accept(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_ACCEPT,
		.by_anyone = true,
		.said = "Accepted: it is your case now, and your desk's." };

	return answer_run(invocation, &step, failure);
}

int verb_reject(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_REJECT,
		.by_anyone = true,
		.said = "Rejected: it stays with the desk that offered it." };

	return answer_run(invocation, &step, failure);
}
