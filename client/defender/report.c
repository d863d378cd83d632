/* `clarion report`: asks or reads, seals into the queue, then sends. */
#include "client/output.h"
#include "compose.h"
#include "seal.h"
#include "session.h"
#include "submit.h"
#include "verbs.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one run is about. */
struct reporting {
	const struct invocation *invocation;
	struct session session;
	struct composed composed;
	struct recipients *recipients;
	struct receipt_ahead *receipt;
	char id[ID_SIZE];
	char accepted[TIME_SIZE]; /* "" while it is queued */
	bool is_offline;          /* no server answered a moment ago */
	struct failure line;      /* why the roster couldn't be renewed; exit_code 0 where it could */
};

/* The newest roster if there is a network. Without one the pinned roster does, as long as it hasn't expired.
 */
static int renew_roster(struct reporting *reporting, struct failure *failure)
{
	struct organisation *organisation = reporting->session.organisation;

	if (organisation_refresh(organisation, NULL, &reporting->line) == 0)
		reporting->line.exit_code = 0;
	else
		reporting->is_offline = reporting->line.exit_code == EX_UNAVAILABLE;
	return organisation_fresh(organisation, failure);
}

static void say_readers(const struct reporting *reporting)
{
	const struct recipients *recipients = reporting->recipients;

	say(reporting->invocation, "Sealed. Who can open it:");
	for (size_t at = 0; at < recipients->reader_count; at++)
		say(reporting->invocation, "%s %s", at == 0 ? "" : ",", recipients->readers[at]->name);
	if (recipients->archive_count > 0)
		say(reporting->invocation, ", and the desk's archive");
	say(reporting->invocation, ".\n");
	if (recipients->excluded_count > 0)
		say(reporting->invocation, "The server and strangers can't tell that somebody was excluded; "
					   "the excluded herself may notice.\n");
}

static void say_receipt(const struct reporting *reporting)
{
	say(reporting->invocation,
		"Your receipt number: %s\n"
		"Write it down and hide it. With it and any invitation you read the answers, on any device; "
		"it isn't "
		"kept here.\n",
		reporting->receipt->number);
	(void)fflush(NULL);
}

static int seal(struct reporting *reporting, const struct queued **ret_entry, struct failure *failure)
{
	struct session *session = &reporting->session;
	struct receipt_keys *keys = NULL;
	struct sealing sealing = { .vault = session->vault,
		.queue = session->queue,
		.roster = organisation_roster(session->organisation),
		.organisation = organisation_fingerprint(session->organisation),
		.composed = &reporting->composed,
		.recipients = reporting->recipients };
	int rc;

	if (receipt_take(session->queue, &reporting->receipt, failure) != 0)
		return -1;
	keys = receipt_keys_of(reporting->receipt->seed);
	if (keys == NULL)
		return failure_memory(failure);
	sealing.keys = keys;
	rc = seal_report(&sealing, ret_entry, failure);
	receipt_keys_free(keys);
	if (rc == 0)
		memcpy(reporting->id, (*ret_entry)->id, sizeof reporting->id);
	return rc;
}

static int prepare(struct reporting *reporting, struct failure *failure)
{
	const struct roster *roster;
	struct composed *composed = &reporting->composed;

	if (session_open(reporting->invocation, &reporting->session, failure) != 0 ||
		renew_roster(reporting, failure) != 0)
		return -1;
	roster = organisation_roster(reporting->session.organisation);
	reporting->recipients = calloc(1, sizeof *reporting->recipients);
	if (reporting->recipients == NULL)
		return failure_memory(failure);
	if (compose(reporting->invocation, roster, composed, failure) != 0)
		return -1;
	return recipients_choose(roster, composed->desk, composed->urgency, composed->excluded,
		composed->excluded_count, reporting->recipients, failure);
}

/* What went wrong on the line, for somebody whose report is safe in the queue. */
static int stays_queued(const struct reporting *reporting, const struct failure *why, struct failure *failure)
{
	const char *text = why->fault.text, *advice = strrchr(text, ':');
	int len = advice == NULL ? (int)strlen(text) : (int)(advice - text);
	int code =
		why->exit_code == EX_PROTOCOL || why->exit_code == EX_NOPERM ? why->exit_code : EX_TEMPFAIL;

	return failure_set(failure, code, "the report is queued, not sent (%.*s): `%s send` tries again", len,
		text, reporting->invocation->program);
}

static int answer(const struct reporting *reporting, struct failure *failure)
{
	bool accepted = reporting->accepted[0] != '\0';

	return output_result(reporting->invocation,
		json_pack("{s:s, s:s, s:s, s:s?}", "id", reporting->id, "receipt", reporting->receipt->number,
			"state", accepted ? "accepted" : "queued", "accepted",
			accepted ? reporting->accepted : NULL),
		failure);
}

/* -1 with the reason where it isn't accepted; *ret_show false where it is gone for good. */
static int deliver(
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

static int run(struct reporting *reporting, struct failure *failure)
{
	const struct queued *entry = NULL;
	struct failure ignored;
	bool show;
	int rc;

	if (prepare(reporting, failure) != 0 || seal(reporting, &entry, failure) != 0)
		return -1;
	say_readers(reporting);
	say_receipt(reporting);
	rc = deliver(reporting, entry, &show, failure);
	if (rc == 0)
		say(reporting->invocation,
			"The server has it, and has signed that. Nobody has read it yet: `%s inbox` shows "
			"who confirms it.\n",
			reporting->invocation->program);
	if (show && answer(reporting, rc == 0 ? failure : &ignored) != 0)
		rc = -1;
	/* She has what she came for; the next report shall not wait for its number. */
	if (receipt_prepare(reporting->session.queue, &ignored) != 0)
		return rc;
	return rc;
}

int run_report(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation };
	int rc = run(&reporting, failure);

	composed_free(&reporting.composed);
	free(reporting.recipients);
	sodium_free(reporting.receipt);
	session_close(&reporting.session);
	return rc;
}
