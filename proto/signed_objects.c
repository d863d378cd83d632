#include "proto/signed_objects.h"

#include "proto/encode.h"
#include "proto/json.h"

#include <sodium.h>
#include <string.h>

/* Acceptances and answers. Cards stand in card.c, events in event.c. */

#define LINES_MAX 1024

static int id_is_sound(const char *id)
{
	uint8_t bytes[ID_BYTES];

	return hex_decode(id, strlen(id), bytes, sizeof(bytes));
}

static int put_acceptance_lines(const struct acceptance *acceptance, struct buffer *out)
{
	const char *release = acceptance->release[0] == '\0' ? "-" : acceptance->release;

	if (id_is_sound(acceptance->id) != 0)
		return -1;
	buffer_put_format(out, "clarion-accepted/1\n%s\n%s\n%s\n%s\n%s\n%s\n", acceptance->organisation,
		acceptance->id, acceptance->desk, urgency_word(acceptance->urgency), release,
		acceptance->accepted);
	return buffer_ok(out);
}

int acceptance_sign(const struct acceptance *acceptance, const uint8_t secret_key[64],
	uint8_t ret_signature[ED25519_SIGNATURE_BYTES])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (put_acceptance_lines(acceptance, &lines) == 0)
		rc = crypto_sign_detached(ret_signature, NULL, lines.data, lines.len, secret_key);
	buffer_free(&lines);
	return rc;
}

int acceptance_verify(const struct acceptance *acceptance, const uint8_t receipt_key[ED25519_PUBLIC_BYTES],
	const uint8_t signature[ED25519_SIGNATURE_BYTES])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (put_acceptance_lines(acceptance, &lines) == 0)
		rc = crypto_sign_verify_detached(signature, lines.data, lines.len, receipt_key);
	buffer_free(&lines);
	return rc;
}

int acceptance_write(const struct acceptance_answer *answer, struct buffer *out)
{
	char signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];

	base64_encode(BASE64_PADDED, answer->signature, ED25519_SIGNATURE_BYTES, signature);
	buffer_put_format(out, "{\"accepted\":\"%s\",\"id\":\"%s\",\"signature\":\"%s\"}", answer->accepted,
		answer->id, signature);
	return buffer_ok(out);
}

int acceptance_parse(const char *json, size_t len, struct acceptance_answer *ret_answer, struct fault *fault)
{
	static const char *const members[] = { "accepted", "id", "signature" };
	struct acceptance_answer answer = { .id = "" };
	uint8_t id[ID_BYTES];
	int64_t accepted = 0;
	json_t *object = NULL;
	int rc = -1;

	if (json_parse(json, len, ACCEPTANCE_MAX, &object, fault) != 0)
		return -1;
	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_hex(object, "id", id, sizeof(id)) != 0 ||
		member_time(object, "accepted", &accepted) != 0 ||
		member_base64(object, "signature", BASE64_PADDED, answer.signature,
			sizeof(answer.signature)) != 0) {
		rc = fault_set(fault, "the server's acceptance is malformed");
		goto cleanup;
	}
	hex_encode(id, sizeof(id), answer.id);
	time_format(accepted, answer.accepted);
	*ret_answer = answer;
	rc = 0;
cleanup:
	json_decref(object);
	return rc;
}

static int put_answer_lines(const struct signed_answer *answer, struct buffer *out)
{
	buffer_put_format(
		out, "clarion-answer/1\n%s\n%u\n%s\n", answer->nonce, answer->status, answer->content_digest);
	return buffer_ok(out);
}

int answer_sign(const struct signed_answer *answer, const uint8_t secret_key[64],
	char ret_text[ANSWER_SIGNATURE_SIZE])
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (put_answer_lines(answer, &lines) != 0 ||
		crypto_sign_detached(signature, NULL, lines.data, lines.len, secret_key) != 0)
		goto cleanup;
	base64_encode(BASE64_PADDED, signature, sizeof(signature), ret_text);
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

int answer_verify(const struct signed_answer *answer, const uint8_t receipt_key[ED25519_PUBLIC_BYTES],
	const char *text, size_t len)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (base64_decode_fixed(BASE64_PADDED, text, len, signature, sizeof(signature)) != 0 ||
		put_answer_lines(answer, &lines) != 0)
		goto cleanup;
	rc = crypto_sign_verify_detached(signature, lines.data, lines.len, receipt_key);
cleanup:
	buffer_free(&lines);
	return rc;
}
