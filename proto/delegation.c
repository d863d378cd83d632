#include "proto/delegation.h"

#include "proto/encode.h"
#include "proto/json.h"

#include <sodium.h>
#include <string.h>

#define LINES_MAX 512

static int put_lines(
	const struct delegation *delegation, const char *organisation, const char *report, struct buffer *out)
{
	buffer_put_format(out, "clarion-delegation/1\n%s\n%s\n%llu\n%s\n", organisation, report,
		(unsigned long long)delegation->roster, delegation->desk);
	return buffer_ok(out);
}

int delegation_sign(struct delegation *delegation, const char *organisation, const char *report,
	const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (put_lines(delegation, organisation, report, &lines) == 0 &&
		crypto_sign_ed25519_sk_to_pk(delegation->keyid, secret_key) == 0)
		rc = crypto_sign_detached(delegation->signature, NULL, lines.data, lines.len, secret_key);
	buffer_free(&lines);
	return rc;
}

int delegation_verify(const struct delegation *delegation, const char *organisation, const char *report)
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (put_lines(delegation, organisation, report, &lines) == 0)
		rc = crypto_sign_verify_detached(
			delegation->signature, lines.data, lines.len, delegation->keyid);
	buffer_free(&lines);
	return rc;
}

json_t *delegation_json(const struct delegation *delegation)
{
	char key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1],
		signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];

	base64_encode(BASE64_URL, delegation->keyid, ED25519_PUBLIC_BYTES, key);
	base64_encode(BASE64_PADDED, delegation->signature, ED25519_SIGNATURE_BYTES, signature);
	return json_pack("{s:s, s:s, s:I, s:s}", "desk", delegation->desk, "keyid", key, "roster",
		(json_int_t)delegation->roster, "signature", signature);
}

int delegation_parse(const json_t *object, struct delegation *ret_delegation)
{
	static const char *const members[] = { "desk", "keyid", "roster", "signature" };
	struct delegation delegation;
	const char *desk = NULL;
	size_t len = 0;

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_text(object, "desk", &desk, &len) != 0 || name_of(desk, len, delegation.desk) != 0 ||
		member_number(object, "roster", &delegation.roster) != 0 || delegation.roster < 1 ||
		delegation.roster > INT64_MAX ||
		member_base64(object, "keyid", BASE64_URL, delegation.keyid, ED25519_PUBLIC_BYTES) != 0 ||
		member_base64(object, "signature", BASE64_PADDED, delegation.signature,
			ED25519_SIGNATURE_BYTES) != 0)
		return -1;
	*ret_delegation = delegation;
	return 0;
}
