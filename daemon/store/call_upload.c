/* Resumable uploads: POST uploads makes one, PATCH brings bytes, HEAD says how many are here. */
#include "store_state.h"

#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDIT_BYTES (512 * 1024) /* of a PATCH that front may send ahead of what is written */

/* A PATCH while its bytes come. */
struct upload {
	struct upload *next;
	struct request *request;
	struct report_facts *facts;
	struct buffer chunk;  /* the chunk that isn't full yet */
	bool chunk_is_stored; /* as a shorter one, by an earlier PATCH */
	crypto_hash_sha256_state hash;
	uint64_t group; /* the last one that holds a part of it */
	uint64_t uncredited;
	uint64_t left; /* of this request's body, to be credited */
};

_Static_assert(
	sizeof(crypto_hash_sha256_state) == HASH_STATE_BYTES, "the hash state's size is part of the schema");

static void say_offset(struct request *request, uint64_t offset)
{
	snprintf(request->answer.upload_offset, sizeof request->answer.upload_offset, "%" PRIu64, offset);
	request->answer.upload_complete = "?0";
}

static int key_digest(const char *upload_key, uint8_t ret_digest[SHA256_BYTES])
{
	uint8_t key[UPLOAD_KEY_BYTES];
	int rc = -1;

	if (base64_decode_fixed(BASE64_URL, upload_key, strlen(upload_key), key, sizeof key) == 0)
		rc = sha256_once(key, sizeof key, ret_digest);
	sodium_memzero(key, sizeof key);
	return rc;
}

/* The unfinished upload of this id, for whoever has its key. 1, 0 (as for an unknown one), or -1. */
static int find_upload(struct request *request, struct report_facts **ret_facts)
{
	struct report_facts *facts = NULL;
	struct backend_report row;
	uint8_t digest[SHA256_BYTES];
	int found;

	if (key_digest(request->fields.upload_key, digest) != 0)
		return 0;
	found = report_find(request->front->store, request->route.report_id, &facts, &row);
	if (found == 1 && (facts->stage != STAGE_UPLOADING ||
				  sodium_memcmp(digest, facts->upload_key_digest, sizeof digest) != 0)) {
		facts_free(facts);
		return 0;
	}
	if (found == 1)
		*ret_facts = facts;
	return found;
}

/* What has come and lies in memory goes to storage; the row says how far it reaches. */
static int store_chunk(struct store *store, struct upload *upload)
{
	struct report_facts *facts = upload->facts;
	uint32_t number = (uint32_t)(facts->offset / CHUNK_BYTES);
	uint64_t begins = (uint64_t)number * CHUNK_BYTES;

	if (begins + upload->chunk.len == facts->offset)
		return 0;
	upload->group = store->group_number;
	if (report_add_chunk(store, facts, number, upload->chunk.data, upload->chunk.len,
		    upload->chunk_is_stored) != 0)
		return -1;
	facts->offset = begins + upload->chunk.len;
	facts->chunk_count = number + 1;
	memcpy(facts->hash_state, &upload->hash, sizeof facts->hash_state);
	upload->chunk_is_stored = true;
	if (upload->chunk.len == CHUNK_BYTES) {
		buffer_clear(&upload->chunk);
		upload->chunk_is_stored = false;
	}
	return report_save(store, facts);
}

static void upload_free(struct store *store, struct upload *upload)
{
	struct upload **at = &store->uploads;

	while (*at != NULL && *at != upload)
		at = &(*at)->next;
	if (*at == upload)
		*at = upload->next;
	upload->request->upload = NULL;
	buffer_free(&upload->chunk);
	facts_free(upload->facts);
	sodium_memzero(&upload->hash, sizeof upload->hash);
	free(upload);
}

/* The request ends, whyever: what it brought is kept. */
void upload_dropped(struct request *request)
{
	struct store *store = request->front->store;
	struct upload *upload = request->upload;
	bool failed;

	if (upload == NULL)
		return;
	failed = buffer_ok(&upload->chunk) == 0 && group_open(store) == 0 && store_chunk(store, upload) != 0;
	upload_free(store, upload);
	if (failed)
		group_fail(store);
}

/* What is in memory no longer fits what is stored: the client asks how far that reaches, and goes on from
 * there. */
static void end_upload(struct store *store, struct upload *upload, enum problem problem)
{
	struct request *request = upload->request;

	upload_free(store, upload);
	request_refuse(request, problem);
}

void uploads_fail(struct store *store, enum problem problem)
{
	struct upload *upload = store->uploads;

	while (upload != NULL) {
		struct upload *next = upload->next;

		if (upload->group == store->group_number)
			end_upload(store, upload, problem);
		upload = next;
	}
}

static struct upload *running_upload(const struct store *store, const uint8_t id[SHA256_BYTES])
{
	struct upload *upload = store->uploads;

	while (upload != NULL && !bytes_equal(upload->facts->id, id, SHA256_BYTES))
		upload = upload->next;
	return upload;
}

