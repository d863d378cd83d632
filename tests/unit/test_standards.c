/* Small pieces against the vectors of the standards they follow: SHA-256, HKDF, Bech32, RFC 3339, Padmé. */
#include "cmocka_all.h"

#include "proto/age_recipient.h"
#include "proto/bech32.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/padme.h"
#include "proto/time.h"
#include "proto/words.h"

#include <stdlib.h>
#include <string.h>

static void sha256_vectors(void **state)
{
	/* FIPS 180-2, appendix B. */
	static const char *const rows[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sha256 *hash = sha256_new();
		uint8_t digest[SHA256_BYTES], peeked[SHA256_BYTES], want[SHA256_BYTES];

		assert_int_equal(hex_decode(rows[i][1], 64, want, sizeof want), 0);
		for (const char *at = rows[i][0]; *at != '\0'; at++)
			assert_int_equal(sha256_update(hash, at, 1), 0);
		assert_int_equal(sha256_peek(hash, peeked), 0);
		assert_int_equal(sha256_final(hash, digest), 0);
		assert_memory_equal(digest, want, sizeof want);
		assert_memory_equal(peeked, want, sizeof want);
		assert_int_equal(sha256_once(rows[i][0], strlen(rows[i][0]), digest), 0);
		assert_memory_equal(digest, want, sizeof want);
		sha256_free(hash);
	}
}

/* FIPS 180-2, appendix B.3: a million times `a`, whatever the pieces. */
static void sha256_of_a_million(void **state)
{
	static const size_t pieces[] = { 1, 63, 64, 65, 1000000 };
	static char text[1000000];
	uint8_t digest[SHA256_BYTES], want[SHA256_BYTES];

	(void)state;
	memset(text, 'a', sizeof text);
	assert_int_equal(hex_decode("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 64,
				 want, sizeof want),
		0);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct sha256 *hash = sha256_new();

		for (size_t done = 0, take; done < sizeof text; done += take) {
			take = sizeof text - done < pieces[i] ? sizeof text - done : pieces[i];
			assert_int_equal(sha256_update(hash, text + done, take), 0);
		}
		assert_int_equal(sha256_final(hash, digest), 0);
		assert_memory_equal(digest, want, sizeof want);
		sha256_free(hash);
	}
}

/* RFC 5869, appendix A.1 and A.3. */
static void hkdf_vectors(void **state)
{
	static const uint8_t secret[22] = { 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
		0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b };
	static const uint8_t salt[13] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	static const char info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
	uint8_t key[42], want[42];

	(void)state;
	assert_int_equal(hkdf_sha256(secret, sizeof secret, salt, sizeof salt, info, key, sizeof key), 0);
	assert_int_equal(hex_decode("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208"
				    "d5b887185865",
				 84, want, sizeof want),
		0);
	assert_memory_equal(key, want, sizeof want);
	assert_int_equal(hkdf_sha256(secret, sizeof secret, NULL, 0, "", key, sizeof key), 0);
	assert_int_equal(hex_decode("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395"
				    "faa4b61a96c8",
				 84, want, sizeof want),
		0);
	assert_memory_equal(key, want, sizeof want);
	assert_int_equal(hkdf_sha256(secret, sizeof secret, NULL, 0, "", key, 255 * 32 + 1), -1);
}

/* RFC 5869, appendix A.2: more than a block of each. */
static void hkdf_of_long_inputs(void **state)
{
	uint8_t secret[80], salt[80], key[82], want[82];
	char info[81] = "";

	(void)state;
	for (size_t i = 0; i < 80; i++) {
		secret[i] = (uint8_t)i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (char)(0xb0 + i);
	}
	assert_int_equal(hkdf_sha256(secret, sizeof secret, salt, sizeof salt, info, key, sizeof key), 0);
	assert_int_equal(hex_decode("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
				    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
				    "cc30c58179ec3e87c14c01d5c1f3434f1d87",
				 164, want, sizeof want),
		0);
	assert_memory_equal(key, want, sizeof want);
}

