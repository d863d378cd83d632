#include "cmocka_all.h"

#include "proto/encode.h"
#include "proto/signed_objects.h"
#include "roster_fixture.h"

#include <stdlib.h>
#include <string.h>

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORG "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const struct acceptance accepted = { .organisation = ORG,
	.id = ID,
	.desk = "intake",
	.urgency = URGENCY_URGENT,
	.accepted = "2026-11-24T08:00:00Z" };

/* The lines of docs/protocol.md, written out once more and signed by hand. */
static void an_acceptance_signs_its_lines(void **state)
{
	static const char lines[] =
		"clarion-accepted/1\n" ORG "\n" ID "\nintake\nurgent\n-\n2026-11-24T08:00:00Z\n";
	static const char held[] = "clarion-accepted/1\n" ORG "\n" ID
				   "\nintake\nurgent\n2026-12-01T00:00:00Z\n2026-11-24T08:00:00Z\n";
	uint8_t public_key[32], secret_key[64], signature[64], expected[64];
	struct acceptance other = accepted;

	(void)state;
	fixture_key(9, public_key, secret_key);
	assert_int_equal(acceptance_sign(&accepted, secret_key, signature), 0);
	crypto_sign_detached(expected, NULL, (const uint8_t *)lines, strlen(lines), secret_key);
	assert_memory_equal(signature, expected, sizeof(expected));
	assert_int_equal(acceptance_verify(&accepted, public_key, signature), 0);
	memcpy(other.release, "2026-12-01T00:00:00Z", TIME_SIZE);
	assert_int_equal(acceptance_verify(&other, public_key, signature), -1);
	crypto_sign_detached(expected, NULL, (const uint8_t *)held, strlen(held), secret_key);
	assert_int_equal(acceptance_verify(&other, public_key, expected), 0);
	other = accepted;
	other.urgency = URGENCY_RECORD;
	assert_int_equal(acceptance_verify(&other, public_key, signature), -1);
	other = accepted;
	other.id[0] = 'x';
	assert_int_equal(acceptance_sign(&other, secret_key, expected), -1);
	fixture_key(8, public_key, NULL);
	assert_int_equal(acceptance_verify(&accepted, public_key, signature), -1);
}

static void an_acceptance_as_json(void **state)
{
	struct acceptance_answer answer = { .id = ID, .accepted = "2026-11-24T08:00:00Z" }, again;
	struct buffer out = buffer_of(ACCEPTANCE_MAX);
	struct fault fault;
#define SIG64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"id\":\"" ID "\",\"accepted\":\"2026-11-24T08:00:00Z\"}",
		"{\"id\":\"" ID "\",\"accepted\":\"2026-11-24T08:00:00Z\",\"signature\":\"" SIG64
		"\",\"x\":1}",
		"{\"id\":\"" ID "\",\"accepted\":\"2026-11-24T08:00:00Z\",\"signature\":\"" SIG64 "\"",
		"{\"id\":\"" ID "\",\"accepted\":\"2026-11-24 08:00\",\"signature\":\"" SIG64 "\"}",
		"{\"id\":\"" ID "\",\"accepted\":\"2026-11-24T08:00:00Z\",\"signature\":\"AAAA\"}",
		"{\"id\":\"00\",\"accepted\":\"2026-11-24T08:00:00Z\",\"signature\":\"" SIG64 "\"}",
		"{\"id\":1,\"accepted\":\"2026-11-24T08:00:00Z\",\"signature\":\"" SIG64 "\"}",
	};

	(void)state;
	answer.signature[63] = 7;
	assert_int_equal(acceptance_write(&answer, &out), 0);
	assert_int_equal(acceptance_parse(buffer_text(&out), out.len, &again, &fault), 0);
	assert_string_equal(again.id, ID);
	assert_string_equal(again.accepted, answer.accepted);
	assert_memory_equal(again.signature, answer.signature, 64);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(acceptance_parse(wrong[i], strlen(wrong[i]), &again, &fault), -1);
	buffer_free(&out);
}

static void an_answer_is_bound_to_its_request(void **state)
{
	static const char lines[] = "clarion-answer/1\nAAAAAAAAAAAAAAAA\n200\nsha-256=:x:\n";
	struct signed_answer answer = {
		.nonce = "AAAAAAAAAAAAAAAA", .status = 200, .content_digest = "sha-256=:x:"
	};
	uint8_t public_key[32], secret_key[64], signature[64];
	char text[ANSWER_SIGNATURE_SIZE], expected[ANSWER_SIGNATURE_SIZE];

	(void)state;
	fixture_key(9, public_key, secret_key);
	assert_int_equal(answer_sign(&answer, secret_key, text), 0);
	crypto_sign_detached(signature, NULL, (const uint8_t *)lines, strlen(lines), secret_key);
	base64_encode(BASE64_PADDED, signature, 64, expected);
	assert_string_equal(text, expected);
	assert_int_equal(answer_verify(&answer, public_key, text, strlen(text)), 0);
	assert_int_equal(answer_verify(&answer, public_key, text, strlen(text) - 1), -1);
	answer.status = 204;
	assert_int_equal(answer_verify(&answer, public_key, text, strlen(text)), -1);
	answer.status = 200;
	answer.nonce = "BAAAAAAAAAAAAAAA";
	assert_int_equal(answer_verify(&answer, public_key, text, strlen(text)), -1);
	answer.nonce = "AAAAAAAAAAAAAAAA";
	answer.content_digest = "sha-256=:y:";
	assert_int_equal(answer_verify(&answer, public_key, text, strlen(text)), -1);
}

