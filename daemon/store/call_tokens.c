/* POST tokens: an invitation's SECRET is exchanged for a batch of tokens, once. The same request again gets
 * its tokens again, so that nothing is lost on the way; another one gets none. Only the request's hash is
 * kept: what it blinded, and the answer, follow from it anew. */
#include "store_state.h"

#include "proto/digest.h"
#include "proto/invitation_list.h"

#include <stdlib.h>
#include <string.h>

/* What a request turned out to be. */
struct exchange {
	uint8_t name[BLIND_INDEX_BYTES]; /* of the invitation */
	struct invitation_record record;
	uint8_t digest[SHA256_BYTES]; /* of the request */
	struct token_request asked;
	struct token_response given;
};

/* PROBLEM_COUNT where the invitation is good for this request. Unknown, expired and used ones look alike. */
static enum problem check_invitation(struct request *request, struct exchange *exchange)
{
	struct store *store = request->front->store;
	const struct invitation_record *record = &exchange->record;
	uint8_t secret[INVITATION_SECRET_BYTES], hash[SHA256_BYTES];
	int found = 0;

	if (secret_field_parse(request->fields.authorization, secret) == 0)
		found = invitation_hash(secret, hash) != 0
				? -1
				: invitation_find(store, hash, exchange->name, &exchange->record);
	sodium_memzero(secret, sizeof secret);
	if (found < 0)
		return PROBLEM_BUSY;
	if (found == 0 || record->expires <= store_now(store))
		return PROBLEM_INVITATION_REFUSED;
	if (record->is_used)
		return sodium_memcmp(record->request, exchange->digest, SHA256_BYTES) == 0
			       ? PROBLEM_COUNT
			       : PROBLEM_INVITATION_REFUSED;
	return roster_desk(store->roster, record->desk) == NULL ? PROBLEM_INVITATION_REFUSED : PROBLEM_COUNT;
}

static enum problem evaluate(struct request *request, struct exchange *exchange)
{
	const struct token_epoch *epoch;
	enum problem problem;

	if (strcmp(request->fields.content_type, TOKEN_REQUEST_TYPE) != 0)
		return PROBLEM_BAD_REQUEST;
	if (buffer_ok(&request->body) != 0 ||
		sha256_once(request->body.len == 0 ? (const uint8_t *)"" : request->body.data,
			request->body.len, exchange->digest) != 0)
		return PROBLEM_BUSY;
	problem = check_invitation(request, exchange);
	if (problem != PROBLEM_COUNT)
		return problem;
	if (token_request_parse(request->body.data, request->body.len, &exchange->asked) != 0)
		return PROBLEM_BAD_TOKENS;
	epoch = token_epoch_ending(request->front->store, exchange->asked.key_id_end);
	if (epoch == NULL ||
		token_issue(&exchange->asked, epoch->secret_key, epoch->public_key, &exchange->given) != 0)
		return PROBLEM_BAD_TOKENS;
	return token_response_write(&exchange->given, &request->answer.body) == 0 ? PROBLEM_COUNT
										  : PROBLEM_BUSY;
}

/* From now on this invitation is good for this request only; what desk it was made for is nobody's business
 * any more. */
static void use_up(struct request *request, struct exchange *exchange)
{
	struct invitation_record *record = &exchange->record;

	if (record->is_used) {
		request_answer(request, 200, TOKEN_RESPONSE_TYPE);
		return;
	}
	record->is_used = true;
	memcpy(record->request, exchange->digest, sizeof record->request);
	memset(record->desk, 0, sizeof record->desk);
	if (group_enter(request) != 0)
		return;
	request_answer(request, 200, TOKEN_RESPONSE_TYPE);
	if (invitation_keep(request->front->store, exchange->name, record) != 0)
		group_fail(request->front->store);
}

void call_post_tokens(struct request *request)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	enum problem problem = exchange == NULL ? PROBLEM_BUSY : evaluate(request, exchange);

	if (problem == PROBLEM_COUNT)
		use_up(request, exchange);
	else
		request_answer_problem(request, problem);
	free(exchange);
}
