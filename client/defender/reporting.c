#include "reporting.h"

#include "client/output.h"
#include "delay.h"
#include "keys/clock.h"
#include "purse.h"
#include "seal.h"
#include "submit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_SECOND 1000

/* The newest roster if there is a network. Without one the pinned roster does, as long as it hasn't expired.
 */
static int renew_roster(struct reporting *reporting, struct failure *failure)
{
	struct organisation *organisation = reporting->session.organisation;

	if (reporting->makes_no_connection ||
		organisation_refresh(organisation, NULL, &reporting->line) == 0) {
		reporting->line.exit_code = 0;
		return organisation_fresh(organisation, failure);
	}
	if (reporting->line.exit_code == EX_PROTOCOL)
		say_aside(reporting->invocation, "%s", reporting->line.fault.text);
	/* Nothing goes to a server that contradicts what is known; what she says is kept, sealed. */
	reporting->is_offline =
		reporting->line.exit_code == EX_UNAVAILABLE || organisation_contradicted(organisation);
	return organisation_fresh(organisation, failure);
}

int reporting_take_delay(struct reporting *reporting, struct failure *failure)
{
	if (delay_of(reporting->invocation->arguments, &reporting->delay, failure) != 0)
		return -1;
	reporting->makes_no_connection |= reporting->delay > 0;
	return 0;
}

int reporting_prepare(struct reporting *reporting, struct failure *failure)
{
	const struct roster *roster;
	struct composed *composed = &reporting->composed;

	if (renew_roster(reporting, failure) != 0)
		return -1;
	roster = organisation_roster(reporting->session.organisation);
	reporting->recipients = calloc(1, sizeof *reporting->recipients);
	if (reporting->recipients == NULL)
		return failure_memory(failure);
	if (compose(reporting->invocation, roster, &reporting->wish, composed, failure) != 0)
		return -1;
	return recipients_choose(roster, composed->desk, composed->urgency, composed->excluded,
		composed->excluded_count, reporting->recipients, failure);
}

int reporting_take_receipt(struct reporting *reporting, struct failure *failure)
{
	if (receipt_take(reporting->session.queue, &reporting->receipt, failure) != 0)
		return -1;
	reporting->keys = receipt_keys_of(reporting->receipt->seed);
	if (reporting->keys == NULL)
		return failure_memory(failure);
	if (!reporting->session.is_in_memory)
		reporting->next = receipt_maker_start();
	return 0;
}

void reporting_keep_next(struct reporting *reporting)
{
	struct failure ignored;

	if (receipt_maker_keep(reporting->next, reporting->session.queue, &ignored) != 0)
		return;
}

/* A desk that asks for a token gets one with this report. Where none is left the report is kept all the same:
 * what she wrote isn't lost, and goes out once she has a new invitation. */
static int bind_token(struct reporting *reporting, const struct queued *entry, struct failure *failure)
{
	struct session *session = &reporting->session;
	const struct roster *roster = organisation_roster(session->organisation);
	const struct roster_desk *desk = roster_desk(roster, entry->destination.desk);
	struct purse *purse = NULL;
	int rc;

	if (desk == NULL || desk->admission == ADMISSION_OPEN)
		return 0;
	if (purse_load(session->vault, session->queue, &purse, failure) != 0)
		return -1;
	rc = purse_bind(purse, roster, organisation_now(session->organisation), entry, failure);
	purse_free(purse);
	if (rc == 0 || failure->exit_code != EX_NOPERM)
		return rc;
	/* Where nothing is sent now, nobody else says it. */
	if (reporting->is_offline)
		say_aside(reporting->invocation, "%s", failure->fault.text);
	return 0;
}

void reporting_sealing(const struct reporting *reporting, struct sealing *ret_sealing)
{
	const struct session *session = &reporting->session;

	*ret_sealing = (struct sealing){ .roster = organisation_roster(session->organisation),
		.organisation = organisation_fingerprint(session->organisation),
		.composed = &reporting->composed,
		.recipients = reporting->recipients,
		.keys = reporting->keys,
		.follows = reporting->follows.counter == 0 ? NULL : &reporting->follows,
		.hold = reporting->hold,
		.is_prepared = reporting->is_prepared,
		.after = reporting->after,
		.not_before = reporting->not_before };
}

uint64_t reporting_counter(const struct reporting *reporting)
{
	int64_t now = clock_wall_ms(),
		known = organisation_now(reporting->session.organisation) * MS_PER_SECOND;

	return (uint64_t)(now > known ? now : known);
}

int reporting_seal(struct reporting *reporting, const struct queued **ret_entry, struct failure *failure)
{
	struct session *session = &reporting->session;
	struct sealing sealing;

	if (reporting->delay > 0)
		reporting->not_before =
			delay_moment(organisation_now(session->organisation), reporting->delay);
	reporting_sealing(reporting, &sealing);
	if (seal_report(&sealing, session->vault, session->queue, ret_entry, failure) != 0)
		return -1;
	memcpy(reporting->id, (*ret_entry)->id, sizeof reporting->id);
	return bind_token(reporting, *ret_entry, failure);
}

