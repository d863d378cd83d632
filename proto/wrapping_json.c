#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/wrapping.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_SIZE (BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1)

/* `"NAME":"…"`, empty where there are no bytes. */
static int put_bytes(const char *name, const uint8_t *bytes, size_t len, struct buffer *out)
{
	char *text = malloc(BASE64_CHARS(len) + 1);

	if (text == NULL)
		return -1;
	text[0] = '\0';
	if (len > 0)
		base64_encode(BASE64_PADDED, bytes, len, text);
	buffer_put_format(out, "\"%s\":\"", name);
	buffer_put_string(out, text);
	buffer_put_string(out, "\"");
	free(text);
	return buffer_ok(out);
}

/* Members in the order of their names, as json_put would write them. */
int wrapping_write(const struct wrapping *wrapping, struct buffer *out)
{
	char old_header[SHA256_HEX_CHARS + 1], new_header[SHA256_HEX_CHARS + 1];
	char keyid[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1], signature[SIGNATURE_SIZE],
		proof[SIGNATURE_SIZE] = "";

	hex_encode(wrapping->old_header, SHA256_BYTES, old_header);
	hex_encode(wrapping->new_header, SHA256_BYTES, new_header);
	base64_encode(BASE64_URL, wrapping->keyid, ED25519_PUBLIC_BYTES, keyid);
	base64_encode(BASE64_PADDED, wrapping->signature, ED25519_SIGNATURE_BYTES, signature);
	if (wrapping->has_proof)
		base64_encode(BASE64_PADDED, wrapping->proof, ED25519_SIGNATURE_BYTES, proof);
	buffer_put_string(out, "{");
	if (put_bytes("first", wrapping->first, wrapping->first_len, out) != 0)
		return -1;
	buffer_put_string(out, ",");
	if (put_bytes("header", wrapping->header, wrapping->header_len, out) != 0)
		return -1;
	buffer_put_format(out,
		",\"keyid\":\"%s\",\"new\":\"%s\",\"old\":\"%s\",\"proof\":\"%s\",\"roster\":%llu,"
		"\"signature\":\"%s\"}",
		keyid, new_header, old_header, proof, (unsigned long long)wrapping->roster, signature);
	return buffer_ok(out);
}

/* Padded base64 of at most max bytes; NULL and 0 for "". */
static int take_bytes(
	const json_t *object, const char *name, size_t max, uint8_t **ret_bytes, size_t *ret_len)
{
	const char *text = NULL;
	size_t chars = 0, len = 0;
	uint8_t *bytes;

	if (member_text(object, name, &text, &chars) != 0 || chars > BASE64_CHARS(max))
		return -1;
	if (chars == 0)
		return 0;
	bytes = malloc(chars);
	if (bytes == NULL)
		return -1;
	if (base64_decode(BASE64_PADDED, text, chars, bytes, max, &len) != 0) {
		free(bytes);
		return -1;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
}

static int take_signatures(const json_t *object, struct wrapping *wrapping)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_base64(object, "keyid", BASE64_URL, wrapping->keyid, ED25519_PUBLIC_BYTES) != 0 ||
		member_base64(object, "signature", BASE64_PADDED, wrapping->signature,
			ED25519_SIGNATURE_BYTES) != 0 ||
		member_text(object, "proof", &text, &len) != 0)
		return -1;
	wrapping->has_proof = len > 0;
	if (!wrapping->has_proof)
		return 0;
	return base64_decode_fixed(BASE64_PADDED, text, len, wrapping->proof, sizeof(wrapping->proof));
}

/* A header and the one it replaces, or neither and a header that is confirmed. */
static int headers_agree(const struct wrapping *wrapping)
{
	bool is_same = bytes_equal(wrapping->old_header, wrapping->new_header, SHA256_BYTES);
	uint8_t digest[SHA256_BYTES];

	if (wrapping->header == NULL)
		return is_same && wrapping->first == NULL ? 0 : -1;
	if (is_same || wrapping->first_len <= FIRST_HEADER_OVERHEAD ||
		sha256_once(wrapping->header, wrapping->header_len, digest) != 0)
		return -1;
	return bytes_equal(digest, wrapping->new_header, sizeof(digest)) ? 0 : -1;
}

