#include "proto/hand.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/report_schema.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#define LINES_MAX      512
#define KIND_FOLLOW_UP "FOLLOWUP"
#define KIND_CANCEL    "CANCEL"

/* report.json as it is without the signature. */
static int digest_of(const json_t *report, char ret_hex[SHA256_HEX_CHARS + 1])
{
	json_t *copy = json_deep_copy(report);
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	uint8_t digest[SHA256_BYTES];
	int rc = -1;

	if (copy == NULL)
		goto cleanup;
	(void)json_object_del(json_object_get(copy, "follows"), "signature");
	if (json_put(copy, &text) != 0 || sha256_once(text.data, text.len, digest) != 0)
		goto cleanup;
	hex_encode(digest, sizeof digest, ret_hex);
	rc = 0;
cleanup:
	json_decref(copy);
	buffer_free(&text);
	return rc;
}

static int lines_of(const json_t *report, const struct hand_link *link, struct buffer *out)
{
	const char *organisation =
		json_string_value(json_object_get(json_object_get(report, "envelope"), "organisation"));
	char hash[SHA256_HEX_CHARS + 1];

	if (organisation == NULL || digest_of(report, hash) != 0)
		return -1;
	buffer_put_format(out, "clarion-hand/1\n%s\n%s\n%" PRIu64 "\n%s\n", organisation,
		link->report[0] == '\0' ? "-" : link->report, link->counter, hash);
	return buffer_ok(out);
}

int hand_sign(json_t *report, const struct hand_link *link, const uint8_t secret_key[64])
{
	json_t *follows = json_pack("{s:s, s:s*, s:I}", "kind",
		link->is_cancel ? KIND_CANCEL : KIND_FOLLOW_UP, "report",
		link->report[0] == '\0' ? NULL : link->report, "counter", (json_int_t)link->counter);
	struct buffer lines = buffer_of(LINES_MAX);
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	char text[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];
	int rc = -1;

	if (json_object_set_new(report, "follows", follows) != 0 || lines_of(report, link, &lines) != 0 ||
		crypto_sign_detached(signature, NULL, lines.data, lines.len, secret_key) != 0)
		goto cleanup;
	base64_encode(BASE64_PADDED, signature, sizeof signature, text);
	rc = json_object_set_new(follows, "signature", json_string(text));
cleanup:
	buffer_free(&lines);
	return rc;
}

bool hand_link_of(const json_t *report, struct hand_link *ret_link)
{
	const json_t *follows = json_object_get(report, "follows");
	const char *kind = json_string_value(json_object_get(follows, "kind")),
		   *first = json_string_value(json_object_get(follows, "report"));

	*ret_link = (struct hand_link){ 0 };
	if (kind == NULL || member_number(follows, "counter", &ret_link->counter) != 0)
		return false;
	ret_link->is_cancel = strcmp(kind, KIND_CANCEL) == 0;
	if (first != NULL && strlen(first) == ID_SIZE - 1)
		memcpy(ret_link->report, first, ID_SIZE);
	return true;
}

int hand_verify(const json_t *report, const uint8_t hand_key[ED25519_PUBLIC_BYTES])
{
	struct buffer lines = buffer_of(LINES_MAX);
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct hand_link link;
	int rc = -1;

	if (hand_link_of(report, &link) &&
		member_base64(json_object_get(report, "follows"), "signature", BASE64_PADDED, signature,
			sizeof signature) == 0 &&
		lines_of(report, &link, &lines) == 0)
		rc = crypto_sign_verify_detached(signature, lines.data, lines.len, hand_key);
	buffer_free(&lines);
	return rc == 0 ? 0 : -1;
}
