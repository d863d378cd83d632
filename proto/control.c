#include "proto/control.h"

#include "proto/encode.h"
#include "proto/json.h"
#include "proto/text.h"
#include "proto/time.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#define LINES_MAX        CONTROL_REQUEST_MAX /* the signed lines hold no more than the frame */
#define REFUSAL_CODE_MIN 64                  /* sysexits.h */
#define REFUSAL_CODE_MAX 78

const char *control_argument(const struct control_request *request, const char *name)
{
	for (size_t i = 0; i < request->argument_count; i++)
		if (strcmp(request->arguments[i].name, name) == 0)
			return request->arguments[i].value;
	return NULL;
}

int control_argument_add(struct control_request *request, const char *name, const char *value)
{
	char checked[NAME_SIZE];
	size_t len = strlen(value);

	if (request->argument_count == CONTROL_ARGUMENTS_MAX || name_of(name, strlen(name), checked) != 0 ||
		control_argument(request, name) != NULL || len > CONTROL_VALUE_MAX ||
		!text_is_line(value, len))
		return -1;
	struct control_argument *argument = &request->arguments[request->argument_count++];

	memcpy(argument->name, checked, sizeof checked);
	memcpy(argument->value, value, len + 1);
	return 0;
}

/* Frames */

static void frame_open(struct buffer *out, enum control_kind kind, size_t *ret_mark)
{
	*ret_mark = out->len;
	buffer_put_u32(out, 0);
	buffer_put_u8(out, (uint8_t)kind);
}

static int frame_close(struct buffer *out, size_t mark)
{
	if (buffer_ok(out) != 0)
		return -1;
	uint32_t len = (uint32_t)(out->len - mark - sizeof len);

	for (size_t i = 0; i < sizeof len; i++)
		out->data[mark + i] = (uint8_t)(len >> (8 * (sizeof len - 1 - i)));
	return 0;
}

/* 0 for what is no kind. */
static size_t content_max(uint8_t kind)
{
	switch (kind) {
	case CONTROL_REQUEST:
		return CONTROL_REQUEST_MAX;
	case CONTROL_BODY:
		return CONTROL_BODY_MAX;
	case CONTROL_PROGRESS:
	case CONTROL_DONE:
	case CONTROL_REFUSED:
		return CONTROL_JSON_MAX;
	default:
		return 0;
	}
}

int control_frame_next(struct reader *in, enum control_kind *ret_kind, struct reader *ret_content)
{
	struct reader ahead = *in;
	const uint8_t *content;
	uint32_t len;
	uint8_t kind;

	if (reader_u32(&ahead, &len) != 0)
		return 0;
	if (reader_u8(&ahead, &kind) != 0)
		return 0;
	if (len == 0 || content_max(kind) == 0 || len - 1 > content_max(kind))
		return -1;
	if (reader_view(&ahead, len - 1, &content) != 0)
		return 0;
	*in = ahead;
	*ret_kind = kind;
	*ret_content = reader_of(content, len - 1);
	return 1;
}

int control_answer_put(struct buffer *out, enum control_kind kind, const void *content, size_t len)
{
	size_t mark;

	if (kind == CONTROL_REQUEST || len > content_max((uint8_t)kind))
		return -1;
	frame_open(out, kind, &mark);
	buffer_put(out, content, len);
	return frame_close(out, mark);
}

/* Requests */

int control_request_put(struct buffer *out, const struct control_request *request)
{
	size_t mark;

	frame_open(out, CONTROL_REQUEST, &mark);
	buffer_put_text(out, request->act);
	buffer_put_u64(out, request->roster);
	buffer_put_u64(out, (uint64_t)request->created);
	buffer_put_text(out, request->nonce);
	buffer_put_u8(out, (uint8_t)request->argument_count);
	for (size_t i = 0; i < request->argument_count; i++) {
		buffer_put_text(out, request->arguments[i].name);
		buffer_put_text(out, request->arguments[i].value);
	}
	buffer_put_u8(out, (uint8_t)request->signature_count);
	for (size_t i = 0; i < request->signature_count; i++) {
		buffer_put(out, request->signatures[i].keyid, ED25519_PUBLIC_BYTES);
		buffer_put(out, request->signatures[i].signature, ED25519_SIGNATURE_BYTES);
	}
	return frame_close(out, mark);
}

static int get_name(struct reader *in, char ret_name[NAME_SIZE])
{
	char text[NAME_SIZE];

	return reader_text(in, text, sizeof text) != 0 ? -1 : name_of(text, strlen(text), ret_name);
}

static int get_arguments(struct reader *in, struct control_request *request)
{
	char name[NAME_SIZE], value[CONTROL_VALUE_MAX + 1];
	uint8_t count;

	if (reader_u8(in, &count) != 0)
		return -1;
	for (uint8_t i = 0; i < count; i++)
		if (reader_text(in, name, sizeof name) != 0 || reader_text(in, value, sizeof value) != 0 ||
			control_argument_add(request, name, value) != 0)
			return -1;
	return 0;
}

