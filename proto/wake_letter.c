#include "proto/wake_letter.h"

#include "proto/age_file.h"
#include "proto/json.h"

#include <sodium.h>
#include <string.h>

int wake_letter_write(const struct wake_letter *letter, struct buffer *out)
{
	struct buffer text = buffer_of(WAKE_PLAIN_BYTES);
	json_t *object = NULL;
	size_t before = out->len;
	int rc = -1;

	if (wake_way_text(&letter->way, &text) != 0)
		goto cleanup;
	object = json_pack("{s:I,s:s,s:i,s:I,s:s}", "beat", (json_int_t)letter->way.beat_minutes, "officer",
		letter->officer, "schema", 1, "waiting", (json_int_t)letter->waiting, "way",
		buffer_text(&text));
	if (object == NULL || json_put(object, out) != 0 || out->len - before > WAKE_PLAIN_BYTES)
		goto cleanup;
	while (out->len - before < WAKE_PLAIN_BYTES && buffer_ok(out) == 0)
		buffer_put_u8(out, ' ');
	rc = buffer_ok(out);
cleanup:
	json_decref(object);
	buffer_free(&text);
	return rc;
}

static int take_members(
	const json_t *object, struct wake_letter *letter, const char **ret_way, struct fault *fault)
{
	static const char *const members[] = { "beat", "officer", "schema", "waiting", "way" };
	const char *officer = NULL;
	size_t officer_len = 0, way_len = 0;
	uint64_t schema = 0, beat = 0, waiting = 0;

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_number(object, "schema", &schema) != 0 || schema != 1 ||
		member_number(object, "beat", &beat) != 0 ||
		(beat != 0 && (beat < WAKE_BEAT_MIN || beat > WAKE_BEAT_MAX)) ||
		member_number(object, "waiting", &waiting) != 0 || waiting > UINT32_MAX ||
		member_text(object, "officer", &officer, &officer_len) != 0 ||
		name_of(officer, officer_len, letter->officer) != 0 ||
		member_text(object, "way", ret_way, &way_len) != 0)
		return fault_set(fault, "this says nothing of how to be woken");
	letter->way.beat_minutes = (uint32_t)beat;
	letter->waiting = (uint32_t)waiting;
	return 0;
}

int wake_letter_read(const uint8_t *data, size_t len, struct wake_letter *ret_letter, struct fault *fault)
{
	struct wake_letter letter = { .waiting = 0 };
	struct wake_way way;
	json_t *object = NULL;
	const char *text = NULL;
	int rc = -1;

	if (json_parse((const char *)data, len, WAKE_PLAIN_BYTES, &object, fault) != 0)
		return -1;
	if (take_members(object, &letter, &text, fault) != 0 || wake_way_of(text, &way, fault) != 0)
		goto cleanup;
	way.beat_minutes = letter.way.beat_minutes;
	letter.way = way;
	*ret_letter = letter;
	rc = 0;
cleanup:
	json_decref(object);
	return rc;
}

int wake_letter_seal(
	const struct wake_letter *letter, const uint8_t recipient[AGE_RECIPIENT_BYTES], struct buffer *out)
{
	struct buffer plain = buffer_of(WAKE_PLAIN_BYTES);
	uint8_t recipients[1][AGE_RECIPIENT_BYTES];
	int rc = wake_letter_write(letter, &plain);

	memcpy(recipients[0], recipient, sizeof recipients[0]);
	if (rc == 0)
		rc = age_file_seal(recipients, 1, plain.data, plain.len, out);
	buffer_free(&plain);
	return rc;
}

int wake_letter_open(const uint8_t *file, size_t len, const struct age_identity *identity,
	struct wake_letter *ret_letter, struct fault *fault)
{
	uint8_t *plain = NULL;
	size_t plain_len = 0;
	int rc = age_file_open(file, len, identity, &plain, &plain_len, fault);

	if (rc == 0)
		rc = wake_letter_read(plain, plain_len, ret_letter, fault);
	sodium_free(plain);
	return rc;
}

int wake_recipient(
	const uint8_t receipt_key[ED25519_PUBLIC_BYTES], uint8_t ret_recipient[AGE_RECIPIENT_BYTES])
{
	return crypto_sign_ed25519_pk_to_curve25519(ret_recipient, receipt_key);
}

struct age_identity *wake_identity(const uint8_t receipt_secret_key[64])
{
	struct age_identity *identity = NULL;
	uint8_t scalar[32];

	if (crypto_sign_ed25519_sk_to_curve25519(scalar, receipt_secret_key) == 0)
		identity = age_identity_of(scalar);
	sodium_memzero(scalar, sizeof scalar);
	return identity;
}
