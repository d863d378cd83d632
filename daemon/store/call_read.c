/* GET reports/{id} and GET reports/{id}/header: for the officers of the report's desk. An unknown report and
 * another desk's get one answer. */
#include "audit.h"
#include "escalation.h"
#include "offers.h"
#include "store_state.h"

#include "proto/age_stream.h"

#include <string.h>

/* Officers of its desk, and of the one that it has climbed to; while it is offered to another desk, that
 * one's too. */
static bool may_look(
	struct store *store, const struct report_facts *facts, const struct roster_officer *officer)
{
	const struct offer *offer;

	if (escalation_may_act(store->roster, facts, officer))
		return true;
	offer = offer_of(store, facts->blind_id);
	return offer != NULL && officer_serves(officer, offer->desk);
}

struct report_facts *report_for_officer(struct request *request)
{
	struct store *store = request->front->store;
	struct report_facts *facts = NULL;
	struct backend_report row;
	int found = report_find(store, request->route.report_id, &facts, &row);
	bool may;

	if (found < 0) {
		audit_failed_open(request);
		request_answer_problem(request, PROBLEM_BUSY);
		return NULL;
	}
	if (found == 0)
		facts = report_stand_in(store);
	may = facts != NULL && facts->stage == STAGE_LISTED &&
	      may_look(store, facts, request->signer.officer) && found > 0;
	if (!may) {
		/* Looked for in both cases, so that both take as long. */
		if (!tombstone_answered(request))
			request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		facts_free(facts);
		return NULL;
	}
	if (!report_is_current(store, facts)) {
		facts_free(facts);
		audit_failed_open(request);
		request_answer_problem(request, PROBLEM_BUSY);
		return NULL;
	}
	return facts;
}

static void send_report(struct request *request, const uint8_t digest[SHA256_BYTES])
{
	if (digest == NULL) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	if (audit_read(request, "report") != 0)
		return;
	content_digest_format(digest, request->answer.content_digest);
	request_answer(request, 200, "application/octet-stream");
}

void call_get_report(struct request *request)
{
	struct report_facts *facts = report_for_officer(request);

	if (facts == NULL)
		return;
	request->answer.stream = stream_new(request->front->store, facts);
	if (request->answer.stream == NULL) {
		facts_free(facts);
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	if (facts->header_stage != HEADER_FIRST) {
		/* Wrapped again, the file has another digest than its id. */
		if (stream_digest(request->answer.stream, request, send_report) != 0)
			request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	send_report(request, facts->id);
}

/* Enough to open report.json: the header, the nonce, and the first sealed chunk. */
static int put_first_chunk(struct store *store, const struct report_facts *facts, struct buffer *out)
{
	const size_t want = AGE_NONCE_BYTES + AGE_SEALED_CHUNK_BYTES;
	/* Short of what is wanted, then one whole chunk more. */
	struct buffer payload = buffer_of(want + CHUNK_BYTES);
	int rc = 0;

	for (uint32_t number = 0; rc == 0 && payload.len < want && number < facts->chunk_count; number++)
		rc = report_chunk(store, facts, number, &payload);
	if (rc == 0)
		buffer_put(out, payload.data, payload.len < want ? payload.len : want);
	buffer_free(&payload);
	return rc == 0 ? buffer_ok(out) : -1;
}

void call_get_header(struct request *request)
{
	struct store *store = request->front->store;
	struct report_facts *facts = report_for_officer(request);

	if (facts == NULL)
		return;
	if (report_header(store, facts, &request->answer.body) != 0 ||
		put_first_chunk(store, facts, &request->answer.body) != 0) {
		audit_failed_open(request);
		request_answer_problem(request, PROBLEM_BUSY);
	} else if (audit_read(request, "header") == 0) {
		request_answer(request, 200, "application/octet-stream");
	}
	facts_free(facts);
}
