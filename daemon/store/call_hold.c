/* POST reports/{id}/hold: whoever has the hold key puts a held report off, or calls it off for good. The
 * answer is signed, and given once it is durable: nobody on the way can pretend it. */
#include "store_state.h"

#include "proto/encode.h"

#include <string.h>

#define HOUR 3600
#define CUT  60 /* `accepted` is cut to the minute */

/* By the report's own key; an unknown report and one without a key look alike. */
static bool is_permitted(const struct report_facts *facts, const struct hold_order *order)
{
	uint8_t key[ED25519_PUBLIC_BYTES];

	return facts->stage != STAGE_UPLOADING && facts->hold_key[0] != '\0' &&
	       base64_decode_fixed(BASE64_URL, facts->hold_key, strlen(facts->hold_key), key, sizeof key) ==
		       0 &&
	       hold_verify(order, HOLD_ORDER, key) == 0;
}

static int write_answer(struct request *request, const struct hold_order *order)
{
	struct hold_order answer = *order;

	if (hold_sign(&answer, HOLD_ANSWER, request->front->store->receipt_secret_key) != 0)
		return -1;
	return hold_write(&answer, &request->answer.body);
}

/* PROBLEM_COUNT where the order can be carried out. */
static enum problem judge(
	const struct store *store, const struct report_facts *facts, const struct hold_order *order)
{
	if (!is_permitted(facts, order))
		return PROBLEM_NOT_PERMITTED;
	if (facts->stage != STAGE_HELD)
		return PROBLEM_RELEASED;
	if (order->counter <= facts->hold_counter)
		return PROBLEM_HOLD_CONFLICT;
	if (order->is_cancel)
		return PROBLEM_COUNT;
	if (order->release <= store_now(store))
		return PROBLEM_BAD_REQUEST;
	if (order->release > facts->release + HOLD_STEP_MAX ||
		order->release > facts->accepted + CUT + HOLD_IN_ALL_MAX)
		return PROBLEM_TOO_FAR;
	return PROBLEM_COUNT;
}

static int cancel(struct store *store, const struct report_facts *facts, const struct backend_report *row)
{
	struct tombstone tombstone = {
		.when = time_cut(store_now(store), HOUR), .why = WHY_HOLDER, .epoch = facts->epoch
	};

	memcpy(tombstone.desk, facts->desk, sizeof tombstone.desk);
	return report_destroy(store, row, &tombstone);
}

static int put_off(struct store *store, struct report_facts *facts, const struct hold_order *order)
{
	facts->hold_counter = order->counter;
	facts->release = facts->listed = order->release;
	return report_save(store, facts);
}

/* The heap still holds the time before: looked at then, it finds the later one. */
static void on_committed(struct request *request)
{
	if (request->facts != NULL)
		releases_schedule(request->front->store, request->facts);
}

static void carry_out(struct request *request, struct report_facts *facts, const struct backend_report *row,
	const struct hold_order *order)
{
	struct store *store = request->front->store;
	bool is_earlier = !order->is_cancel && order->release < facts->release;
	int rc;

	if (group_enter(request) != 0) {
		facts_free(facts);
		return;
	}
	rc = order->is_cancel ? cancel(store, facts, row) : put_off(store, facts, order);
	if (rc != 0 || write_answer(request, order) != 0) {
		facts_free(facts);
		request->answer.body.len = 0;
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(store);
		return;
	}
	if (is_earlier) {
		request->facts = facts;
		request->committed = on_committed;
	} else {
		facts_free(facts);
	}
	request_answer(request, 200, "application/json");
}

void call_post_hold(struct request *request)
{
	struct store *store = request->front->store;
	struct report_facts *facts = NULL;
	struct backend_report row;
	struct hold_order order;
	struct fault fault;
	enum problem problem;
	int found;

	if (hold_parse((const char *)request->body.data, request->body.len, request->route.report, &order,
		    &fault) != 0) {
		request_answer_problem(request, PROBLEM_BAD_REQUEST);
		return;
	}
	if (tombstone_answered(request))
		return;
	found = report_find(store, request->route.report_id, &facts, &row);
	problem = found < 0 ? PROBLEM_BUSY : found == 0 ? PROBLEM_NOT_PERMITTED : judge(store, facts, &order);
	if (problem == PROBLEM_COUNT) {
		carry_out(request, facts, &row, &order);
		return;
	}
	facts_free(facts);
	request_answer_problem(request, problem);
}
