/* harm_submissions submit --memory INVITATION --listen PORT --server PORT [--harm cut|corrupt|delay --way
 * up|down
 * --from OFFSET --to OFFSET --step N]: reports by the client's own code over a line that harms each at one
 * byte.
 *
 * After each harm the report is either accepted, with the acceptance verified, or still in the queue, and
 * then accepted by the next try over a whole line. Without --harm nothing is harmed: it says how many bytes a
 * submission is. Standard output has the id of each report, one a line; whoever started this asks the server
 * whether each is there once. Then comes a line of JSON. What is sealed ahead (no passphrase, a receipt
 * number that isn't stretched) costs nothing here. */
#include "client/organisation.h"
#include "client/output.h"
#include "client/program.h"
#include "harmful_line.h"
#include "proto/cursor.h"
#include "seal.h"
#include "session.h"
#include "submit.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SESSION_REPORTS 64 /* with one home: what it remembers of accepted ones is written with each */

struct harming {
	const struct invocation *invocation;
	struct line *line;
	struct session session;
	struct composed composed;
	struct recipients recipients;
	struct receipt_keys *keys;
	char organisation[FINGERPRINT_SIZE];
	enum harm harm;
	enum line_way way;
	uint64_t from, to, step, listen, server;
	size_t tried, fired, queued;
};

static int take_number(
	const struct invocation *invocation, const char *name, uint64_t *ret_number, struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, name);
	struct reader reader = reader_of(given, given == NULL ? 0 : strlen(given));

	if (given == NULL)
		return 0;
	if (reader_decimal(&reader, ret_number) != 0 || reader_end(&reader) != 0)
		return failure_set(failure, EX_USAGE, "--%s isn't a number: give one", name);
	return 0;
}

static size_t name_at(const char *given, const char *const *names, size_t count)
{
	for (size_t at = 0; given != NULL && at < count; at++)
		if (strcmp(given, names[at]) == 0)
			return at;
	return 0;
}

static int take_options(struct harming *harming, struct failure *failure)
{
	const struct invocation *invocation = harming->invocation;

	harming->step = 1;
	harming->harm =
		(enum harm)name_at(arguments_option(invocation->arguments, "harm"), harm_names, HARM_COUNT);
	harming->way =
		(enum line_way)name_at(arguments_option(invocation->arguments, "way"), way_names, WAY_COUNT);
	if (take_number(invocation, "from", &harming->from, failure) != 0 ||
		take_number(invocation, "to", &harming->to, failure) != 0 ||
		take_number(invocation, "step", &harming->step, failure) != 0 ||
		take_number(invocation, "listen", &harming->listen, failure) != 0 ||
		take_number(invocation, "server", &harming->server, failure) != 0)
		return -1;
	return harming->step > 0 && harming->listen <= UINT16_MAX && harming->server <= UINT16_MAX
		       ? 0
		       : failure_set(failure, EX_USAGE, "a number is out of its range: give another");
}

static void end_session(struct harming *harming)
{
	receipt_keys_free(harming->keys);
	harming->keys = NULL;
	composed_free(&harming->composed);
	harming->composed = (struct composed){ 0 };
	session_close(&harming->session);
}

/* A home in memory, joined over the whole line, and what a report is sealed from. */
static int begin_session(struct harming *harming, struct failure *failure)
{
	uint8_t seed[RECEIPT_SEED_BYTES];
	const struct roster *roster;
	json_t *report = json_pack("{s:i, s:s, s:s}", "schema", 1, "summary", "Two men waited at the gate.",
		"urgency", "record");
	int rc = -1;

	line_arm(harming->line, HARM_NONE, WAY_UP, 0);
	randombytes_buf(seed, sizeof seed);
	harming->keys = receipt_keys_of(seed);
	if (report == NULL || harming->keys == NULL)
		rc = failure_memory(failure);
	else
		rc = session_open(harming->invocation, &harming->session, failure);
	if (rc == 0) {
		roster = organisation_roster(harming->session.organisation);
		rc = roster_fingerprint(roster, harming->organisation);
		if (rc == 0)
			rc = compose_again(
				report, roster->desks[0].name, roster, &harming->composed, failure);
		if (rc == 0)
			rc = recipients_choose(roster, roster->desks[0].name, URGENCY_RECORD, NULL, 0,
				&harming->recipients, failure);
	}
	json_decref(report);
	return rc;
}

static int seal(struct harming *harming, const struct queued **ret_entry, struct failure *failure)
{
	const struct sealing sealing = { .roster = organisation_roster(harming->session.organisation),
		.organisation = harming->organisation,
		.composed = &harming->composed,
		.recipients = &harming->recipients,
		.keys = harming->keys };

	return seal_report(&sealing, harming->session.vault, harming->session.queue, ret_entry, failure);
}