/* The pair in age-encryption.org/v1. */
#define SECRET    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

#define PADDED  "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73epp9g8nq"
#define BECH32M "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73eqf0v7ts"

static void age_keys_are_bech32(void **state)
{
	struct age_identity *identity = NULL;
	char text[AGE_IDENTITY_SIZE], recipient[AGE_RECIPIENT_SIZE];
	uint8_t bytes[AGE_RECIPIENT_BYTES];

	(void)state;
	assert_int_equal(age_identity_parse(SECRET, strlen(SECRET), &identity), 0);
	age_identity_text(identity, text);
	assert_string_equal(text, SECRET);
	age_recipient_text(identity->recipient, recipient);
	assert_string_equal(recipient, RECIPIENT);
	assert_int_equal(age_recipient_parse(RECIPIENT, strlen(RECIPIENT), bytes), 0);
	assert_memory_equal(bytes, identity->recipient, sizeof bytes);
	age_identity_free(identity);
}

static void what_is_not_bech32_is_refused(void **state)
{
	char text[AGE_RECIPIENT_SIZE + 2];
	uint8_t bytes[AGE_RECIPIENT_BYTES];
	static const uint8_t zero[32] = { 0 };

	(void)state;
	/* Any one character changed; either case mixed; the prefix another; too short, too long. */
	for (size_t at = 0; at < strlen(RECIPIENT); at++) {
		memcpy(text, RECIPIENT, sizeof RECIPIENT);
		text[at] = text[at] == 'q' ? 'p' : 'q';
		assert_int_equal(age_recipient_parse(text, strlen(text), bytes), -1);
		memcpy(text, RECIPIENT, sizeof RECIPIENT);
		if (text[at] >= 'a' && text[at] <= 'z') {
			text[at] = (char)(text[at] - 'a' + 'A');
			assert_int_equal(age_recipient_parse(text, strlen(text), bytes), -1);
		}
	}
	assert_int_equal(age_recipient_parse(RECIPIENT, strlen(RECIPIENT) - 1, bytes), -1);
	assert_int_equal(age_recipient_parse(RECIPIENT "q", strlen(RECIPIENT) + 1, bytes), -1);
	assert_int_equal(bech32_decode("agf", RECIPIENT, strlen(RECIPIENT), bytes), -1);
	assert_int_equal(age_recipient_parse("", 0, bytes), -1);
	/* A right checksum over data that isn't 32 whole bytes: bits of padding that aren't zero. */
	assert_int_equal(age_recipient_parse(PADDED, strlen(PADDED), bytes), -1);
	/* Bech32m's checksum, which is another format's. */
	assert_int_equal(age_recipient_parse(BECH32M, strlen(BECH32M), bytes), -1);
	/* A low-order point is well-formed Bech32 and no recipient. */
	bech32_encode("age", zero, text);
	assert_int_equal(age_recipient_parse(text, strlen(text), bytes), -1);
}

static void times_have_one_form(void **state)
{
	static const char *const bad[] = { "", "2026-11-24T08:30:00", "2026-11-24T08:30:00z",
		"2026-11-24t08:30:00Z", "2026-11-24 08:30:00Z", "2026-11-24T08:30:00.0Z",
		"2026-11-24T08:30:00+00:00", "2026-11-24T24:00:00Z", "2026-11-24T08:60:00Z",
		"2026-12-31T23:59:60Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z",
		"1900-02-29T00:00:00Z", "02026-1-24T08:30:00Z", "1969-12-31T23:59:59Z",
		" 2026-11-24T08:30:0Z" };
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = { { "1970-01-01T00:00:00Z", 0 }, { "2000-02-29T12:00:00Z", 951825600 },
		{ "2026-11-24T08:30:00Z", 1795509000 }, { "9999-12-31T23:59:59Z", TIME_LATEST } };
	char text[TIME_SIZE];
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (time_parse(bad[i], strlen(bad[i]), &seconds) == 0)
			fail_msg("%s", bad[i]);
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(time_parse(good[i].text, strlen(good[i].text), &seconds), 0);
		assert_int_equal(seconds, good[i].seconds);
		time_format(seconds, text);
		assert_string_equal(text, good[i].text);
	}
	for (int64_t at = 0; at < TIME_LATEST; at += 86400 * 37 + 12345) {
		time_format(at, text);
		assert_int_equal(time_parse(text, strlen(text), &seconds), 0);
		assert_int_equal(seconds, at);
	}
}

