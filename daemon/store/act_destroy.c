/* destroy: the end of a report by an admin's hand; of one that isn't closed, by as many as publish a roster.
 */
#include "control_acts.h"
#include "store_state.h"

#include "base/log.h"
#include "proto/encode.h"
#include "proto/text.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

#define HOUR 3600

static void answer(
	struct control_call *call, const char *report, const struct tombstone *tombstone, bool is_new)
{
	char when[TIME_SIZE];

	time_format(tombstone->when, when);
	control_done(
		call, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b}", "report", report, "state",
			      "destroyed", "destroyed", when, "why",
			      tombstone->why == WHY_RETENTION ? "retention" : "admin", "by", tombstone->by,
			      "reason", tombstone->reason, "epoch", (json_int_t)tombstone->epoch, "final",
			      tombstone_is_final(call->store, tombstone) ? 1 : 0, "now", is_new ? 1 : 0));
}

static void list_admins(const struct control_call *call, char ret_names[NAMES_SIZE])
{
	size_t len = 0;

	ret_names[0] = '\0';
	for (size_t i = 0; i < call->admin_count; i++) {
		size_t name_len = strlen(call->admins[i]);

		if (len + name_len + 2 > NAMES_SIZE)
			break;
		if (len > 0)
			ret_names[len++] = ',';
		memcpy(ret_names + len, call->admins[i], name_len + 1);
		len += name_len;
	}
}

static void not_here(struct control_call *call, const char *report, const uint8_t id[SHA256_BYTES])
{
	struct tombstone tombstone;
	int found = tombstone_find(call->store, id, &tombstone);

	if (found < 0)
		control_refuse(call, EX_TEMPFAIL, "the database can't be read just now: try again");
	else if (found == 0)
		control_refuse(call, EX_NOINPUT, "there is no such report: check its id");
	else
		answer(call, report, &tombstone, false);
}

/* facts is NULL where the row doesn't open: then nobody knows whether it is closed. */
static void destroy(struct control_call *call, const char *report, const struct backend_report *row,
	const struct report_facts *facts)
{
	struct store *store = call->store;
	bool is_closed = facts != NULL && facts->stage == STAGE_LISTED && facts->state == STATE_CLOSED;
	const char *reason = control_value(call, "reason");
	struct tombstone tombstone = {
		.when = time_cut(store_now(store), HOUR), .why = WHY_ADMINS, .epoch = row->epoch
	};

	if (!is_closed && !call->by_threshold) {
		control_refuse(call, EX_NOPERM,
			"the report isn't closed, so that the signatures of %u admins are needed: write the "
			"request with --out, and let others sign it with --request",
			(unsigned)store->roster->threshold);
		return;
	}
	list_admins(call, tombstone.by);
	if (reason != NULL)
		memcpy(tombstone.reason, reason, strlen(reason) + 1);
	if (facts != NULL)
		memcpy(tombstone.desk, facts->desk, sizeof tombstone.desk);
	if (report_destroy_now(store, row, &tombstone) != 0) {
		control_refuse(
			call, EX_TEMPFAIL, "nothing was destroyed, the database can't be written: try again");
		return;
	}
	log_event(LOG_INFO, "report_destroyed", "seq=%" PRIu64 " why=admin", row->seq);
	/* At once; where the log is in use just now, the chores see to it. */
	store->log_to_empty = backend_checkpoint(store->backend) != 0;
	answer(call, report, &tombstone, true);
}

void act_destroy(struct control_call *call)
{
	struct store *store = call->store;
	const char *report = control_value(call, "report"), *reason = control_value(call, "reason");
	struct report_facts *facts = NULL;
	struct backend_report row;
	uint8_t id[SHA256_BYTES], blind_id[BLIND_INDEX_BYTES];

	if (report == NULL || hex_decode(report, strlen(report), id, sizeof id) != 0 ||
		(reason != NULL &&
			(strlen(reason) > TOMBSTONE_REASON_MAX || !text_is_line(reason, strlen(reason))))) {
		control_refuse(
			call, EX_DATAERR, "this is no report's id, or no reason of one line: check it");
		return;
	}
	if (seal_index(store->seal, INDEX_REPORT, id, sizeof id, blind_id) != 0 ||
		backend_find(store->backend, blind_id, &row) != 0) {
		not_here(call, report, id);
		return;
	}
	/* One that doesn't open can be destroyed all the same. */
	if (report_open_row(store, &row, &facts) != 0)
		facts = NULL;
	if (facts != NULL && facts->stage == STAGE_UPLOADING)
		not_here(call, report, id);
	else
		destroy(call, report, &row, facts);
	facts_free(facts);
}
