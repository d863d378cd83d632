#include "cmocka_all.h"

#include "proto/encode.h"
#include "proto/message_signature.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* RFC 9421, appendix B.1.4 and B.2.6: test-key-ed25519 and what it signs. */
#define RFC_PRIVATE "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"
#define RFC_PUBLIC  "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
#define RFC_PARAMS  ";created=1618884473;keyid=\"test-key-ed25519\""
#define RFC_SIGNATURE                                                                                        \
	"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
#define RFC_BASE                                                                                             \
	"\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"                                                          \
	"\"@method\": POST\n"                                                                                \
	"\"@path\": /foo\n"                                                                                  \
	"\"@authority\": example.com\n"                                                                      \
	"\"content-type\": application/json\n"                                                               \
	"\"content-length\": 18\n"                                                                           \
	"\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "            \
	"\"content-length\");created=1618884473;keyid=\"test-key-ed25519\""

static const struct signature_component rfc_components[] = {
	{ "date", "Tue, 20 Apr 2021 02:07:55 GMT" },
	{ "@method", "POST" },
	{ "@path", "/foo" },
	{ "@authority", "example.com" },
	{ "content-type", "application/json" },
	{ "content-length", "18" },
};

static void the_rfcs_own_vector(void **state)
{
	uint8_t seed[32], public_key[32], derived[32], secret_key[64], expected[64], signature[64];
	struct buffer base = buffer_of(2048);

	(void)state;
	assert_int_equal(base64_decode_fixed(BASE64_URL, RFC_PRIVATE, strlen(RFC_PRIVATE), seed, 32), 0);
	assert_int_equal(base64_decode_fixed(BASE64_URL, RFC_PUBLIC, strlen(RFC_PUBLIC), public_key, 32), 0);
	assert_int_equal(
		base64_decode_fixed(BASE64_PADDED, RFC_SIGNATURE, strlen(RFC_SIGNATURE), expected, 64), 0);
	assert_int_equal(signature_base(rfc_components, COUNT_OF(rfc_components), RFC_PARAMS, &base), 0);
	assert_string_equal(buffer_text(&base), RFC_BASE);
	assert_int_equal(crypto_sign_verify_detached(expected, base.data, base.len, public_key), 0);
	assert_int_equal(crypto_sign_seed_keypair(derived, secret_key, seed), 0);
	assert_memory_equal(derived, public_key, sizeof(derived));
	assert_int_equal(crypto_sign_detached(signature, NULL, base.data, base.len, secret_key), 0);
	assert_memory_equal(signature, expected, sizeof(signature));
	buffer_free(&base);
}

static void no_line_of_a_base_can_be_forged(void **state)
{
	static const struct signature_component wrong[] = {
		{ "@path", "/a\n\"@method\": GET" },
		{ "@path", "/a\r" },
		{ "@path", "/\xc3\xa9" },
		{ "Date", "x" },
		{ "", "x" },
		{ "da\"te", "x" },
		{ "da@te", "x" },
	};
	static const struct signature_component twice[] = { { "@path", "/a" }, { "@path", "/a" } };
	struct buffer base = buffer_of(2048);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(signature_base(&wrong[i], 1, ";created=1", &base), -1);
	assert_int_equal(signature_base(twice, 2, ";created=1", &base), -1);
	assert_int_equal(signature_base(twice, 1, ";created=1\n", &base), -1);
	assert_int_equal(base.len, 0);
	assert_int_equal(signature_base(twice, 1, ";created=1", &base), 0);
	buffer_free(&base);
}

/* RFC 9530: the digest of {"hello": "world"} and LF is its own example. */
static void content_digests(void **state)
{
	static const char hello[] = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
	static const char *const wrong[] = { "",
		"sha-256=:", "sha-512=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
		"sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
		"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg:",
		"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDh=:",
		"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=: ",
		" sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
		"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, sha-512=:AA==:",
		"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvE\306FabDg=:", /* read as a digit by libsodium
									       alone */
		"SHA-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:" };
	uint8_t digest[32], parsed[32];
	char text[CONTENT_DIGEST_SIZE];

	(void)state;
	assert_int_equal(crypto_hash_sha256(digest, (const uint8_t *)"{\"hello\": \"world\"}\n", 19), 0);
	content_digest_format(digest, text);
	assert_string_equal(text, hello);
	assert_int_equal(content_digest_parse(hello, strlen(hello), parsed), 0);
	assert_memory_equal(parsed, digest, sizeof(parsed));
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(content_digest_parse(wrong[i], strlen(wrong[i]), parsed), -1);
}

#define NONCE  "AAAAAAAAAAAAAAAA"
#define KEYID  RFC_PUBLIC
#define COVER  "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")"
#define SIGNED "c=:" RFC_SIGNATURE ":"

