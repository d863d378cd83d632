#include "proto/age_recipient.h"
#include "proto/bech32.h"

#include <sodium.h>
#include <string.h>

#define RECIPIENT_PREFIX "age"
#define IDENTITY_PREFIX  "age-secret-key-"

struct age_identity *age_identity_of(const uint8_t secret_key[32])
{
	struct age_identity *identity = sodium_malloc(sizeof *identity);

	if (identity == NULL)
		return NULL;
	memcpy(identity->secret_key, secret_key, sizeof identity->secret_key);
	if (crypto_scalarmult_base(identity->recipient, identity->secret_key) != 0) {
		age_identity_free(identity);
		return NULL;
	}
	return identity;
}

struct age_identity *age_identity_new(void)
{
	uint8_t secret_key[32];
	struct age_identity *identity;

	randombytes_buf(secret_key, sizeof secret_key);
	identity = age_identity_of(secret_key);
	sodium_memzero(secret_key, sizeof secret_key);
	return identity;
}

void age_identity_free(struct age_identity *identity)
{
	sodium_free(identity);
}

void age_recipient_text(const uint8_t recipient[AGE_RECIPIENT_BYTES], char ret_text[AGE_RECIPIENT_SIZE])
{
	bech32_encode(RECIPIENT_PREFIX, recipient, ret_text);
}

int age_recipient_parse(const char *text, size_t len, uint8_t ret_recipient[AGE_RECIPIENT_BYTES])
{
	uint8_t recipient[AGE_RECIPIENT_BYTES], shared[32];
	/* Any scalar shows a low-order point: the product is zero, which libsodium refuses. */
	static const uint8_t scalar[32] = { 9 };

	if (len == 0 || text[0] != 'a' || bech32_decode(RECIPIENT_PREFIX, text, len, recipient) != 0)
		return -1;
	if (crypto_scalarmult(shared, scalar, recipient) != 0)
		return -1;
	memcpy(ret_recipient, recipient, sizeof recipient);
	return 0;
}

void age_identity_text(const struct age_identity *identity, char ret_text[AGE_IDENTITY_SIZE])
{
	bech32_encode(IDENTITY_PREFIX, identity->secret_key, ret_text);
	for (char *at = ret_text; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	}
}

int age_identity_parse(const char *text, size_t len, struct age_identity **ret_identity)
{
	uint8_t secret_key[32];
	struct age_identity *identity = NULL;

	if (len == 0 || text[0] != 'A' || bech32_decode(IDENTITY_PREFIX, text, len, secret_key) != 0)
		return -1;
	identity = age_identity_of(secret_key);
	sodium_memzero(secret_key, sizeof secret_key);
	if (identity == NULL)
		return -1;
	*ret_identity = identity;
	return 0;
}
