/* The end of an upload: every byte is here and is judged as a file in one request is, or nobody goes on with
 * it. */
#include "store_state.h"

#include <string.h>

#define UPLOAD_LIFE_DAYS 7
#define DAY              86400

/* The first chunk again, without the header, which has a row of its own. */
static int split_header(
	struct store *store, struct report_facts *facts, const struct buffer *first, size_t header_len)
{
	if (report_add_chunk(store, facts, 0, first->data + header_len, first->len - header_len, true) != 0)
		return -1;
	return report_keep_header(store, facts, first->data, header_len);
}

/* Every byte is here: judged as a whole file in one request is. */
static enum problem finish(struct request *request, struct report_facts *facts, bool *ret_storage_failed)
{
	struct store *store = request->front->store;
	struct buffer first = buffer_of(CHUNK_BYTES);
	struct sealed_file file;
	enum problem problem = PROBLEM_BUSY;

	*ret_storage_failed = true;
	if (report_chunk(store, facts, 0, &first) != 0)
		goto cleanup;
	*ret_storage_failed = false;
	if (sealed_file_check(first.data, first.len, facts->length, &file, &problem) != 0)
		goto cleanup;
	problem = PROBLEM_WRONG_DESTINATION;
	if (sealed_file_destined(store, &file, facts) != 0)
		goto cleanup;
	problem = PROBLEM_TOO_FAR;
	if (facts->release > store_now(store) + HOLD_IN_ALL_MAX)
		goto cleanup;
	problem = PROBLEM_BUSY;
	*ret_storage_failed = true;
	facts->has_proof = file.has_proof;
	memcpy(facts->proof_key, file.proof.public_key, sizeof file.proof.public_key);
	memcpy(facts->header_digest, file.header_digest, sizeof file.header_digest);
	if (report_accept(store, facts) != 0 || split_header(store, facts, &first, file.header_len) != 0)
		goto cleanup;
	if (facts->stage == STAGE_LISTED && report_publish(store, facts) != 0)
		goto cleanup;
	if (report_acceptance(store, facts, &request->answer.body) == 0)
		problem = PROBLEM_COUNT;
cleanup:
	buffer_free(&first);
	return problem;
}

void upload_complete(struct request *request)
{
	struct store *store = request->front->store;
	struct report_facts *facts = request->facts;
	crypto_hash_sha256_state hash;
	uint8_t digest[SHA256_BYTES];
	bool storage_failed = false;
	enum problem problem = PROBLEM_WRONG_ID;

	memcpy(&hash, facts->hash_state, sizeof hash);
	crypto_hash_sha256_final(&hash, digest);
	if (bytes_equal(digest, facts->id, sizeof digest))
		problem = finish(request, facts, &storage_failed);
	if (problem == PROBLEM_COUNT) {
		request->committed = report_on_committed;
		request_answer(request, 201, "application/json");
		return;
	}
	request_answer_problem(request, problem);
	/* What can never become a report takes no room. */
	if (storage_failed || backend_drop_upload(store->backend, facts->body) != 0)
		group_fail(store);
}

struct expiry {
	struct store *store;
	int64_t before;
	uint64_t bodies[64]; /* a few at a time: the rest an hour later */
	size_t count;
};

static int expire_one(void *context, const struct backend_report *row)
{
	struct expiry *expiry = context;
	struct report_facts *facts = NULL;

	if (report_open_row(expiry->store, row, &facts) != 0)
		return 0;
	if (facts->stage == STAGE_UPLOADING && facts->began < expiry->before &&
		!upload_is_running(expiry->store, facts->id))
		expiry->bodies[expiry->count++] = facts->body;
	facts_free(facts);
	return expiry->count == COUNT_OF(expiry->bodies);
}

void uploads_expire(struct store *store)
{
	struct expiry expiry = { .store = store, .before = store_now(store) - UPLOAD_LIFE_DAYS * DAY };

	if (store_clock_is_doubted(store) || backend_each_upload(store->backend, expire_one, &expiry) != 0 ||
		expiry.count == 0 || group_open(store) != 0)
		return;
	for (size_t i = 0; i < expiry.count; i++) {
		if (backend_drop_upload(store->backend, expiry.bodies[i]) != 0) {
			group_fail(store);
			return;
		}
	}
}
