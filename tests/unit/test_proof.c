/* The proof stanza, byte for byte: officers' and daemons' versions must agree on it for as long as reports
 * are kept. */
#include "cmocka_all.h"

#include "proto/encode.h"
#include "proto/proof.h"

#include <sodium.h>
#include <string.h>

#define ORGANISATION "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HOLD_KEY     "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"
#define SALT                                                                                                 \
	{                                                                                                    \
		1, 2, 3                                                                                      \
	}

/* What stands in the rows below was computed with other code from docs/protocol.md. */
static const struct destination now = {
	.organisation = ORGANISATION, .desk = "protection", .urgency = URGENCY_URGENT, .salt = SALT
};
static const struct destination held = { .organisation = ORGANISATION,
	.desk = "protection",
	.urgency = URGENCY_WITHHELD,
	.release = "2026-11-24T08:30:00Z",
	.hold_key = HOLD_KEY,
	.salt = SALT };
static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void is_hex(const uint8_t bytes[32], const char *hex)
{
	char text[HEX_CHARS(32) + 1];

	hex_encode(bytes, 32, text);
	assert_string_equal(text, hex);
}

static void the_commitment_never_changes(void **state)
{
	uint8_t commitment[SHA256_BYTES];

	(void)state;
	assert_int_equal(destination_commitment(&now, commitment), 0);
	is_hex(commitment, "6783786aa24e2d98375011eb63e2823cb2924c6f0b913db6a3689fc15e1c31e5");
	assert_int_equal(destination_commitment(&held, commitment), 0);
	is_hex(commitment, "3ad5b8b3766494e33f15b9be8cb0899017c17335488dd7a7cd7479f438680ad4");
}

static void the_proof_key_never_changes(void **state)
{
	uint8_t *secret = sodium_malloc(64), public_key[ED25519_PUBLIC_BYTES];

	(void)state;
	assert_int_equal(proof_signing_key(file_key, secret, public_key), 0);
	is_hex(public_key, "23e6247b5e1573d9e98d700a9be4239cbf175cbea869c69f4adb06415490055b");
	/* The secret half belongs to it. */
	assert_memory_equal(secret + 32, public_key, sizeof public_key);
	sodium_free(secret);
}

static struct age_header *header_with(const struct destination *destination)
{
	struct buffer text = buffer_of(AGE_HEADER_MAX);
	struct age_header *header = NULL;
	struct fault fault;
	bool cut_short;

	age_header_begin(&text);
	assert_int_equal(proof_put_stanza(&text, file_key, destination), 0);
	assert_int_equal(age_header_end(&text, file_key), 0);
	assert_int_equal(age_header_parse(text.data, text.len, &header, &cut_short, &fault), 0);
	buffer_free(&text);
	return header;
}

static void what_is_put_is_found(void **state)
{
	struct age_header *header = header_with(&held);
	struct proof proof;
	bool found = false;

	(void)state;
	assert_int_equal(age_header_verify(header, file_key), 0);
	assert_int_equal(header->count, 1);
	assert_true(age_stanza_is(&header->stanzas[0], "proof"));
	assert_int_equal(proof_find(header, &proof, &found), 0);
	assert_true(found);
	is_hex(proof.public_key, "23e6247b5e1573d9e98d700a9be4239cbf175cbea869c69f4adb06415490055b");
	is_hex(proof.commitment, "3ad5b8b3766494e33f15b9be8cb0899017c17335488dd7a7cd7479f438680ad4");
	assert_int_equal(proof_matches(&proof, &held), 0);
	age_header_free(header);
}

/* Of a held report each field counts, the two that only it has among them. */
static void another_destination_does_not_match(void **state)
{
	struct destination others[8];
	struct proof proof = { .public_key = { 0 } };

	(void)state;
	assert_int_equal(destination_commitment(&held, proof.commitment), 0);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		others[i] = held;
	others[0].organisation[42] = 'E';
	others[1].desk[9] = 'm';
	others[2].desk[9] = '\0';
	others[3].urgency = URGENCY_IMMEDIATE; /* though both run on the same timer */
	others[4].release[18] = '1';
	others[5].release[0] = '\0';
	others[6].hold_key[0] = '\0';
	others[7].salt[0] ^= 1;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (proof_matches(&proof, &others[i]) == 0)
			fail_msg("row %zu", i);
	}
	proof.commitment[31] ^= 1;
	assert_int_equal(proof_matches(&proof, &held), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_commitment_never_changes),
		cmocka_unit_test(the_proof_key_never_changes),
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(another_destination_does_not_match),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
