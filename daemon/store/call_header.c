/* PUT reports/{id}/header and GET reports/{id}/wrapping: a report is given to other readers by a new header
 * for the same payload. */
#include "audit.h"
#include "store_state.h"

#include <string.h>

#define PROBLEM_NONE PROBLEM_COUNT

/* By the officer who asks, under the roster in force, and by whoever can open the report. */
static bool is_proven(
	struct request *request, const struct report_facts *facts, const struct wrapping *wrapping)
{
	struct event_subject subject;

	memcpy(subject.organisation, request->front->store->fingerprint, sizeof subject.organisation);
	memcpy(subject.report, request->route.report, sizeof subject.report);
	return bytes_equal(wrapping->keyid, request->signer.keyid, sizeof wrapping->keyid) &&
	       wrapping_verify(wrapping, &subject, facts->has_proof ? facts->proof_key : NULL) == 0;
}

/* One that age could have written, for the same proof: what the report is for stays what it was. */
static enum problem header_fits(
	struct store *store, const struct report_facts *facts, const struct wrapping *wrapping)
{
	struct buffer before = buffer_of(AGE_HEADER_MAX);
	struct sealed_file now, then;
	enum problem problem = PROBLEM_NOT_SEALED;

	if (report_header(store, facts, &before) != 0 ||
		sealed_header_check(before.data, before.len, &then) != 0)
		problem = PROBLEM_BUSY;
	else if (sealed_header_check(wrapping->header, wrapping->header_len, &now) == 0 &&
		 now.header_len == wrapping->header_len && now.has_proof == then.has_proof &&
		 bytes_equal(&now.proof, &then.proof, sizeof now.proof))
		problem = PROBLEM_NONE;
	buffer_free(&before);
	return problem;
}

/* Once somebody has confirmed it, the first header stays what it is. */
static enum problem first_fits(
	struct store *store, const struct report_facts *facts, const struct wrapping *wrapping)
{
	struct wrapping_state state;
	enum problem problem;

	if (facts->header_stage != HEADER_CONFIRMED)
		return PROBLEM_NONE;
	if (wrapping_load(store, facts, &state) != 0)
		return PROBLEM_BUSY;
	problem = state.wrapping->first_len == wrapping->first_len &&
				  bytes_equal(state.wrapping->first, wrapping->first, wrapping->first_len)
			  ? PROBLEM_NONE
			  : PROBLEM_HEADER_CONFLICT;
	wrapping_state_free(&state);
	return problem;
}

static enum problem judge(
	struct request *request, const struct report_facts *facts, const struct wrapping *wrapping)
{
	struct store *store = request->front->store;
	enum problem problem;

	if (wrapping->roster != request->route.roster)
		return PROBLEM_BAD_REQUEST;
	if (wrapping->roster != store->roster->version)
		return PROBLEM_HEADER_CONFLICT;
	if (!is_proven(request, facts, wrapping))
		return PROBLEM_NOT_PERMITTED;
	if (!bytes_equal(wrapping->old_header, facts->header_digest, sizeof wrapping->old_header))
		return PROBLEM_HEADER_CONFLICT;
	if (wrapping_is_confirmation(wrapping))
		return PROBLEM_NONE;
	/* A desk that it is only offered to gives it to nobody. */
	if (!officer_serves(request->signer.officer, facts->desk))
		return PROBLEM_NOT_PERMITTED;
	problem = header_fits(store, facts, wrapping);
	return problem == PROBLEM_NONE ? first_fits(store, facts, wrapping) : problem;
}

/* Who has given a report to other readers. */
static int tell(const struct request *request)
{
	struct store *store = request->front->store;
	struct audit_entry entry = audit_entry_by(store, request, "rewrap");

	return audit_report_tag(request->route.report_id, entry.subject) == 0 ? audit_add(store, &entry) : -1;
}

static int write_wrapping(
	struct request *request, struct report_facts *facts, const struct wrapping *wrapping)
{
	struct store *store = request->front->store;
	int rc;

	if (!wrapping_is_confirmation(wrapping))
		rc = wrapping_keep(store, facts, wrapping) == 0 ? tell(request) : -1;
	else if ((rc = wrapping_confirm(store, facts, wrapping->keyid)) == 0)
		rc = report_save(store, facts);
	if (rc != 0 || authority_commit_nonce(request) != 0)
		return -1;
	buffer_put_format(&request->answer.body, "{\"confirmed\":%s}",
		facts->header_stage == HEADER_UNCONFIRMED ? "false" : "true");
	return 0;
}

static void take_wrapping(
	struct request *request, struct report_facts *facts, const struct wrapping *wrapping)
{
	enum problem problem = judge(request, facts, wrapping);

	if (problem != PROBLEM_NONE) {
		request_answer_problem(request, problem);
		return;
	}
	if (group_enter(request) != 0)
		return;
	if (write_wrapping(request, facts, wrapping) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(request->front->store);
		return;
	}
	request_answer(request, wrapping_is_confirmation(wrapping) ? 200 : 201, "application/json");
}

void call_put_header(struct request *request)
{
	struct report_facts *facts = report_for_officer(request);
	struct wrapping *wrapping = NULL;
	struct fault fault;

	if (facts == NULL)
		return;
	if (wrapping_parse((const char *)request->body.data, request->body.len, &wrapping, &fault) != 0)
		request_answer_problem(request, PROBLEM_BAD_REQUEST);
	else
		take_wrapping(request, facts, wrapping);
	wrapping_free(wrapping);
	facts_free(facts);
}

void call_get_wrapping(struct request *request)
{
	struct report_facts *facts = report_for_officer(request);
	struct wrapping_state state = { .wrapping = NULL };

	if (facts == NULL)
		return;
	if (facts->header_stage == HEADER_FIRST)
		request_answer_problem(request, PROBLEM_NOT_FOUND);
	else if (wrapping_load(request->front->store, facts, &state) != 0 ||
		 wrapping_state_write(&state, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
	wrapping_state_free(&state);
	facts_free(facts);
}