bool upload_is_running(const struct store *store, const uint8_t id[SHA256_BYTES])
{
	return running_upload(store, id) != NULL;
}

void uploads_stop(struct store *store, const uint8_t id[SHA256_BYTES])
{
	struct upload *upload = running_upload(store, id);

	if (upload != NULL)
		end_upload(store, upload, PROBLEM_BUSY);
}

/* A PATCH with the same key that is still open, on a connection that may be dead: the new request takes its
 * place. */
static void supersede(struct request *request)
{
	struct upload *upload = running_upload(request->front->store, request->route.report_id);
	uint8_t digest[SHA256_BYTES];
	struct request *before;

	if (upload == NULL || key_digest(request->fields.upload_key, digest) != 0 ||
		sodium_memcmp(digest, upload->facts->upload_key_digest, sizeof digest) != 0)
		return;
	before = upload->request;
	upload_dropped(before);
	request_refuse(before, PROBLEM_BUSY);
}

/* --- POST uploads */

static void answer_created(struct request *request, uint16_t status, uint64_t offset)
{
	char id[ID_SIZE];

	hex_encode(request->route.report_id, ID_BYTES, id);
	say_offset(request, offset);
	snprintf(request->answer.location, sizeof request->answer.location, "/%s/v1/reports/%s",
		request->front->store->base_path, id);
	request_answer(request, status, "");
}

static void create(struct request *request, struct report_facts *facts)
{
	struct store *store = request->front->store;
	crypto_hash_sha256_state hash;
	int spent;

	request->facts = facts;
	if (group_enter(request) != 0)
		return;
	spent = admission_spend(request);
	if (spent == 1)
		return;
	crypto_hash_sha256_init(&hash);
	memcpy(facts->hash_state, &hash, sizeof facts->hash_state);
	facts->stage = STAGE_UPLOADING;
	facts->began = store_now(store);
	answer_created(request, 201, 0);
	if (spent != 0 || report_add(store, facts, NULL, 0, true) != 0)
		group_fail(store);
}

