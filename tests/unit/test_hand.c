/* A further report by the same hand: what is signed, and what a changed one is worth. */
#include "cmocka_all.h"

#include "proto/hand.h"

#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

#define ORGANISATION "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FIRST        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct hand_key {
	uint8_t secret[crypto_sign_SECRETKEYBYTES], public[crypto_sign_PUBLICKEYBYTES];
};

static struct hand_key key_of(uint8_t digit)
{
	struct hand_key key;
	uint8_t seed[crypto_sign_SEEDBYTES];

	memset(seed, digit, sizeof seed);
	assert_int_equal(crypto_sign_seed_keypair(key.public, key.secret, seed), 0);
	return key;
}

static json_t *signed_report(const struct hand_key *key, const char *first, bool is_cancel)
{
	json_t *report = json_pack("{s:i, s:s, s:s, s:{s:s}}", "schema", 1, "summary", "“Two” men\\",
		"urgency", "urgent", "envelope", "organisation", ORGANISATION);
	struct hand_link link = { .counter = 7, .is_cancel = is_cancel };

	memcpy(link.report, first, strlen(first) + 1);
	assert_non_null(report);
	assert_int_equal(hand_sign(report, &link, key->secret), 0);
	return report;
}

static void it_verifies_and_says_what_it_follows(void **state)
{
	struct hand_key key = key_of(1), other = key_of(2);

	(void)state;
	for (int i = 0; i < 4; i++) {
		json_t *report = signed_report(&key, i % 2 == 0 ? FIRST : "", i / 2 == 0);
		struct hand_link link;

		assert_true(hand_link_of(report, &link));
		assert_string_equal(link.report, i % 2 == 0 ? FIRST : "");
		assert_int_equal(link.counter, 7);
		assert_int_equal(link.is_cancel, i / 2 == 0);
		assert_int_equal(hand_verify(report, key.public), 0);
		assert_int_equal(hand_verify(report, other.public), -1);
		json_decref(report);
	}
}

/* The bytes of docs/protocol.md: a change of the format shows here. */
static void the_signature_is_that_of_the_document(void **state)
{
	static const char lines[] = "clarion-hand/1\n" ORGANISATION "\n" FIRST "\n7\n";
	static const char without[] =
		"{\"envelope\":{\"organisation\":\"" ORGANISATION
		"\"},\"follows\":{\"counter\":7,\"kind\":\"FOLLOWUP\",\"report\":\"" FIRST
		"\"},\"schema\":1,\"summary\":\"“Two” men\\\\\",\"urgency\":\"urgent\"}";
	struct hand_key key = key_of(1);
	json_t *report = signed_report(&key, FIRST, false);
	uint8_t digest[crypto_hash_sha256_BYTES], signature[crypto_sign_BYTES];
	char text[512], hash[HEX_CHARS(sizeof digest) + 1], expected[BASE64_CHARS(sizeof signature) + 1];
	int len;

	(void)state;
	assert_int_equal(crypto_hash_sha256(digest, (const uint8_t *)without, strlen(without)), 0);
	hex_encode(digest, sizeof digest, hash);
	len = snprintf(text, sizeof text, "%s%s\n", lines, hash);
	assert_int_equal(
		crypto_sign_detached(signature, NULL, (const uint8_t *)text, (size_t)len, key.secret), 0);
	base64_encode(BASE64_PADDED, signature, sizeof signature, expected);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(report, "follows"), "signature")),
		expected);
	json_decref(report);
}

static void every_change_shows(void **state)
{
	struct hand_key key = key_of(1);

	(void)state;
	for (int i = 0; i < 6; i++) {
		json_t *report = signed_report(&key, FIRST, false),
		       *follows = json_object_get(report, "follows");
		int rc = i == 0   ? json_object_set_new(report, "summary", json_string("All is well"))
			 : i == 1 ? json_object_set_new(report, "more", json_true())
			 : i == 2 ? json_object_set_new(follows, "counter", json_integer(8))
			 : i == 3 ? json_object_del(follows, "report")
			 : i == 4 ? json_object_set_new(follows, "kind", json_string("CANCEL"))
				  : json_object_set_new(follows, "more", json_integer(1));

		assert_int_equal(rc, 0);
		assert_int_equal(hand_verify(report, key.public), -1);
		json_decref(report);
	}
}

static void what_isnt_one(void **state)
{
	static const char *const texts[] = { "{}", "{\"follows\":1}", "{\"follows\":{\"kind\":\"FOLLOWUP\"}}",
		"{\"follows\":{\"kind\":\"FOLLOWUP\",\"counter\":-1}}",
		"{\"follows\":{\"kind\":\"FOLLOWUP\",\"counter\":1,\"signature\":\"x\"}}" };
	struct hand_key key = key_of(1);
	struct hand_link link;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		json_t *report = json_loads(texts[i], 0, NULL);

		assert_int_equal(hand_link_of(report, &link), i == COUNT_OF(texts) - 1);
		assert_int_equal(hand_verify(report, key.public), -1);
		json_decref(report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_verifies_and_says_what_it_follows),
		cmocka_unit_test(the_signature_is_that_of_the_document),
		cmocka_unit_test(every_change_shows),
		cmocka_unit_test(what_isnt_one),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