static bool has_signed(const struct control_request *request, const uint8_t keyid[ED25519_PUBLIC_BYTES])
{
	for (size_t i = 0; i < request->signature_count; i++)
		if (bytes_equal(request->signatures[i].keyid, keyid, ED25519_PUBLIC_BYTES))
			return true;
	return false;
}

static int get_signatures(struct reader *in, struct control_request *request)
{
	uint8_t count;

	if (reader_u8(in, &count) != 0 || count > CONTROL_SIGNATURES_MAX)
		return -1;
	for (uint8_t i = 0; i < count; i++) {
		struct control_signature next = { .keyid = { 0 } };

		if (reader_fixed(in, next.keyid, sizeof next.keyid) != 0 || has_signed(request, next.keyid) ||
			reader_fixed(in, next.signature, sizeof next.signature) != 0)
			return -1;
		request->signatures[request->signature_count++] = next;
	}
	return 0;
}

static bool is_nonce(const char *nonce)
{
	size_t len = strlen(nonce);

	if (len < NONCE_MIN_CHARS)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = nonce[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_'))
			return false;
	}
	return true;
}

int control_request_get(struct reader *in, struct control_request *ret_request)
{
	struct control_request request = { .roster = 0 };
	uint64_t created;

	if (get_name(in, request.act) != 0 || reader_u64(in, &request.roster) != 0 ||
		reader_u64(in, &created) != 0 || created > (uint64_t)TIME_LATEST ||
		reader_text(in, request.nonce, sizeof request.nonce) != 0 || !is_nonce(request.nonce) ||
		get_arguments(in, &request) != 0 || get_signatures(in, &request) != 0 || reader_end(in) != 0)
		return -1;
	request.created = (int64_t)created;
	*ret_request = request;
	return 0;
}

/* Values are single lines, so that no argument can look like another line. */
static int put_lines(const struct control_request *request, const char *organisation, struct buffer *out)
{
	buffer_put_format(out, "clarion-control/1\n%s\n%" PRIu64 "\n%" PRId64 "\n%s\n%s\n", organisation,
		request->roster, request->created, request->nonce, request->act);
	for (size_t i = 0; i < request->argument_count; i++)
		buffer_put_format(out, "%s %s\n", request->arguments[i].name, request->arguments[i].value);
	return buffer_ok(out);
}

int control_request_sign(
	struct control_request *request, const char *organisation, const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(LINES_MAX);
	struct control_signature next;
	int rc = -1;

	memcpy(next.keyid, secret_key + ED25519_SEED_BYTES, sizeof next.keyid);
	if (request->signature_count < CONTROL_SIGNATURES_MAX && !has_signed(request, next.keyid) &&
		put_lines(request, organisation, &lines) == 0 &&
		crypto_sign_detached(next.signature, NULL, lines.data, lines.len, secret_key) == 0) {
		request->signatures[request->signature_count++] = next;
		rc = 0;
	}
	buffer_free(&lines);
	return rc;
}

int control_request_verify(const struct control_request *request, const char *organisation, size_t at)
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (at < request->signature_count && put_lines(request, organisation, &lines) == 0)
		rc = crypto_sign_verify_detached(request->signatures[at].signature, lines.data, lines.len,
			request->signatures[at].keyid);
	buffer_free(&lines);
	return rc;
}

/* Refusals */

int control_refusal_write(const struct control_refusal *refusal, struct buffer *out)
{
	json_t *json = json_pack("{s:i, s:s}", "code", refusal->code, "detail", refusal->fault.text);
	int rc = json == NULL ? -1 : json_put(json, out);

	json_decref(json);
	return rc;
}

int control_refusal_parse(
	const char *json, size_t len, struct control_refusal *ret_refusal, struct fault *fault)
{
	json_t *object = NULL;
	const char *detail;
	size_t detail_len;
	uint64_t code;
	int rc = -1;

	if (json_parse(json, len, CONTROL_JSON_MAX, &object, fault) != 0)
		return -1;
	if (member_number(object, "code", &code) != 0 || code < REFUSAL_CODE_MIN || code > REFUSAL_CODE_MAX ||
		member_text(object, "detail", &detail, &detail_len) != 0 ||
		detail_len >= sizeof ret_refusal->fault.text || !text_is_line(detail, detail_len)) {
		rc = fault_set(fault, "the daemon refused in a form that this version doesn't know");
		goto cleanup;
	}
	ret_refusal->code = (int)code;
	memcpy(ret_refusal->fault.text, detail, detail_len);
	ret_refusal->fault.text[detail_len] = '\0';
	rc = 0;
cleanup:
	json_decref(object);
	return rc;
}
