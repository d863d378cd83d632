/* age's keys as text, and the points that nobody may be sealed to. */
#include "cmocka_all.h"

#include "proto/age_header.h"
#include "proto/age_recipient.h"
#include "proto/bech32.h"
#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

/* The pair in age-encryption.org/v1. */
#define SECRET    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

/* All points of Curve25519 and its twist whose order divides 8, those that aren't reduced too. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* The top bit of a coordinate is passed over (RFC 7748, section 5), so each point comes twice. */
static void low_order_point(size_t number, bool top_bit, uint8_t ret_point[AGE_RECIPIENT_BYTES])
{
	assert_int_equal(hex_decode(low_order[number], 64, ret_point, AGE_RECIPIENT_BYTES), 0);
	if (top_bit)
		ret_point[31] |= 0x80;
}

static void nothing_is_sealed_to_a_low_order_point(void **state)
{
	static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 9 };

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(low_order); i++) {
		struct buffer text = buffer_of(AGE_HEADER_MAX);
		uint8_t point[AGE_RECIPIENT_BYTES], bytes[AGE_RECIPIENT_BYTES] = { 42 };
		char recipient[AGE_RECIPIENT_SIZE];

		low_order_point(i / 2, i % 2 == 1, point);
		age_recipient_text(point, recipient);
		if (age_recipient_parse(recipient, strlen(recipient), bytes) == 0)
			fail_msg("%s", recipient);
		assert_int_equal(bytes[0], 42);
		age_header_begin(&text);
		assert_int_equal(age_header_put_x25519(&text, point, file_key), -1);
		buffer_free(&text);
	}
}

static void a_low_order_share_is_refused(void **state)
{
	static const uint8_t body[32] = { 0 };
	struct age_identity *amina = age_identity_new();

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(low_order); i++) {
		struct buffer text = buffer_of(AGE_HEADER_MAX);
		struct age_header *header = NULL;
		uint8_t point[AGE_RECIPIENT_BYTES], key[AGE_FILE_KEY_BYTES] = { 0 };
		char share[BASE64_CHARS(sizeof point) + 1];
		const struct age_arg args[] = { { "X25519", 6 }, { share, BASE64_RAW_CHARS(sizeof point) } };
		struct fault fault = { "" };
		bool cut_short;

		low_order_point(i / 2, i % 2 == 1, point);
		base64_encode(BASE64_RAW, point, sizeof point, share);
		age_header_begin(&text);
		age_header_put_stanza(&text, args, COUNT_OF(args), body, sizeof body);
		assert_int_equal(age_header_end(&text, key), 0);
		assert_int_equal(age_header_parse(text.data, text.len, &header, &cut_short, &fault), 0);
		assert_int_equal(age_header_unwrap(header, amina, key, &fault), -1);
		assert_non_null(strstr(fault.text, "malformed"));
		age_header_free(header);
		buffer_free(&text);
	}
	age_identity_free(amina);
}

static void changed_case(const char *text, bool upper, char *ret_text)
{
	size_t at = 0;

	for (; text[at] != '\0'; at++) {
		char c = text[at];

		if (upper && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (!upper && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		ret_text[at] = c;
	}
	ret_text[at] = '\0';
}

/* Bech32 itself takes either case; age writes a recipient in lower and an identity in upper case, only. */
static void each_key_has_its_case(void **state)
{
	char text[AGE_IDENTITY_SIZE];
	uint8_t bytes[32];
	struct age_identity *identity = NULL;

	(void)state;
	changed_case(RECIPIENT, true, text);
	assert_int_equal(bech32_decode("age", text, strlen(text), bytes), 0);
	assert_int_equal(age_recipient_parse(text, strlen(text), bytes), -1);
	changed_case(SECRET, false, text);
	assert_int_equal(bech32_decode("age-secret-key-", text, strlen(text), bytes), 0);
	assert_int_equal(age_identity_parse(text, strlen(text), &identity), -1);
	/* Nor is one taken for the other. */
	assert_int_equal(age_recipient_parse(SECRET, strlen(SECRET), bytes), -1);
	assert_int_equal(age_identity_parse(RECIPIENT, strlen(RECIPIENT), &identity), -1);
	assert_null(identity);
}

/* BIP-173: the data part has no `1`, `b`, `i` or `o`, and nothing outside of it is passed over. */
static void characters_outside_the_alphabet_are_refused(void **state)
{
	static const char strangers[] = "1bioBIO \t\n-_.,\x7f\x80\xff";
	char text[AGE_IDENTITY_SIZE];
	uint8_t bytes[32];

	(void)state;
	for (size_t at = 4; at < strlen(RECIPIENT); at++) {
		for (size_t i = 0; i < sizeof strangers; i++) { /* the NUL among them */
			memcpy(text, RECIPIENT, sizeof RECIPIENT);
			text[at] = strangers[i];
			assert_int_equal(age_recipient_parse(text, strlen(RECIPIENT), bytes), -1);
		}
	}
}

/* BIP-173: up to four wrong characters are always found. Here: each pair of neighbours swapped, each two
 * changed. */
static void two_wrong_characters_are_found(void **state)
{
	char text[AGE_RECIPIENT_SIZE];
	uint8_t bytes[32];

	(void)state;
	for (size_t at = 4; at + 1 < strlen(RECIPIENT); at++) {
		for (size_t other = at + 1; other < strlen(RECIPIENT); other++) {
			memcpy(text, RECIPIENT, sizeof RECIPIENT);
			text[at] = text[at] == 'q' ? 'p' : 'q';
			text[other] = text[other] == 'z' ? 'r' : 'z';
			assert_int_equal(age_recipient_parse(text, strlen(text), bytes), -1);
		}
		memcpy(text, RECIPIENT, sizeof RECIPIENT);
		text[at] = RECIPIENT[at + 1];
		text[at + 1] = RECIPIENT[at];
		if (text[at] != text[at + 1])
			assert_int_equal(age_recipient_parse(text, strlen(text), bytes), -1);
	}
}

static void fresh_identities_come_back_from_their_text(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct age_identity *identity = age_identity_new(), *again = NULL;
		char *text = sodium_malloc(AGE_IDENTITY_SIZE), recipient[AGE_RECIPIENT_SIZE];
		uint8_t bytes[AGE_RECIPIENT_BYTES];

		age_identity_text(identity, text);
		assert_int_equal(strlen(text), AGE_IDENTITY_SIZE - 1);
		assert_int_equal(age_identity_parse(text, strlen(text), &again), 0);
		assert_memory_equal(again->recipient, identity->recipient, AGE_RECIPIENT_BYTES);
		age_recipient_text(identity->recipient, recipient);
		assert_int_equal(age_recipient_parse(recipient, strlen(recipient), bytes), 0);
		assert_memory_equal(bytes, identity->recipient, sizeof bytes);
		sodium_free(text);
		age_identity_free(identity);
		age_identity_free(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_sealed_to_a_low_order_point),
		cmocka_unit_test(a_low_order_share_is_refused),
		cmocka_unit_test(each_key_has_its_case),
		cmocka_unit_test(characters_outside_the_alphabet_are_refused),
		cmocka_unit_test(two_wrong_characters_are_found),
		cmocka_unit_test(fresh_identities_come_back_from_their_text),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