static const struct signed_request example = { .method = "GET",
	.authority = "help.example.org:8443",
	.path = "/AAAAAAAAAAAAAAAAAAAAAA/v1/desks/intake/alerts",
	.query = "after=3&wait=60" };

static void rfc_key(uint8_t secret_key[64])
{
	uint8_t seed[32], public_key[32];

	assert_int_equal(base64_decode_fixed(BASE64_URL, RFC_PRIVATE, strlen(RFC_PRIVATE), seed, 32), 0);
	assert_int_equal(crypto_sign_seed_keypair(public_key, secret_key, seed), 0);
}

static void a_request_signs_and_verifies(void **state)
{
	struct signature_fields fields;
	struct request_signature parsed;
	struct signed_request changed = example;
	uint8_t secret_key[64];
	struct fault fault;

	(void)state;
	rfc_key(secret_key);
	assert_int_equal(request_signature_make(&example, 1795000000, NONCE, secret_key, &fields), 0);
	assert_string_equal(fields.signature_input,
		"c=" COVER ";created=1795000000;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\"");
	assert_string_equal(fields.content_digest, "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:");
	assert_int_equal(
		request_signature_parse(fields.signature_input, fields.signature, &parsed, &fault), 0);
	assert_int_equal(parsed.created, 1795000000);
	assert_string_equal(parsed.nonce, NONCE);
	assert_memory_equal(parsed.keyid, secret_key + 32, 32);
	assert_int_equal(request_signature_verify(&parsed, &example), 0);
	changed.method = "POST";
	assert_int_equal(request_signature_verify(&parsed, &changed), -1);
	changed = example;
	changed.authority = "help.example.org";
	assert_int_equal(request_signature_verify(&parsed, &changed), -1);
	changed = example;
	changed.path = "/AAAAAAAAAAAAAAAAAAAAAA/v1/desks/legal/alerts";
	assert_int_equal(request_signature_verify(&parsed, &changed), -1);
	changed = example;
	changed.query = "after=4&wait=60";
	assert_int_equal(request_signature_verify(&parsed, &changed), -1);
	changed = example;
	changed.digest[31] = 1;
	assert_int_equal(request_signature_verify(&parsed, &changed), -1);
	parsed.params[9] ^= 1; /* another time */
	assert_int_equal(request_signature_verify(&parsed, &example), -1);
}

/* Without a query, @query is `?`: checked against a base that is written out here. */
static void the_base_of_a_request_without_a_query(void **state)
{
	static const char base[] =
		"\"@method\": GET\n\"@authority\": help.example.org:8443\n\"@path\": "
		"/AAAAAAAAAAAAAAAAAAAAAA/v1/status\n\"@query\": ?\n\"content-digest\": "
		"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:\n\"@signature-params\": " COVER
		";nonce=\"" NONCE "\";tag=\"clarion\";created=1;keyid=\"" KEYID "\"";
	static const char input[] =
		"clarion=" COVER ";nonce=\"" NONCE "\";tag=\"clarion\";created=1;keyid=\"" KEYID "\"";
	struct signed_request request = example;
	struct request_signature parsed;
	uint8_t secret_key[64], signature[64];
	char text[BASE64_CHARS(64) + 1], field[128] = "clarion=:";
	struct fault fault;

	(void)state;
	rfc_key(secret_key);
	request.path = "/AAAAAAAAAAAAAAAAAAAAAA/v1/status";
	request.query = "";
	assert_int_equal(crypto_hash_sha256(request.digest, (const uint8_t *)"", 0), 0);
	assert_int_equal(
		crypto_sign_detached(signature, NULL, (const uint8_t *)base, strlen(base), secret_key), 0);
	base64_encode(BASE64_PADDED, signature, sizeof(signature), text);
	memcpy(field + 9, text, 88);
	memcpy(field + 97, ":", 2);
	assert_int_equal(request_signature_parse(input, field, &parsed, &fault), 0);
	assert_int_equal(request_signature_verify(&parsed, &request), 0);
}

