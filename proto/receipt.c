#include "proto/receipt.h"
#include "proto/digest.h"
#include "proto/digit.h"
#include "proto/stretching.h"

#include <sodium.h>
#include <string.h>

#define RANDOM_DIGITS 28
#define GROUP_DIGITS  5
#define KEY_CONTEXT   "receipt1" /* libsodium's KDF takes eight characters */
#define SALT_TEXT     "clarion-receipt/1"

enum { SUBKEY_MAILBOX = 1, SUBKEY_REPLIES, SUBKEY_HAND };

/* ISO 7064 MOD 97-10: the number as a whole leaves 1. */
static unsigned remainder_of(const char *digits, size_t count)
{
	unsigned rest = 0;

	for (size_t i = 0; i < count; i++)
		rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
	return rest;
}

static void group(const char digits[RECEIPT_DIGITS], char ret_text[RECEIPT_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; i < RECEIPT_DIGITS; i++) {
		if (i > 0 && i % GROUP_DIGITS == 0)
			ret_text[at++] = ' ';
		ret_text[at++] = digits[i];
	}
	ret_text[at] = '\0';
}

void receipt_new(char ret_text[RECEIPT_SIZE])
{
	char digits[RECEIPT_DIGITS];
	unsigned check;

	for (size_t i = 0; i < RANDOM_DIGITS; i++)
		digits[i] = (char)('0' + randombytes_uniform(10));
	digits[RANDOM_DIGITS] = digits[RANDOM_DIGITS + 1] = '0';
	check = 98 - remainder_of(digits, RECEIPT_DIGITS);
	digits[RANDOM_DIGITS] = (char)('0' + check / 10);
	digits[RANDOM_DIGITS + 1] = (char)('0' + check % 10);
	group(digits, ret_text);
	sodium_memzero(digits, sizeof digits);
}

/* What phones, word processors and right-to-left text put between digits: length of the mark at text, 0 for
 * none. */
static size_t mark_between(const char *text, size_t len)
{
	static const char *const marks[] = {
		"\xc2\xa0",                                     /* no-break space */
		"\xe2\x80\xaf", "\xe2\x80\x87", "\xe2\x80\x89", /* narrow, figure, thin space */
		"\xe3\x80\x80", "\xef\xbc\x8d",                 /* full-width space, hyphen */
		"\xd9\x80",                                     /* tatweel */
		"\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d", /* zero width, and joiners */
		"\xe2\x81\xa0", "\xef\xbb\xbf",                 /* word joiner, byte order mark */
		"\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", /* hyphens, figure dash */
		"\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x88\x92", /* en and em dash, minus */
		"\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c",     /* direction marks */
		"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", /* embeddings and their end */
		"\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", /* isolates and their end */
	};

	if (text[0] == ' ' || text[0] == '-' || text[0] == '\t')
		return 1;
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		size_t mark_len = strlen(marks[i]);

		if (len >= mark_len && bytes_equal(text, marks[i], mark_len))
			return mark_len;
	}
	return 0;
}

static int collect(const char *text, size_t len, char digits[RECEIPT_DIGITS], struct fault *fault)
{
	size_t count = 0;

	for (size_t at = 0, used; at < len; at += used) {
		char digit;

		used = mark_between(text + at, len - at);
		if (used > 0)
			continue;
		used = digit_read(text + at, len - at, &digit);
		if (used == 0)
			return fault_set(fault, "the receipt number has something in it that is no digit: "
						"type the 30 digits");
		if (count == RECEIPT_DIGITS)
			return fault_set(fault,
				"the receipt number has more than 30 digits: look for one typed twice");
		digits[count++] = digit;
	}
	if (count < RECEIPT_DIGITS)
		return fault_set(fault,
			translated_count("the receipt number has %zu digit, not 30: look for one left out",
				"the receipt number has %zu digits, not 30: look for one left out", count),
			count);
	return 0;
}

int receipt_parse(const char *text, size_t len, char ret_text[RECEIPT_SIZE], struct fault *fault)
{
	char digits[RECEIPT_DIGITS];
	int rc = collect(text, len, digits, fault);

	if (rc == 0 && remainder_of(digits, RECEIPT_DIGITS) != 1)
		rc = fault_set(
			fault, "a digit of the receipt number is typed wrong: compare it group by group");
	if (rc == 0)
		group(digits, ret_text);
	sodium_memzero(digits, sizeof digits);
	return rc;
}

/* The salt is fixed: the number alone must lead to the same keys on every device. Its 93 bits and the work
 * are what protects it. */
static int context_salt(uint8_t ret_salt[STRETCHING_SALT_BYTES])
{
	return crypto_generichash(
		ret_salt, STRETCHING_SALT_BYTES, (const uint8_t *)SALT_TEXT, strlen(SALT_TEXT), NULL, 0);
}

int receipt_stretch(const char text[RECEIPT_SIZE], uint8_t ret_seed[RECEIPT_SEED_BYTES])
{
	uint8_t salt[STRETCHING_SALT_BYTES];

	if (context_salt(salt) != 0)
		return -1;
	return stretch(text, salt, ret_seed, RECEIPT_SEED_BYTES);
}

static int derive(struct receipt_keys *keys, const uint8_t seed[RECEIPT_SEED_BYTES])
{
	uint8_t digest[SHA256_BYTES], hand_seed[crypto_sign_SEEDBYTES];
	int rc = -1;

	if (crypto_kdf_derive_from_key(
		    keys->mailbox_key, MAILBOX_KEY_BYTES, SUBKEY_MAILBOX, KEY_CONTEXT, seed) != 0 ||
		crypto_kdf_derive_from_key(keys->replies.secret_key, 32, SUBKEY_REPLIES, KEY_CONTEXT, seed) !=
			0 ||
		crypto_kdf_derive_from_key(hand_seed, sizeof hand_seed, SUBKEY_HAND, KEY_CONTEXT, seed) != 0)
		goto cleanup;
	if (crypto_scalarmult_base(keys->replies.recipient, keys->replies.secret_key) != 0 ||
		crypto_sign_seed_keypair(keys->hand_key, keys->hand_secret_key, hand_seed) != 0 ||
		sha256_once(keys->mailbox_key, MAILBOX_KEY_BYTES, digest) != 0)
		goto cleanup;
	hex_encode(digest, sizeof keys->mailbox / 2, keys->mailbox);
	rc = 0;
cleanup:
	sodium_memzero(hand_seed, sizeof hand_seed);
	return rc;
}

struct receipt_keys *receipt_keys_of(const uint8_t seed[RECEIPT_SEED_BYTES])
{
	struct receipt_keys *keys = sodium_malloc(sizeof *keys);

	if (keys == NULL)
		return NULL;
	if (derive(keys, seed) != 0) {
		receipt_keys_free(keys);
		return NULL;
	}
	return keys;
}

void receipt_keys_free(struct receipt_keys *keys)
{
	sodium_free(keys);
}