static struct card signed_card(bool with_old, struct buffer *text)
{
	struct card card = { .name = "olga" };
	uint8_t public_key[32], secret_key[64], old_key[64];

	fixture_key(2, public_key, secret_key);
	fixture_key(3, public_key, old_key);
	fixture_recipient(2, card.recipient);
	assert_int_equal(card_sign(&card, secret_key, with_old ? old_key : NULL), 0);
	assert_int_equal(card_write(&card, text), 0);
	return card;
}

static void cards_round_trip(void **state)
{
	(void)state;
	for (int with_old = 0; with_old < 2; with_old++) {
		struct buffer text = buffer_of(CARD_MAX), again = buffer_of(CARD_MAX);
		struct card card = signed_card(with_old == 1, &text), parsed;
		char one[CARD_FINGERPRINT_SIZE], other[CARD_FINGERPRINT_SIZE];
		struct fault fault;

		assert_int_equal(card_parse(buffer_text(&text), text.len, &parsed, &fault), 0);
		assert_int_equal(parsed.has_old_key, with_old == 1);
		assert_memory_equal(parsed.public_key, card.public_key, 32);
		assert_memory_equal(parsed.recipient, card.recipient, 32);
		assert_int_equal(card_write(&parsed, &again), 0);
		assert_string_equal(buffer_text(&again), buffer_text(&text));
		assert_int_equal(card_fingerprint(&card, one), 0);
		assert_int_equal(card_fingerprint(&parsed, other), 0);
		assert_string_equal(one, other);
		buffer_put_string(&again, "\n");
		assert_int_equal(card_parse(buffer_text(&again), again.len, &parsed, &fault), 0);
		buffer_put_string(&again, "\n");
		assert_int_equal(card_parse(buffer_text(&again), again.len, &parsed, &fault), -1);
		buffer_free(&text);
		buffer_free(&again);
	}
}

/* The signed lines and the fingerprint over them, written out by hand. */
static void the_lines_of_a_card(void **state)
{
	struct buffer text = buffer_of(CARD_MAX), lines = buffer_of(CARD_MAX);
	struct card card = signed_card(false, &text);
	char recipient[AGE_RECIPIENT_SIZE], key[45], fingerprint[CARD_FINGERPRINT_SIZE], expected[45];
	uint8_t digest[32];

	(void)state;
	age_recipient_text(card.recipient, recipient);
	base64_encode(BASE64_URL, card.public_key, 32, key);
	buffer_put_format(&lines, "clarion-card/1\n-\n-\n-\nolga\n%s\n%s\n-\n", recipient, key);
	assert_int_equal(
		crypto_sign_verify_detached(card.signature, lines.data, lines.len, card.public_key), 0);
	crypto_hash_sha256(digest, lines.data, lines.len);
	base64_encode(BASE64_URL, digest, 32, expected);
	assert_int_equal(card_fingerprint(&card, fingerprint), 0);
	assert_string_equal(fingerprint, expected);
	buffer_free(&text);
	buffer_free(&lines);
}

/* Any one character changed, added or left out is a card no more. */
static void damaged_cards_are_refused(void **state)
{
	struct card parsed;
	struct fault fault;

	(void)state;
	for (int with_old = 0; with_old < 2; with_old++) {
		struct buffer text = buffer_of(CARD_MAX);

		(void)signed_card(with_old == 1, &text);
		for (size_t i = 0; i < text.len; i++) {
			uint8_t kept = text.data[i];

			text.data[i] = kept == 'b' ? 'c' : 'b';
			assert_int_equal(card_parse((const char *)text.data, text.len, &parsed, &fault), -1);
			text.data[i] = kept;
			assert_int_equal(card_parse((const char *)text.data, i, &parsed, &fault), -1);
		}
		buffer_put_string(&text, " ");
		assert_int_equal(card_parse((const char *)text.data, text.len, &parsed, &fault), -1);
		buffer_free(&text);
	}
}

static void cards_with_bad_names_are_not_made(void **state)
{
	struct card card = { .name = "Olga" };
	uint8_t public_key[32], secret_key[64];

	(void)state;
	fixture_key(2, public_key, secret_key);
	assert_int_equal(card_sign(&card, secret_key, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acceptance_signs_its_lines),
		cmocka_unit_test(an_acceptance_as_json),
		cmocka_unit_test(an_answer_is_bound_to_its_request),
		cmocka_unit_test(cards_round_trip),
		cmocka_unit_test(the_lines_of_a_card),
		cmocka_unit_test(damaged_cards_are_refused),
		cmocka_unit_test(cards_with_bad_names_are_not_made),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
