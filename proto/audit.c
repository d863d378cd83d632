#include "proto/audit.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <sodium.h>
#include <string.h>

/* Entries, their chain and the signed head. The JSON stands in audit_json.c. */

#define LINES_MAX 1024

static const char *or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static int digest_of(struct buffer *lines, uint8_t ret_digest[SHA256_BYTES])
{
	int rc = buffer_ok(lines) == 0 ? sha256_once(lines->data, lines->len, ret_digest) : -1;

	buffer_free(lines);
	return rc;
}

int audit_digest(const struct audit_entry *entry, uint8_t ret_digest[SHA256_BYTES])
{
	char key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1] = "", salt[HEX_CHARS(AUDIT_SALT_BYTES) + 1];
	char time[TIME_SIZE];
	struct buffer lines = buffer_of(LINES_MAX);

	if (entry->has_key)
		base64_encode(BASE64_URL, entry->key, sizeof(entry->key), key);
	hex_encode(entry->salt, sizeof(entry->salt), salt);
	time_format(entry->time, time);
	buffer_put_format(&lines, "clarion-audit-entry/1\n%llu\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n",
		(unsigned long long)entry->number, time, entry->kind, or_dash(entry->actor), or_dash(key),
		or_dash(entry->subject), entry->details, salt);
	return digest_of(&lines, ret_digest);
}

int audit_link(const uint8_t previous[SHA256_BYTES], const uint8_t digest[SHA256_BYTES],
	uint8_t ret_hash[SHA256_BYTES])
{
	char before[HEX_CHARS(SHA256_BYTES) + 1], own[HEX_CHARS(SHA256_BYTES) + 1];
	struct buffer lines = buffer_of(LINES_MAX);

	hex_encode(previous, SHA256_BYTES, before);
	hex_encode(digest, SHA256_BYTES, own);
	buffer_put_format(&lines, "clarion-audit-link/1\n%s\n%s\n", before, own);
	return digest_of(&lines, ret_hash);
}

int audit_report_tag(const uint8_t report[ID_BYTES], char ret_tag[AUDIT_SUBJECT_SIZE])
{
	char id[ID_SIZE];
	uint8_t digest[SHA256_BYTES];
	struct buffer lines = buffer_of(LINES_MAX);

	hex_encode(report, ID_BYTES, id);
	buffer_put_format(&lines, "clarion-report/1\n%s\n", id);
	if (digest_of(&lines, digest) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), ret_tag);
	return 0;
}

void audit_head_lines(const struct audit_head *head, const char *organisation, struct buffer *lines)
{
	char hash[HEX_CHARS(SHA256_BYTES) + 1], time[TIME_SIZE];

	hex_encode(head->hash, sizeof(head->hash), hash);
	time_format(head->time, time);
	buffer_put_format(lines, "clarion-audit/1\n%s\n%llu\n%s\n%s\n", organisation,
		(unsigned long long)head->number, hash, time);
}

int audit_head_sign(struct audit_head *head, const char *organisation, const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	audit_head_lines(head, organisation, &lines);
	if (buffer_ok(&lines) == 0)
		rc = crypto_sign_detached(head->signature, NULL, lines.data, lines.len, secret_key);
	buffer_free(&lines);
	return rc;
}

int audit_head_verify(const struct audit_head *head, const char *organisation,
	const uint8_t receipt_key[ED25519_PUBLIC_BYTES])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	audit_head_lines(head, organisation, &lines);
	if (buffer_ok(&lines) == 0)
		rc = crypto_sign_verify_detached(head->signature, lines.data, lines.len, receipt_key);
	buffer_free(&lines);
	return rc;
}

static void put_restored_lines(
	const struct audit_restored *restored, const char *organisation, struct buffer *lines)
{
	char keyid[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1], time[TIME_SIZE];

	base64_encode(BASE64_URL, restored->keyid, sizeof(restored->keyid), keyid);
	time_format(restored->time, time);
	buffer_put_format(lines, "clarion-audit-restored/1\n%s\n%llu\n%s\n%s\n", organisation,
		(unsigned long long)restored->roster, time, keyid);
}

int audit_restored_sign(
	struct audit_restored *restored, const char *organisation, const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = crypto_sign_ed25519_sk_to_pk(restored->keyid, secret_key);

	put_restored_lines(restored, organisation, &lines);
	if (rc == 0)
		rc = buffer_ok(&lines);
	if (rc == 0)
		rc = crypto_sign_detached(restored->signature, NULL, lines.data, lines.len, secret_key);
	buffer_free(&lines);
	return rc;
}

int audit_restored_verify(const struct audit_restored *restored, const char *organisation)
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	put_restored_lines(restored, organisation, &lines);
	if (buffer_ok(&lines) == 0)
		rc = crypto_sign_verify_detached(restored->signature, lines.data, lines.len, restored->keyid);
	buffer_free(&lines);
	return rc;
}