/* Whether a queue that is read anew from the home says the same: accepted and gone, or waiting. */
static int check_queue(struct harming *harming, const char *id, bool is_accepted, struct failure *failure)
{
	struct queue *queue = NULL;
	bool is_true;

	if (queue_load(harming->session.vault, &queue, failure) != 0)
		return -1;
	is_true = queue_has_accepted(queue, id) == is_accepted &&
		  (queue_find(queue, id) == NULL) == is_accepted &&
		  queue_count(queue) == (is_accepted ? 0 : 1);
	queue_free(queue);
	return is_true ? 0
		       : failure_set(failure, EX_SOFTWARE, "report %s: the queue doesn't say %s", id,
				 is_accepted ? "accepted" : "waiting");
}

static int try_once(
	struct harming *harming, const char *id, enum submitted *ret_outcome, struct failure *failure)
{
	struct session *session = &harming->session;
	struct acceptance_answer accepted;
	struct failure why = { 0 };

	if (submit(session->organisation, session->vault, session->queue, queue_find(session->queue, id),
		    &accepted, ret_outcome, &why) != 0 ||
		*ret_outcome == SUBMIT_NEVER)
		return failure_set(failure, EX_SOFTWARE, "report %s: %s", id, why.fault.text);
	return check_queue(harming, id, *ret_outcome == SUBMIT_ACCEPTED, failure);
}

static int harm_one(struct harming *harming, size_t offset, struct failure *failure)
{
	const struct queued *entry;
	enum submitted outcome;
	char id[ID_SIZE];

	if (seal(harming, &entry, failure) != 0)
		return -1;
	memcpy(id, entry->id, sizeof id);
	printf("%s\n", id);
	line_arm(harming->line, harming->harm, harming->way, offset);
	if (try_once(harming, id, &outcome, failure) != 0)
		return -1;
	harming->tried++;
	harming->fired += line_has_fired(harming->line);
	if (outcome == SUBMIT_ACCEPTED)
		return 0;
	harming->queued++;
	line_arm(harming->line, HARM_NONE, WAY_UP, 0);
	if (try_once(harming, id, &outcome, failure) != 0)
		return -1;
	return outcome == SUBMIT_ACCEPTED
		       ? 0
		       : failure_set(failure, EX_SOFTWARE,
				 "report %s, harmed at %zu: not accepted over a whole line", id, offset);
}

static int harm_all(struct harming *harming, struct failure *failure)
{
	size_t in_session = 0;
	int rc = begin_session(harming, failure);

	for (uint64_t offset = harming->from; rc == 0 && offset < harming->to; offset += harming->step) {
		if (in_session++ == SESSION_REPORTS) {
			end_session(harming);
			in_session = 1;
			rc = begin_session(harming, failure);
		}
		if (rc == 0)
			rc = harm_one(harming, (size_t)offset, failure);
	}
	return rc;
}

static int run(const struct invocation *invocation, struct failure *failure)
{
	struct harming harming = { .invocation = invocation };
	int rc = take_options(&harming, failure);

	if (rc == 0 && line_start((uint16_t)harming.listen, (uint16_t)harming.server, &harming.line) != 0)
		rc = failure_set(failure, EX_CANTCREAT, "the line can't be made: look at its ports");
	if (rc == 0)
		rc = harm_all(&harming, failure);
	if (rc == 0)
		printf("{\"tried\": %zu, \"fired\": %zu, \"queued\": %zu, \"up\": %zu, \"down\": %zu}\n",
			harming.tried, harming.fired, harming.queued, line_passed(harming.line, WAY_UP),
			line_passed(harming.line, WAY_DOWN));
	end_session(&harming);
	line_stop(harming.line);
	return rc;
}

static const struct program_option options[] = {
	{ "memory", "INVITATION", "the organisation", false },
	{ "listen", "PORT", "where clients look for it", false },
	{ "server", "PORT", "where its daemon listens", false },
	{ "harm", "KIND", "cut, corrupt or delay", false },
	{ "way", "WAY", "up or down", false },
	{ "from", "OFFSET", "the first byte", false },
	{ "to", "OFFSET", "behind the last byte", false },
	{ "step", "N", "every N-th byte", false },
};

static const struct verb verbs[] = {
	{ "submit", "", "submit reports over a line that does harm", run, options, COUNT_OF(options), 0, 0,
		false },
};

static const struct program program = {
	.folder = "clarion",
	.summary = "Submits reports over a line that does harm.",
	.verbs = verbs,
	.verb_count = COUNT_OF(verbs),
};

int main(int argc, char **argv)
{
	return program_main(&program, argc, argv);
}
