#include "roster_internal.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Body, note and fingerprint. */

#define KEY_SIZE (BASE64_CHARS(32) + 1)

static void put_head(const struct roster *roster, struct buffer *out)
{
	char previous[HEX_CHARS(SHA256_BYTES) + 1], issued[TIME_SIZE], expires[TIME_SIZE];

	hex_encode(roster->previous, SHA256_BYTES, previous);
	time_format(roster->issued, issued);
	time_format(roster->expires, expires);
	buffer_put_format(out, "clarion-roster/1\norganisation %s\nversion %llu\nprevious %s\n",
		roster->organisation, (unsigned long long)roster->version, previous);
	buffer_put_format(
		out, "issued %s\nexpires %s\nthreshold %u\n", issued, expires, (unsigned)roster->threshold);
}

static void put_trust(const struct roster *roster, struct buffer *out)
{
	char key[KEY_SIZE], recipient[AGE_RECIPIENT_SIZE];

	for (size_t i = 0; i < roster->admin_count; i++) {
		base64_encode(BASE64_PADDED, roster->admins[i].public_key, ED25519_PUBLIC_BYTES, key);
		age_recipient_text(roster->admins[i].recipient, recipient);
		buffer_put_format(out, "admin %s %s %s\n", roster->admins[i].name, recipient, key);
	}
	for (size_t i = 0; i < roster->server_count; i++) {
		base64_encode(BASE64_PADDED, roster->servers[i].pin, SHA256_BYTES, key);
		buffer_put_format(out, "server %s %s", roster->servers[i].url, key);
		if (roster->servers[i].has_next_pin) {
			base64_encode(BASE64_PADDED, roster->servers[i].next_pin, SHA256_BYTES, key);
			buffer_put_format(out, " %s", key);
		}
		buffer_put_string(out, "\n");
	}
	base64_encode(BASE64_PADDED, roster->receipt_key, ED25519_PUBLIC_BYTES, key);
	buffer_put_format(out, "receipt-key %s\n", key);
	for (size_t i = 0; i < roster->token_key_count; i++) {
		const struct roster_token_key *token_key = &roster->token_keys[i];
		char not_before[TIME_SIZE], not_after[TIME_SIZE];

		base64_encode(BASE64_PADDED, token_key->public_key, sizeof(token_key->public_key), key);
		time_format(token_key->not_before, not_before);
		time_format(token_key->not_after, not_after);
		buffer_put_format(out, "token-key %llu %s %s %s\n", (unsigned long long)token_key->epoch, key,
			not_before, not_after);
	}
}

static void put_desks(const struct roster *roster, struct buffer *out)
{
	char recipient[AGE_RECIPIENT_SIZE];

	for (size_t i = 0; i < roster->desk_count; i++) {
		const struct roster_desk *desk = &roster->desks[i];
		const uint32_t *minutes = desk->ack_minutes;

		buffer_put_format(out, "desk %s %s %u,%u,%u,%u %u %s\n", desk->name,
			admission_word(desk->admission), (unsigned)minutes[0], (unsigned)minutes[1],
			(unsigned)minutes[2], (unsigned)minutes[3], (unsigned)desk->retention_days,
			desk->title);
	}
	for (size_t i = 0; i < roster->desk_count; i++) {
		if (roster->desks[i].fallback[0] != '\0')
			buffer_put_format(
				out, "fallback %s %s\n", roster->desks[i].name, roster->desks[i].fallback);
	}
	for (size_t i = 0; i < roster->partner_count; i++) {
		const struct roster_partner *partner = &roster->partners[i];

		buffer_put_format(out, "partner %s %s %s %s\n", partner->name, partner->fingerprint,
			partner->url, partner->title);
	}
	for (size_t i = 0; i < roster->archive_count; i++) {
		age_recipient_text(roster->archives[i].recipient, recipient);
		buffer_put_format(out, "archive %s %s\n", roster->archives[i].desk, recipient);
	}
}

static void put_officer(const struct roster_officer *officer, struct buffer *out)
{
	char key[KEY_SIZE], recipient[AGE_RECIPIENT_SIZE];

	buffer_put_format(out, "officer %s ", officer->name);
	for (size_t i = 0; i < officer->desk_count; i++)
		buffer_put_format(out, "%s%s", i > 0 ? "," : "", officer->desks[i]);
	age_recipient_text(officer->recipient, recipient);
	base64_encode(BASE64_PADDED, officer->public_key, ED25519_PUBLIC_BYTES, key);
	buffer_put_format(out, " %u %s %s %s\n", (unsigned)officer->tier, recipient, key, officer->title);
}

int roster_write_body(const struct roster *roster, struct buffer *out)
{
	put_head(roster, out);
	put_trust(roster, out);
	put_desks(roster, out);
	for (size_t i = 0; i < roster->officer_count; i++)
		put_officer(&roster->officers[i], out);
	return buffer_ok(out);
}

int roster_put_signed_part(const struct roster *roster, struct buffer *out)
{
	if (roster->note == NULL)
		return roster_write_body(roster, out);
	buffer_put(out, roster->note, roster->body_len);
	return buffer_ok(out);
}

int roster_write_note(const struct roster *roster, struct buffer *out)
{
	if (roster_put_signed_part(roster, out) != 0)
		return -1;
	buffer_put_string(out, "\n");
	for (size_t i = 0; i < roster->signature_count; i++)
		note_put_signature(out, &roster->signatures[i]);
	return buffer_ok(out);
}

static int compare_keys(const void *left, const void *right)
{
	const uint8_t *left_key = left, *right_key = right;
	size_t place = 0;

	while (place < ED25519_PUBLIC_BYTES - 1 && left_key[place] == right_key[place])
		place++;
	return left_key[place] - right_key[place];
}

int roster_fingerprint(const struct roster *roster, char ret_text[FINGERPRINT_SIZE])
{
	uint8_t keys[ROSTER_ADMINS_MAX][ED25519_PUBLIC_BYTES], digest[SHA256_BYTES];
	char text[BASE64_CHARS(SHA256_BYTES) + 1];
	struct buffer lines = buffer_of(ROSTER_ADMINS_MAX * KEY_SIZE + 64);
	int rc = -1;

	if (roster->admin_count > ROSTER_ADMINS_MAX)
		goto cleanup;
	for (size_t i = 0; i < roster->admin_count; i++)
		memcpy(keys[i], roster->admins[i].public_key, ED25519_PUBLIC_BYTES);
	qsort(keys, roster->admin_count, sizeof(keys[0]), compare_keys);
	buffer_put_format(&lines, "clarion-admins/1\n%u\n", (unsigned)roster->threshold);
	for (size_t i = 0; i < roster->admin_count; i++) {
		base64_encode(BASE64_PADDED, keys[i], ED25519_PUBLIC_BYTES, text);
		buffer_put_format(&lines, "%s\n", text);
	}
	if (buffer_ok(&lines) != 0 || sha256_once(lines.data, lines.len, digest) != 0)
		goto cleanup;
	base64_encode(BASE64_URL, digest, sizeof(digest), text);
	memcpy(ret_text, text, FINGERPRINT_SIZE);
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}