/* The row of this id that is there already. False where a new upload may begin. */
static bool answered_existing(struct request *request, const uint8_t digest[SHA256_BYTES])
{
	struct store *store = request->front->store;
	struct report_facts *facts = NULL;
	struct backend_report row;
	int found = report_find(store, request->route.report_id, &facts, &row);
	bool answered = found != 0;

	if (found < 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else if (found == 0)
		answered = tombstone_answered(request);
	else if (found == 1 && facts->stage != STAGE_UPLOADING) {
		if (report_accepted_again(store, facts, &request->answer.body) != 0)
			request_answer_problem(request, PROBLEM_BUSY);
		else
			request_answer(request, 200, "application/json");
	} else if (found == 1 && sodium_memcmp(digest, facts->upload_key_digest, SHA256_BYTES) == 0) {
		answer_created(request, 200, facts->offset);
	} else if (found == 1) {
		/* Only who has the file knows its id: she has lost the key, and begins anew. */
		answered = group_enter(request) != 0;
		if (!answered)
			uploads_stop(store, facts->id);
		if (!answered && backend_drop_upload(store->backend, facts->body) != 0) {
			request_answer_problem(request, PROBLEM_BUSY);
			group_fail(store);
			answered = true;
		}
	}
	facts_free(facts);
	return answered;
}

void call_create_upload(struct request *request)
{
	struct report_facts *facts;
	uint8_t digest[SHA256_BYTES];

	if (key_digest(request->fields.upload_key, digest) != 0 || request->route.length == 0) {
		request_answer_problem(request, PROBLEM_BAD_REQUEST);
		return;
	}
	supersede(request);
	if (answered_existing(request, digest) || !report_may_come(request, request->route.length))
		return;
	facts = report_facts_of(request, request->route.length);
	if (facts == NULL) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	memcpy(facts->upload_key_digest, digest, sizeof facts->upload_key_digest);
	create(request, facts);
}

/* --- HEAD reports/{id} */

void call_head_upload(struct request *request)
{
	struct report_facts *facts = NULL;
	int found;

	supersede(request);
	found = find_upload(request, &facts);
	if (found != 1) {
		request_answer_problem(request, found == 0 ? PROBLEM_NOT_FOUND : PROBLEM_BUSY);
		return;
	}
	say_offset(request, facts->offset);
	facts_free(facts);
	request_answer(request, 204, "");
}

/* --- PATCH reports/{id} */

static int load_partial_chunk(struct store *store, struct upload *upload)
{
	const struct report_facts *facts = upload->facts;

	if (facts->offset % CHUNK_BYTES == 0)
		return 0;
	upload->chunk_is_stored = true;
	return report_chunk(store, facts, (uint32_t)(facts->offset / CHUNK_BYTES), &upload->chunk);
}

/* The offset that the request goes on from; -1 where it is malformed. */
static int offset_of(const struct request *request, uint64_t *ret_offset, bool *ret_last)
{
	struct reader in = reader_of(request->fields.upload_offset, strlen(request->fields.upload_offset));
	const char *complete = request->fields.upload_complete;

	if (strcmp(request->fields.content_type, "application/partial-upload") != 0)
		return -1;
	if (strcmp(complete, "?0") != 0 && strcmp(complete, "?1") != 0)
		return -1;
	if (reader_decimal(&in, ret_offset) != 0 || reader_end(&in) != 0)
		return -1;
	*ret_last = complete[1] == '1';
	return 0;
}

static bool begin(struct request *request, struct report_facts *facts)
{
	struct store *store = request->front->store;
	struct upload *upload = calloc(1, sizeof *upload);

	if (upload == NULL) {
		facts_free(facts);
		request_refuse(request, PROBLEM_BUSY);
		return false;
	}
	upload->request = request;
	upload->facts = facts;
	/* Its row may be as young as the group. */
	upload->group = backend_in_group(store->backend) ? store->group_number : 0;
	upload->chunk = buffer_of(CHUNK_BYTES);
	memcpy(&upload->hash, facts->hash_state, sizeof upload->hash);
	upload->next = store->uploads;
	store->uploads = upload;
	request->upload = upload;
	if (load_partial_chunk(store, upload) != 0) {
		upload_free(store, upload);
		request_refuse(request, PROBLEM_BUSY);
		return false;
	}
	upload->left = request->content_length;
	upload->uncredited = 0;
	if (upload->left > 0) {
		uint64_t first = upload->left < CREDIT_BYTES ? upload->left : CREDIT_BYTES;

		upload->left -= first;
		request_credit(request, 0, first);
	}
	return true;
}

bool call_patch_upload_begins(struct request *request)
{
	struct store *store = request->front->store;
	struct report_facts *facts = NULL;
	uint64_t offset;
	bool last;
	int found;

	if (offset_of(request, &offset, &last) != 0) {
		request_refuse(request, PROBLEM_BAD_REQUEST);
		return false;
	}
	supersede(request);
	found = find_upload(request, &facts);
	if (found != 1) {
		request_refuse(request, found == 0 ? PROBLEM_NOT_FOUND : PROBLEM_BUSY);
		return false;
	}
	if (offset != facts->offset || request->content_length > facts->length - offset ||
		last != (offset + request->content_length == facts->length)) {
		say_offset(request, facts->offset);
		facts_free(facts);
		request_refuse(request, PROBLEM_WRONG_OFFSET);
		return false;
	}
	if (!store_has_room(store, request->content_length)) {
		facts_free(facts);
		request_refuse(request, PROBLEM_STORAGE_FULL);
		return false;
	}
	return begin(request, facts);
}

static void credit_more(struct request *request, size_t len)
{
	struct upload *upload = request->upload;
	uint64_t more;

	upload->uncredited += len;
	more = upload->uncredited < upload->left ? upload->uncredited : upload->left;
	if (more < CREDIT_BYTES / 2 && more < upload->left)
		return;
	upload->left -= more;
	upload->uncredited = 0;
	request_credit(request, CREDIT_BYTES, more);
}

void call_patch_upload_bytes(struct request *request, const uint8_t *data, size_t len)
{
	struct store *store = request->front->store;
	struct upload *upload = request->upload;
	size_t taken = 0;

	if (group_enter(request) != 0)
		return;
	while (taken < len) {
		size_t room = CHUNK_BYTES - upload->chunk.len, take = len - taken < room ? len - taken : room;

		/* The hash never runs ahead of what is stored beside it. */
		crypto_hash_sha256_update(&upload->hash, data + taken, take);
		buffer_put(&upload->chunk, data + taken, take);
		taken += take;
		if (upload->chunk.len < CHUNK_BYTES)
			break;
		/* Others may have taken the room meanwhile. */
		if (!store_has_room(store, CHUNK_BYTES)) {
			end_upload(store, upload, PROBLEM_STORAGE_FULL);
			return;
		}
		if (buffer_ok(&upload->chunk) != 0 || store_chunk(store, upload) != 0) {
			upload_free(store, upload);
			request->answer.close = true;
			request_answer_problem(request, PROBLEM_BUSY);
			group_fail(store);
			return;
		}
	}
	if (request->received == request->content_length)
		call_patch_upload(request);
	else
		credit_more(request, len);
}

/* The body of a PATCH is whole (or empty). */
void call_patch_upload(struct request *request)
{
	struct store *store = request->front->store;
	struct upload *upload = request->upload;

	if (group_enter(request) != 0)
		return;
	if (store_chunk(store, upload) != 0) {
		upload_free(store, upload);
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(store);
		return;
	}
	request->facts = upload->facts;
	upload->facts = NULL;
	upload_free(store, upload);
	if (request->facts->offset == request->facts->length) {
		upload_complete(request);
		return;
	}
	say_offset(request, request->facts->offset);
	request_answer(request, 204, "");
}
