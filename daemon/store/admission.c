/* Who may hand in a report. A desk with open admission takes anybody's, within the limits; another one takes
 * a token for each, and knows nothing of where it came from. */
#include "store_state.h"

#define RESERVE_SHARE 16 /* of the capacity, for what officers write; their writes are small */
#define RESERVE_MAX   (64 * 1024 * 1024)
#define SPENT_MAX     128 /* a report's id, sealed */

void store_set_capacity(struct store *store, uint64_t bytes)
{
	uint64_t reserve = bytes / RESERVE_SHARE < RESERVE_MAX ? bytes / RESERVE_SHARE : RESERVE_MAX;

	store->capacity = bytes;
	store->capacity_of_reports = bytes - reserve;
	backend_limit(store->backend, bytes);
}

bool store_has_room(struct store *store, uint64_t length)
{
	return store->capacity == 0 ||
	       (length <= store->capacity_of_reports &&
		       backend_bytes(store->backend) <= store->capacity_of_reports - length);
}

/* Whether the token was spent before: 1 for this report, 0 for none, -1 for another one, -2 where storage
 * failed. */
static int spent_for(struct request *request)
{
	struct store *store = request->front->store;
	const struct admittance *admission = &request->admission;
	struct place place = {
		.column = COLUMN_SPENT, .identity = admission->spent, .identity_len = sizeof admission->spent
	};
	struct buffer sealed = buffer_of(SPENT_MAX), id = buffer_of(SPENT_MAX);
	int result = -2;

	if (backend_get(store->backend, SHELF_SPENT, admission->spent, sizeof admission->spent, &sealed) != 0)
		result = backend_error(store->backend) == BACKEND_MISSING ? 0 : -2;
	else if (seal_get_row(store->seal, &place, sealed.data, sealed.len, &id) == 0 && id.len == ID_BYTES)
		result = bytes_equal(id.data, request->route.report_id, ID_BYTES) ? 1 : -1;
	buffer_free(&sealed);
	buffer_free(&id);
	return result;
}

/* PROBLEM_COUNT where the request's token is good for its report. */
static enum problem check_token(struct request *request)
{
	struct store *store = request->front->store;
	struct admittance *admission = &request->admission;
	const struct token_epoch *epoch;
	struct token token;
	enum problem problem = PROBLEM_TOKEN_REFUSED;
	int spent;

	/* A referral comes from somebody who is known. */
	if (request->fields.authorization[0] == '\0')
		return authority_is_officer(request) ? PROBLEM_COUNT : PROBLEM_TOKEN_NEEDED;
	if (token_field_parse(request->fields.authorization, &token) != 0)
		return PROBLEM_TOKEN_REFUSED;
	epoch = token_epoch_of(store, token.key_id);
	if (epoch != NULL && token_verify(&token, epoch->secret_key, epoch->key_id) == 0) {
		spent = token_spent_name(store, epoch, &token, admission->spent) != 0 ? -2
										      : spent_for(request);
		admission->has_token = spent == 0;
		problem = spent >= 0 ? PROBLEM_COUNT : spent == -1 ? PROBLEM_TOKEN_REFUSED : PROBLEM_BUSY;
	}
	sodium_memzero(&token, sizeof token);
	return problem;
}

static bool is_here(struct request *request)
{
	struct report_facts *facts = NULL;
	struct backend_report row;
	bool is_here = report_find(request->front->store, request->route.report_id, &facts, &row) == 1 &&
		       facts->stage != STAGE_UPLOADING;

	facts_free(facts);
	return is_here;
}

int admission_check(struct request *request, const struct roster_desk *desk)
{
	enum problem problem = desk->admission == ADMISSION_OPEN ? PROBLEM_COUNT : check_token(request);

	request->admission.is_admitted = problem == PROBLEM_COUNT;
	if (request->admission.is_admitted || is_here(request))
		return 0;
	request_refuse(request, problem);
	return -1;
}

int admission_spend(struct request *request)
{
	struct store *store = request->front->store;
	struct admittance *admission = &request->admission;
	struct place place = {
		.column = COLUMN_SPENT, .identity = admission->spent, .identity_len = sizeof admission->spent
	};
	struct buffer sealed = buffer_of(SPENT_MAX);
	int spent = admission->has_token ? spent_for(request) : 0, rc = -1;

	/* Another request of the same group may have spent it since it was checked. */
	if (!admission->is_admitted || spent == -1) {
		request_answer_problem(request, PROBLEM_TOKEN_REFUSED);
		rc = 1;
	} else if (!admission->has_token || spent == 1) {
		rc = 0;
	} else if (spent == 0 &&
		   seal_put_row(store->seal, &place, request->route.report_id, ID_BYTES, &sealed) == 0) {
		rc = backend_put(store->backend, SHELF_SPENT, admission->spent, sizeof admission->spent,
			sealed.data, sealed.len);
	}
	buffer_free(&sealed);
	return rc;
}