static int take_wrapping(const json_t *object, struct wrapping *wrapping, struct fault *fault)
{
	static const char *const members[] = { "first", "header", "keyid", "new", "old", "proof", "roster",
		"signature" };

	if (members_are(object, members, COUNT_OF(members)) != 0)
		return fault_set(fault, "the wrapping has not exactly the members of the protocol");
	if (member_number(object, "roster", &wrapping->roster) != 0 || wrapping->roster < 1)
		return fault_set(fault, "the wrapping's `roster` must be a version");
	if (member_hex(object, "old", wrapping->old_header, SHA256_BYTES) != 0 ||
		member_hex(object, "new", wrapping->new_header, SHA256_BYTES) != 0)
		return fault_set(fault, "the wrapping's `old` and `new` must be 64 characters of hex");
	if (take_bytes(object, "header", AGE_HEADER_MAX, &wrapping->header, &wrapping->header_len) != 0 ||
		take_bytes(object, "first", FIRST_HEADER_MAX, &wrapping->first, &wrapping->first_len) != 0)
		return fault_set(fault, "the wrapping's `header` and `first` must be padded base64, or \"\"");
	if (take_signatures(object, wrapping) != 0)
		return fault_set(fault, "the wrapping's `keyid`, `signature` or `proof` is malformed");
	if (headers_agree(wrapping) != 0)
		return fault_set(fault, "the wrapping's headers aren't the ones that it names");
	return 0;
}

static int wrapping_of(const json_t *object, struct wrapping **ret_wrapping, struct fault *fault)
{
	struct wrapping *wrapping = wrapping_new();

	if (wrapping == NULL)
		return fault_set(fault, "there is not enough memory for the wrapping");
	if (take_wrapping(object, wrapping, fault) != 0) {
		wrapping_free(wrapping);
		return -1;
	}
	*ret_wrapping = wrapping;
	return 0;
}

int wrapping_parse(const char *json, size_t len, struct wrapping **ret_wrapping, struct fault *fault)
{
	json_t *object = NULL;
	int rc = -1;

	if (json_parse(json, len, WRAPPING_MAX, &object, fault) == 0)
		rc = wrapping_of(object, ret_wrapping, fault);
	json_decref(object);
	return rc;
}

int wrapping_state_write(const struct wrapping_state *state, struct buffer *out)
{
	buffer_put_format(out, "{\"confirmed\":%s,", state->is_confirmed ? "true" : "false");
	if (put_bytes("replaced", state->replaced, state->replaced_len, out) != 0)
		return -1;
	buffer_put_string(out, ",\"wrapping\":");
	if (wrapping_write(state->wrapping, out) != 0)
		return -1;
	buffer_put_string(out, "}");
	return buffer_ok(out);
}

int wrapping_state_parse(const char *json, size_t len, struct wrapping_state *ret_state, struct fault *fault)
{
	static const char *const members[] = { "confirmed", "replaced", "wrapping" };
	struct wrapping_state state = { .wrapping = NULL };
	const json_t *confirmed;
	json_t *object = NULL;
	int rc = -1;

	if (json_parse(json, len, WRAPPING_STATE_MAX, &object, fault) != 0)
		return -1;
	confirmed = json_object_get(object, "confirmed");
	if (members_are(object, members, COUNT_OF(members)) != 0 || !json_is_boolean(confirmed) ||
		take_bytes(object, "replaced", AGE_HEADER_MAX, &state.replaced, &state.replaced_len) != 0) {
		rc = fault_set(fault, "what the server says about the report's header is malformed");
		goto cleanup;
	}
	state.is_confirmed = json_is_true(confirmed);
	if (wrapping_of(json_object_get(object, "wrapping"), &state.wrapping, fault) != 0)
		goto cleanup;
	if (wrapping_is_confirmation(state.wrapping) || state.is_confirmed != (state.replaced == NULL)) {
		rc = fault_set(fault, "what the server says about the report's header contradicts itself");
		goto cleanup;
	}
	*ret_state = state;
	state = (struct wrapping_state){ .wrapping = NULL };
	rc = 0;
cleanup:
	wrapping_state_free(&state);
	json_decref(object);
	return rc;
}