static void malformed_fields_are_refused(void **state)
{
#define AFTER ";created=1;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\""
	static const char *const rows[][2] = {
		{ "", SIGNED },
		{ "c", SIGNED },
		{ "c=", SIGNED },
		{ "=" COVER AFTER, SIGNED },
		{ "C=" COVER AFTER, "C=:" RFC_SIGNATURE ":" },
		{ "1c=" COVER AFTER, "1c=:" RFC_SIGNATURE ":" },
		{ " c=" COVER AFTER, SIGNED },
		{ "c=" COVER AFTER " ", SIGNED },
		{ "c=" COVER AFTER ", d=" COVER AFTER, SIGNED },
		{ "c=(\"@method\" \"@authority\" \"@path\" \"content-digest\")" AFTER, SIGNED },
		{ "c=(\"@authority\" \"@method\" \"@path\" \"@query\" \"content-digest\")" AFTER, SIGNED },
		{ "c=(\"@method\"  \"@authority\" \"@path\" \"@query\" \"content-digest\")" AFTER, SIGNED },
		{ "c=" COVER, SIGNED },
		{ "c=" COVER ";created=1;nonce=\"" NONCE "\";keyid=\"" KEYID "\"", SIGNED },
		{ "c=" COVER ";nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER ";created=1" AFTER, SIGNED },
		{ "c=" COVER AFTER ";alg=\"ed25519\"", SIGNED },
		{ "c=" COVER ";expires=9" AFTER, SIGNED },
		{ "c=" COVER ";created=01;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER ";created=-1;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER ";created=1.5;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER ";created=1000000000000000;nonce=\"" NONCE "\";keyid=\"" KEYID
		  "\";tag=\"clarion\"",
			SIGNED },
		{ "c=" COVER ";created=1;nonce=\"AAAAAAAAAAAAAAA\";keyid=\"" KEYID "\";tag=\"clarion\"",
			SIGNED },
		{ "c=" COVER ";created=1;nonce=\"AAAAAAAAAAAAAAA=\";keyid=\"" KEYID "\";tag=\"clarion\"",
			SIGNED },
		{ "c=" COVER ";created=1;nonce=" NONCE ";keyid=\"" KEYID "\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER ";created=1;nonce=\"" NONCE ";keyid=" KEYID ";tag=clarion", SIGNED },
		{ "c=" COVER ";created=1;nonce=\"" NONCE "\";keyid=\"AAAA\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER ";created=1;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"other\"", SIGNED },
		{ "c=" COVER "; created=1;nonce=\"" NONCE "\";keyid=\"" KEYID "\";tag=\"clarion\"", SIGNED },
		{ "c=" COVER AFTER, "" },
		{ "c=" COVER AFTER, "d=:" RFC_SIGNATURE ":" },
		{ "c=" COVER AFTER, "c=" RFC_SIGNATURE },
		{ "c=" COVER AFTER, "c=:" RFC_SIGNATURE },
		{ "c=" COVER AFTER, "c=:" RFC_SIGNATURE ":;x=1" },
		{ "c=" COVER AFTER, "c=:AAAA:" },
		{ "c=" COVER AFTER, "c=:" RFC_SIGNATURE ":, d=:AAAA:" },
	};
	struct request_signature parsed;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fault fault = { "" };

		if (request_signature_parse(rows[i][0], rows[i][1], &parsed, &fault) == 0)
			fail_msg("row %zu was taken", i);
		assert_true(fault.text[0] != '\0');
	}
}

static void long_fields_are_refused(void **state)
{
	char input[600], nonce[66];
	struct request_signature parsed;
	struct signature_fields fields;
	struct fault fault;
	uint8_t secret_key[64];

	(void)state;
	rfc_key(secret_key);
	memset(input, 'x', sizeof(input));
	memcpy(input, "c=" COVER, strlen("c=" COVER));
	input[sizeof(input) - 1] = '\0';
	assert_int_equal(request_signature_parse(input, SIGNED, &parsed, &fault), -1);
	memset(nonce, 'a', sizeof(nonce));
	nonce[64] = '\0';
	assert_int_equal(request_signature_make(&example, 1, nonce, secret_key, &fields), 0);
	assert_int_equal(
		request_signature_parse(fields.signature_input, fields.signature, &parsed, &fault), 0);
	nonce[64] = 'a';
	nonce[65] = '\0';
	assert_int_equal(request_signature_make(&example, 1, nonce, secret_key, &fields), -1);
	assert_int_equal(request_signature_make(&example, -1, NONCE, secret_key, &fields), -1);
	assert_int_equal(request_signature_make(&example, 1, "short", secret_key, &fields), -1);
}

static void nonces_are_fresh(void **state)
{
	char one[NONCE_SIZE], other[NONCE_SIZE];

	(void)state;
	request_nonce_new(one);
	request_nonce_new(other);
	assert_int_equal(strlen(one), 22);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_own_vector),
		cmocka_unit_test(no_line_of_a_base_can_be_forged),
		cmocka_unit_test(content_digests),
		cmocka_unit_test(a_request_signs_and_verifies),
		cmocka_unit_test(the_base_of_a_request_without_a_query),
		cmocka_unit_test(malformed_fields_are_refused),
		cmocka_unit_test(long_fields_are_refused),
		cmocka_unit_test(nonces_are_fresh),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