static void times_are_cut_and_held(void **state)
{
	char text[TIME_SIZE];

	(void)state;
	assert_int_equal(time_cut(1795509059, 60), 1795509000);
	assert_int_equal(time_cut(1795509000, 60), 1795509000);
	assert_int_equal(time_cut(1795509000, 3600), 1795507200);
	assert_int_equal(time_cut(-1, 60), -60);
	time_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	time_format(INT64_MIN, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	time_format(TIME_LATEST + 1, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	time_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

/* The overhead is at most 12 %, a length is never above its padded one, and padded lengths stay as they are.
 */
static void padme_lengths(void **state)
{
	(void)state;
	assert_int_equal(padme_length(0), 16 * 1024);
	assert_int_equal(padme_length(16 * 1024), 16 * 1024);
	assert_int_equal(padme_length(16 * 1024 + 1), 17 * 1024);
	for (uint64_t len = 16 * 1024; len < UINT64_C(1) << 40; len += len / 97 + 1) {
		uint64_t padded = padme_length(len);

		assert_true(padded >= len && (padded - len) * 100 <= len * 12);
		assert_int_equal(padme_length(padded), padded);
		assert_int_equal(padded % 512, 0);
	}
}

static void words_and_names(void **state)
{
	static const char *const bad[] = { "", "-a", "A", "a_b", "a b", "a.", "\xc3\xa9",
		"0123456789012345678901234567890123" };
	char name[NAME_SIZE];
	enum urgency urgency;
	enum report_state report_state;
	enum admission admission;

	(void)state;
	for (int i = 0; i < URGENCY_COUNT; i++) {
		const char *word = urgency_word((enum urgency)i);

		assert_int_equal(urgency_of(word, strlen(word), &urgency), 0);
		assert_int_equal(urgency, i);
	}
	assert_int_equal(urgency_of("Urgent", 6, &urgency), -1);
	assert_int_equal(urgency_of("urgentx", 7, &urgency), -1);
	assert_int_equal(urgency_timer(URGENCY_WITHHELD), URGENCY_IMMEDIATE);
	assert_int_equal(urgency_timer(URGENCY_RECORD), URGENCY_RECORD);
	for (int i = 0; i < STATE_COUNT; i++) {
		const char *word = state_word((enum report_state)i);

		assert_int_equal(state_of(word, strlen(word), &report_state), 0);
		assert_int_equal(report_state, i);
	}
	assert_int_equal(state_of("", 0, &report_state), -1);
	assert_int_equal(state_of("ack ", 4, &report_state), -1);
	assert_int_equal(admission_of("open", 4, &admission), 0);
	assert_int_equal(admission, ADMISSION_OPEN);
	assert_int_equal(admission_of(admission_word(ADMISSION_TOKEN), 5, &admission), 0);
	assert_int_equal(admission, ADMISSION_TOKEN);
	assert_int_equal(admission_of("closed", 6, &admission), -1);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (name_of(bad[i], strlen(bad[i]), name) == 0)
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(name_of("0-desk-of-thirty-two-characters-", 32, name), 0);
	assert_string_equal(name, "0-desk-of-thirty-two-characters-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_vectors),
		cmocka_unit_test(sha256_of_a_million),
		cmocka_unit_test(hkdf_vectors),
		cmocka_unit_test(hkdf_of_long_inputs),
		cmocka_unit_test(age_keys_are_bech32),
		cmocka_unit_test(what_is_not_bech32_is_refused),
		cmocka_unit_test(times_have_one_form),
		cmocka_unit_test(times_are_cut_and_held),
		cmocka_unit_test(padme_lengths),
		cmocka_unit_test(words_and_names),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