/* What went wrong on the line, for somebody whose report is safe in the queue. */
static int stays_queued(const struct reporting *reporting, const struct failure *why, struct failure *failure)
{
	const char *text = why->fault.text, *advice = strrchr(text, ':');
	int len = advice == NULL ? (int)strlen(text) : (int)(advice - text);
	int code = why->exit_code == EX_PROTOCOL ? EX_PROTOCOL : EX_TEMPFAIL;

	/* French sets a space before a colon. */
	len -= len > 0 && text[len - 1] == ' ';
	/* Trying again doesn't help; what does is said with it. */
	if (why->exit_code == EX_NOPERM)
		return failure_set(failure, EX_NOPERM, "the report is queued, not sent: %s", text);
	return failure_set(failure, code, "the report is queued, not sent (%.*s): `%s send` tries again", len,
		text, reporting->invocation->program);
}

/* Without a home there is no queue: nothing may sound as if it would be sent later. */
static int is_lost(bool *ret_show, const struct failure *why, struct failure *failure)
{
	*ret_show = false;
	return failure_set(failure, why->exit_code,
		"NOT sent, and nothing of it is kept here (%s): try again, or `report --out'",
		why->fault.text);
}

int reporting_deliver(
	struct reporting *reporting, const struct queued *entry, bool *ret_show, struct failure *failure)
{
	struct session *session = &reporting->session;
	struct acceptance_answer accepted;
	enum submitted outcome = SUBMIT_LATER;
	struct failure why = reporting->line;
	int64_t when;

	*ret_show = true;
	if (!reporting->is_offline && submit(session->organisation, session->vault, session->queue, entry,
					      &accepted, &outcome, &why) != 0)
		return failure_of(failure, why.exit_code, &why.fault);
	if (outcome == SUBMIT_LATER && session->is_in_memory)
		return is_lost(ret_show, &why, failure);
	if (outcome == SUBMIT_LATER)
		return stays_queued(reporting, &why, failure);
	if (outcome == SUBMIT_NEVER) {
		*ret_show = false;
		return failure_of(failure, why.exit_code, &why.fault);
	}
	memcpy(reporting->accepted, accepted.accepted, sizeof reporting->accepted);
	if (time_parse(accepted.accepted, TIME_CHARS, &when) != 0)
		return 0;
	return organisation_saw(session->organisation, when, failure);
}

int reporting_answer(const struct reporting *reporting, struct failure *failure)
{
	bool accepted = reporting->accepted[0] != '\0';
	json_t *result = json_pack("{s:s, s:s, s:s?}", "id", reporting->id, "state",
		accepted ? "accepted" : "queued", "accepted", accepted ? reporting->accepted : NULL);

	if (result != NULL && reporting->receipt != NULL &&
		json_object_set_new(result, "receipt", json_string(reporting->receipt->number)) != 0) {
		json_decref(result);
		result = NULL;
	}
	if (result != NULL && reporting->not_before > 0) {
		char moment[TIME_SIZE];

		time_format(reporting->not_before, moment);
		if (json_object_set_new(result, "not_before", json_string(moment)) != 0) {
			json_decref(result);
			result = NULL;
		}
	}
	if (result != NULL && reporting->composed.warnings != NULL &&
		json_object_set(result, "warnings", reporting->composed.warnings) != 0) {
		json_decref(result);
		result = NULL;
	}
	return output_result(reporting->invocation, result, failure);
}

void reporting_say_readers(const struct reporting *reporting)
{
	const struct recipients *recipients = reporting->recipients;
	struct buffer names = buffer_of(RECIPIENTS_MAX * (NAME_SIZE + strlen(", ")));

	for (size_t at = 0; at < recipients->reader_count; at++)
		buffer_put_format(&names, "%s%s", at == 0 ? "" : ", ", recipients->readers[at]->name);
	if (buffer_text(&names) != NULL && recipients->archive_count > 0)
		say(reporting->invocation, "Sealed. Who can open it: %s, and the desk's archive.\n",
			buffer_text(&names));
	else if (buffer_text(&names) != NULL)
		say(reporting->invocation, "Sealed. Who can open it: %s.\n", buffer_text(&names));
	buffer_free(&names);
	if (recipients->excluded_count > 0)
		say(reporting->invocation, "The server and strangers can't tell that somebody was excluded; "
					   "the excluded herself may notice.\n");
}

void reporting_say_server(const struct reporting *reporting, const struct queued *entry)
{
	say(reporting->invocation,
		"What the server learns: the desk (%s), the urgency (%s), a size that is rounded up (%llu "
		"KiB), "
		"and when it arrives; and from where, unless a proxy hides that.\n",
		entry->destination.desk, urgency_word(entry->destination.urgency),
		(unsigned long long)((entry->length + 1023) / 1024));
}

void reporting_say_delay(const struct reporting *reporting)
{
	char latest[TIME_SIZE];

	time_format(organisation_now(reporting->session.organisation) + reporting->delay, latest);
	say(reporting->invocation,
		"Queued, and NOT sent yet: it has a moment of its own, at the latest %s. The first `%s send` "
		"behind that moment sends it; `%s send --wait` waits for it.\n",
		latest, reporting->invocation->program, reporting->invocation->program);
}

void reporting_say_receipt(const struct reporting *reporting)
{
	say(reporting->invocation,
		"Your receipt number: %s\n"
		"Write it down and hide it. With it and any invitation you read the answers, on any device; "
		"it isn't "
		"kept here.\n",
		reporting->receipt->number);
	(void)fflush(NULL);
}

void reporting_free(struct reporting *reporting)
{
	composed_free(&reporting->composed);
	free(reporting->recipients);
	receipt_keys_free(reporting->keys);
	sodium_free(reporting->receipt);
	receipt_maker_free(reporting->next);
	session_close(&reporting->session);
}
