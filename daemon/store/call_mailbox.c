/* Mailboxes: officers post sealed answers; whoever has the key reads and empties. An unknown mailbox and an
 * empty one get one answer. */
#include "store_state.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAILBOX_KEY_BYTES    32
#define MAILBOX_BYTES_MAX    (1024 * 1024) /* so that one answer can hold it, base64 included */
#define MAILBOX_MESSAGES_MAX 60

static int box_of(struct request *request, uint8_t ret_box[BLIND_INDEX_BYTES])
{
	return seal_index(request->front->store->seal, INDEX_MAILBOX, request->route.mailbox_id,
		MAILBOX_ID_BYTES, ret_box);
}

/* The id is the start of the key's hash: who shows a key that hashes to it may read. */
static bool has_key(const struct request *request)
{
	uint8_t key[MAILBOX_KEY_BYTES], digest[SHA256_BYTES];
	const char *text = request->fields.mailbox_key;
	bool is_right = false;

	if (base64_decode_fixed(BASE64_URL, text, strlen(text), key, sizeof key) == 0 &&
		sha256_once(key, sizeof key, digest) == 0)
		is_right = sodium_memcmp(digest, request->route.mailbox_id, MAILBOX_ID_BYTES) == 0;
	sodium_memzero(key, sizeof key);
	return is_right;
}

struct reading {
	struct store *store;
	const uint8_t *box;
	struct buffer *out;
	size_t count, bytes;
	bool failed;
};

static struct place message_place(const uint8_t *box)
{
	return (struct place){ .column = COLUMN_MESSAGE, .identity = box, .identity_len = BLIND_INDEX_BYTES };
}

static int read_one(void *context, uint64_t seq, const uint8_t *data, size_t len)
{
	struct reading *reading = context;
	struct place place = message_place(reading->box);
	struct buffer plain = buffer_of(len);
	char *text = NULL;

	reading->failed = seal_get_row(reading->store->seal, &place, data, len, &plain) != 0;
	if (!reading->failed)
		text = malloc(BASE64_CHARS(plain.len) + 1);
	if (text != NULL) {
		base64_encode(BASE64_PADDED, plain.data, plain.len, text);
		buffer_put_format(reading->out, "%s{\"seq\":%" PRIu64 ",\"message\":\"",
			reading->count == 0 ? "" : ",", seq);
		buffer_put_string(reading->out, text);
		buffer_put_string(reading->out, "\"}");
	}
	reading->failed = reading->failed || text == NULL;
	reading->count++;
	free(text);
	buffer_free(&plain);
	return reading->failed ? 1 : 0;
}

void call_get_mailbox(struct request *request)
{
	struct store *store = request->front->store;
	uint8_t box[BLIND_INDEX_BYTES];
	struct reading reading = { .store = store, .box = box, .out = &request->answer.body };

	if (!has_key(request)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	buffer_put_string(reading.out, "[");
	if (box_of(request, box) != 0 || backend_each_in_box(store->backend, box, read_one, &reading) != 0 ||
		reading.failed) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	buffer_put_string(reading.out, "]");
	request_answer(request, 200, "application/json");
}

void call_delete_mailbox(struct request *request)
{
	struct store *store = request->front->store;
	uint8_t box[BLIND_INDEX_BYTES];

	if (!has_key(request)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	if (group_enter(request) != 0)
		return;
	request_answer(request, 204, "");
	if (box_of(request, box) != 0 || backend_empty_box(store->backend, box) != 0)
		group_fail(store);
}

static int measure_one(void *context, uint64_t seq, const uint8_t *data, size_t len)
{
	struct reading *reading = context;

	(void)seq;
	(void)data;
	reading->count++;
	reading->bytes += len;
	return 0;
}

static int add_message(struct request *request, const uint8_t *box)
{
	struct store *store = request->front->store;
	struct place place = message_place(box);
	struct buffer sealed = buffer_of(request->body.len + 1024);
	uint64_t seq = 0;
	int rc = seal_put_row(store->seal, &place, request->body.data, request->body.len, &sealed);

	if (rc == 0)
		rc = backend_add_message(store->backend, box, sealed.data, sealed.len, &seq);
	if (rc == 0)
		rc = authority_commit_nonce(request);
	if (rc == 0)
		buffer_put_format(&request->answer.body, "{\"seq\":%" PRIu64 "}", seq);
	buffer_free(&sealed);
	return rc;
}

void call_post_mailbox(struct request *request)
{
	struct store *store = request->front->store;
	uint8_t box[BLIND_INDEX_BYTES];
	struct reading reading = { 0 };
	struct sealed_file file;
	enum problem problem;

	if (sealed_file_check(request->body.data, request->body.len, request->body.len, &file, &problem) !=
		0) {
		request_answer_problem(request, problem);
		return;
	}
	if (box_of(request, box) != 0 ||
		backend_each_in_box(store->backend, box, measure_one, &reading) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	if (reading.count >= MAILBOX_MESSAGES_MAX || reading.bytes + request->body.len > MAILBOX_BYTES_MAX) {
		request_answer_problem(request, PROBLEM_TOO_MANY);
		return;
	}
	if (group_enter(request) != 0)
		return;
	if (add_message(request, box) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(store);
		return;
	}
	request_answer(request, 201, "application/json");
}
