#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/signed_objects.h"

#include <sodium.h>
#include <string.h>

#define KEY_SIZE       (BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1)
#define SIGNATURE_SIZE (BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1)

/* The object's head has no organisation, report or roster yet: three dashes hold their places. */
static int put_lines(const struct card *card, struct buffer *out)
{
	char name[NAME_SIZE], recipient[AGE_RECIPIENT_SIZE], key[KEY_SIZE], old_key[KEY_SIZE] = "-";

	if (name_of(card->name, strlen(card->name), name) != 0)
		return -1;
	age_recipient_text(card->recipient, recipient);
	base64_encode(BASE64_URL, card->public_key, ED25519_PUBLIC_BYTES, key);
	if (card->has_old_key)
		base64_encode(BASE64_URL, card->old_key, ED25519_PUBLIC_BYTES, old_key);
	buffer_put_format(out, "clarion-card/1\n-\n-\n-\n%s\n%s\n%s\n%s\n", name, recipient, key, old_key);
	return buffer_ok(out);
}

int card_sign(struct card *card, const uint8_t secret_key[64], const uint8_t *old_secret_key)
{
	struct card signed_card = *card;
	struct buffer lines = buffer_of(CARD_MAX);
	int rc = -1;

	signed_card.has_old_key = old_secret_key != NULL;
	if (crypto_sign_ed25519_sk_to_pk(signed_card.public_key, secret_key) != 0 ||
		(old_secret_key != NULL &&
			crypto_sign_ed25519_sk_to_pk(signed_card.old_key, old_secret_key) != 0))
		goto cleanup;
	if (put_lines(&signed_card, &lines) != 0 ||
		crypto_sign_detached(signed_card.signature, NULL, lines.data, lines.len, secret_key) != 0 ||
		(old_secret_key != NULL && crypto_sign_detached(signed_card.old_signature, NULL, lines.data,
						   lines.len, old_secret_key) != 0))
		goto cleanup;
	*card = signed_card;
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

int card_write(const struct card *card, struct buffer *out)
{
	char recipient[AGE_RECIPIENT_SIZE], key[KEY_SIZE], old_key[KEY_SIZE] = "-";
	char signature[SIGNATURE_SIZE], old_signature[SIGNATURE_SIZE] = "-";

	age_recipient_text(card->recipient, recipient);
	base64_encode(BASE64_URL, card->public_key, ED25519_PUBLIC_BYTES, key);
	base64_encode(BASE64_URL, card->signature, ED25519_SIGNATURE_BYTES, signature);
	if (card->has_old_key) {
		base64_encode(BASE64_URL, card->old_key, ED25519_PUBLIC_BYTES, old_key);
		base64_encode(BASE64_URL, card->old_signature, ED25519_SIGNATURE_BYTES, old_signature);
	}
	buffer_put_format(out, "clarion-card/1 %s %s %s %s %s %s", card->name, recipient, key, old_key,
		signature, old_signature);
	return buffer_ok(out);
}

static int take_base64(struct reader *reader, void *ret_data, size_t len)
{
	const char *word = NULL;
	size_t word_len = 0;

	if (reader_field(reader, ' ', &word, &word_len) != 0)
		return -1;
	return base64_decode_fixed(BASE64_URL, word, word_len, ret_data, len);
}

static int take_card(struct reader *reader, struct card *card)
{
	const char *word = NULL;
	size_t len = 0;

	if (reader_literal(reader, "clarion-card/1 ") != 0 || reader_field(reader, ' ', &word, &len) != 0 ||
		name_of(word, len, card->name) != 0 || reader_field(reader, ' ', &word, &len) != 0 ||
		age_recipient_parse(word, len, card->recipient) != 0 ||
		take_base64(reader, card->public_key, ED25519_PUBLIC_BYTES) != 0)
		return -1;
	card->has_old_key = reader_literal(reader, "- ") != 0;
	if (card->has_old_key && take_base64(reader, card->old_key, ED25519_PUBLIC_BYTES) != 0)
		return -1;
	if (take_base64(reader, card->signature, ED25519_SIGNATURE_BYTES) != 0)
		return -1;
	if (!card->has_old_key)
		return reader_literal(reader, "-") == 0 ? reader_end(reader) : -1;
	return base64_decode_fixed(BASE64_URL, (const char *)reader->at, reader->left, card->old_signature,
		ED25519_SIGNATURE_BYTES);
}

static int verify(const struct card *card)
{
	struct buffer lines = buffer_of(CARD_MAX);
	int rc = -1;

	if (put_lines(card, &lines) != 0 ||
		crypto_sign_verify_detached(card->signature, lines.data, lines.len, card->public_key) != 0)
		goto cleanup;
	if (card->has_old_key &&
		crypto_sign_verify_detached(card->old_signature, lines.data, lines.len, card->old_key) != 0)
		goto cleanup;
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

int card_parse(const char *text, size_t len, struct card *ret_card, struct fault *fault)
{
	struct card card = { .name = "" };
	struct reader reader;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > CARD_MAX)
		return fault_set(fault, "this is not a card: it is too long");
	reader = reader_of(text, len);
	if (take_card(&reader, &card) != 0)
		return fault_set(
			fault, "this is not a card: copy the whole line that begins with clarion-card/1");
	if (verify(&card) != 0)
		return fault_set(fault, "the card's signature is wrong: ask for the card again");
	*ret_card = card;
	return 0;
}

int card_fingerprint(const struct card *card, char ret_text[CARD_FINGERPRINT_SIZE])
{
	uint8_t digest[SHA256_BYTES];
	char text[BASE64_CHARS(SHA256_BYTES) + 1];
	struct buffer lines = buffer_of(CARD_MAX);
	int rc = -1;

	if (put_lines(card, &lines) != 0 || sha256_once(lines.data, lines.len, digest) != 0)
		goto cleanup;
	base64_encode(BASE64_URL, digest, sizeof(digest), text);
	memcpy(ret_text, text, CARD_FINGERPRINT_SIZE);
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}
