/* Tokens and their issuance: against a vector of draft-ietf-privacypass-batched-tokens (appendix,
 * "ristretto255, SHA-512", test vector 1), and what the forms refuse. */
#include "cmocka_all.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/invitation_list.h"
#include "proto/time.h"
#include "proto/token.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 3
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const char secret_key_hex[] = "91f04a2caea9a854cd351b68d58132a6afa65d4dbee00fd55715d553d744820e";
static const char public_key_hex[] = "909b2a8c70e4f70c4acafc87f027d41fb1ac59f7ed62845a8ef5cda4300b5e2c";
static const char challenge_hex[] =
	"0005000e6973737565722e6578616d706c65208278149d3094c9138347d7a2bcbf1188a262a10b1a5696c41549eabed84c"
	"129d000e6f726967696e2e6578616d706c65";
static const char *const nonces[COUNT] = {
	"62dd654dffc63bbe3721648eb5bd26f10e7e1851b7dc4e4047cc8cc042d468dc",
	"49625ad9fae71ef46bfc59f09cd74d96bd6fe82c24a4f69efb78662addd2a320",
	"b76d2192812dbdad0579b00ab61a9cec66e1ecdaaac07c36dd5b70bfae3a0bb3",
};
static const char *const blinds[COUNT] = {
	"6efdd3f587b7a0a50e49ababf7cbc908b345f1425e0b8d43b3452eb592b26f05",
	"a10eed1297b917e6d807866410307f611386858a1bfb528a70c96d14ead9a10b",
	"5291910b64461416cac41e11ceaae17db031c5f1fd36c070f2a74b6f66a44704",
};
static const char request_hex[] =
	"00052d406044d05bfbb5643c595765bd6e0cfdc87714d73a43a0b7e1fe4ef5a9388e86d97ea45908db7f5dad5573a439ac"
	"85262f2c7aed0dfea10f666cc2a7bd79027cef351e6aa090f165739bd3a07d0f456157e8d93db0c7e05603bd995936cc98"
	"c6321b";
static const char response_hex[] =
	"4060a2740f4d68e9450a975233ceaeaa1d0feadb97ec393463ac783c37af8a9b2829e2cd06c01504b39737bd06ac041910"
	"e270c18cf6800243fc1187035c9cd88d45c8d7d3153dd911f6e5724cb0def59739a1674e2ae4ca1caf1e5f11e686457140"
	"e4850db347edb252aa4b1004f237318f6079413b0693605cf591b7291d8cff0b659bb5ee237374bc76b5836e5d9535e0c4"
	"bb39c73dcaf0597340c768a6eab002";
static const char *const tokens[COUNT] = {
	"000562dd654dffc63bbe3721648eb5bd26f10e7e1851b7dc4e4047cc8cc042d468dcead0d1e696ccbef94da0dd33e0e265"
	"d97a8015532f429d968fa41fb0af0cb385ba9dc18997fcf0439475b67cb5a534250d2d25f9c402f5b4f17d9c2d37049f2d"
	"072877130cee8e7e5d701807193c2768ee9a15726ea564a2bd9f951f2acb90780f177fc8f5a3a8e1248a2854430223634b"
	"0aac66f9fb2f609ac5a4ee223b2024",
	"000549625ad9fae71ef46bfc59f09cd74d96bd6fe82c24a4f69efb78662addd2a320ead0d1e696ccbef94da0dd33e0e265"
	"d97a8015532f429d968fa41fb0af0cb385ba9dc18997fcf0439475b67cb5a534250d2d25f9c402f5b4f17d9c2d37049f2d"
	"a61b154984bda262b0581883dd386c1c2ea772190cc81d807f239a404218f724dadc0cb5527c05ba7cae6d5580c713d5b3"
	"03853812dd2c0f1ae2ca9d8de43e67",
	"0005b76d2192812dbdad0579b00ab61a9cec66e1ecdaaac07c36dd5b70bfae3a0bb3ead0d1e696ccbef94da0dd33e0e265"
	"d97a8015532f429d968fa41fb0af0cb385ba9dc18997fcf0439475b67cb5a534250d2d25f9c402f5b4f17d9c2d37049f2d"
	"61df6682b5bf4f9cc8023e6ea6925767f838b0102c06422d1604218eb9fcc8f6de083de3f007fa046ded66366e9c773518"
	"1fc6c342e03c736f3d7ba2c11925a1",
};

static size_t bytes_of(const char *hex, uint8_t *ret_bytes)
{
	size_t len = strlen(hex) / 2;

	assert_int_equal(hex_decode(hex, strlen(hex), ret_bytes, len), 0);
	return len;
}

static void expect(const void *bytes, size_t len, const char *hex)
{
	uint8_t want[512];

	assert_int_equal(bytes_of(hex, want), len);
	assert_memory_equal(bytes, want, len);
}

static void the_draft_s_batch(void **state)
{
	uint8_t secret_key[32], public_key[32], text[512], challenge_digest[32];
	struct token_request request = { .count = COUNT };
	struct token_response response, ours;
	struct buffer out = buffer_of(TOKEN_RESPONSE_MAX);
	struct token token = { .nonce = { 0 } };
	size_t len;

	(void)state;
	(void)bytes_of(secret_key_hex, secret_key);
	(void)bytes_of(public_key_hex, public_key);
	len = bytes_of(challenge_hex, text);
	assert_int_equal(sha256_once(text, len, challenge_digest), 0);
	memcpy(token.challenge_digest, challenge_digest, sizeof challenge_digest);
	assert_int_equal(token_key_id(public_key, token.key_id), 0);
	request.key_id_end = token.key_id[31];
	for (size_t i = 0; i < COUNT; i++) {
		uint8_t blind[32], input[TOKEN_INPUT_BYTES];

		(void)bytes_of(nonces[i], token.nonce);
		(void)bytes_of(blinds[i], blind);
		token_input(&token, input);
		assert_int_equal(voprf_blind(input, sizeof input, blind, request.blinded[i]), 0);
	}
	assert_int_equal(token_request_write(&request, &out), 0);
	expect(out.data, out.len, request_hex);

	len = bytes_of(response_hex, text);
	assert_int_equal(token_response_parse(text, len, &response), 0);
	const struct voprf_batch batch = { .public_key = public_key,
		.blinded = (const uint8_t(*)[32])request.blinded,
		.evaluated = (const uint8_t(*)[32])response.evaluated,
		.count = response.count };
	assert_int_equal(voprf_verify(&batch, response.proof), 0);
	assert_int_equal(token_issue(&request, secret_key, public_key, &ours), 0);
	assert_memory_equal(ours.evaluated, response.evaluated, COUNT * 32);
	buffer_clear(&out);
	assert_int_equal(token_response_write(&response, &out), 0);
	expect(out.data, out.len, response_hex);
	for (size_t i = 0; i < COUNT; i++) {
		uint8_t blind[32], input[TOKEN_INPUT_BYTES], bytes[TOKEN_BYTES];

		(void)bytes_of(nonces[i], token.nonce);
		(void)bytes_of(blinds[i], blind);
		token_input(&token, input);
		assert_int_equal(voprf_finalize(input, sizeof input, blind, response.evaluated[i],
					 token.authenticator),
			0);
		token_write(&token, bytes);
		expect(bytes, sizeof bytes, tokens[i]);
	}
	buffer_free(&out);
}

/* Keys, a batch that asks, and its answer. */
struct scene {
	uint8_t secret_key[32], public_key[32], key_id[32];
	struct token_batch batch;
	struct token_request request;
	struct token_response response;
	struct token tokens[TOKEN_BATCH_MAX];
};

static int begin(void **state)
{
	static const uint8_t seed[32] = { 3 };
	struct scene *scene = calloc(1, sizeof *scene);

	if (scene == NULL || voprf_key_pair(seed, "a key", scene->secret_key, scene->public_key) != 0 ||
		token_key_id(scene->public_key, scene->key_id) != 0)
		return -1;
	memset(scene->batch.seed, 5, sizeof scene->batch.seed);
	memcpy(scene->batch.public_key, scene->public_key, 32);
	scene->batch.count = TOKEN_BATCH_MAX;
	*state = scene;
	return token_batch_request(&scene->batch, &scene->request);
}

static int end(void **state)
{
	free(*state);
	return 0;
}

static void a_batch_gives_good_tokens(void **state)
{
	struct scene *scene = *state;
	struct token_request again;

	assert_int_equal(
		token_issue(&scene->request, scene->secret_key, scene->public_key, &scene->response), 0);
	assert_int_equal(token_batch_finish(&scene->batch, &scene->response, scene->tokens), 0);
	for (size_t i = 0; i < TOKEN_BATCH_MAX; i++) {
		assert_int_equal(token_verify(&scene->tokens[i], scene->secret_key, scene->key_id), 0);
		for (size_t before = 0; before < i; before++)
			assert_memory_not_equal(scene->tokens[i].nonce, scene->tokens[before].nonce, 32);
	}
	/* The same batch asks the same again: what was lost on the way comes once more. */
	assert_int_equal(token_batch_request(&scene->batch, &again), 0);
	assert_memory_equal(again.blinded, scene->request.blinded, sizeof again.blinded);
}

static void a_lying_issuer_is_found(void **state)
{
	struct scene *scene = *state;
	uint8_t other_secret[32], other_public[32], seed[32] = { 8 };

	assert_int_equal(voprf_key_pair(seed, "a key", other_secret, other_public), 0);
	/* Another key, proven honestly; another key, proven as if it were ours; one token with another key.
	 */
	assert_int_equal(token_issue(&scene->request, other_secret, other_public, &scene->response), 0);
	assert_int_equal(token_batch_finish(&scene->batch, &scene->response, scene->tokens), -1);
	assert_int_equal(token_issue(&scene->request, other_secret, scene->public_key, &scene->response), 0);
	assert_int_equal(token_batch_finish(&scene->batch, &scene->response, scene->tokens), -1);
	assert_int_equal(
		token_issue(&scene->request, scene->secret_key, scene->public_key, &scene->response), 0);
	assert_int_equal(crypto_scalarmult_ristretto255(
				 scene->response.evaluated[4], other_secret, scene->request.blinded[4]),
		0);
	assert_int_equal(token_batch_finish(&scene->batch, &scene->response, scene->tokens), -1);
	/* Fewer than were asked for. */
	assert_int_equal(
		token_issue(&scene->request, scene->secret_key, scene->public_key, &scene->response), 0);
	scene->response.count--;
	assert_int_equal(token_batch_finish(&scene->batch, &scene->response, scene->tokens), -1);
}

static void a_changed_token_is_refused(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[TOKEN_BYTES], other_secret[32], other_public[32], seed[32] = { 8 };
	struct token token;

	assert_int_equal(
		token_issue(&scene->request, scene->secret_key, scene->public_key, &scene->response), 0);
	assert_int_equal(token_batch_finish(&scene->batch, &scene->response, scene->tokens), 0);
	token_write(&scene->tokens[0], bytes);
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] ^= 1;
		if (token_parse(bytes, sizeof bytes, &token) == 0)
			assert_int_not_equal(token_verify(&token, scene->secret_key, scene->key_id), 0);
		else
			assert_true(i < 2); /* the type */
		bytes[i] ^= 1;
	}
	assert_int_equal(token_parse(bytes, sizeof bytes, &token), 0);
	assert_int_equal(token_verify(&token, scene->secret_key, scene->key_id), 0);
	assert_int_equal(voprf_key_pair(seed, "a key", other_secret, other_public), 0);
	assert_int_not_equal(token_verify(&token, other_secret, scene->key_id), 0);
	assert_int_equal(token_parse(bytes, sizeof bytes - 1, &token), -1);
}

static void an_element_that_is_none_gets_no_answer(void **state)
{
	struct scene *scene = *state;

	memset(scene->request.blinded[TOKEN_BATCH_MAX - 1], 0, 32);
	assert_int_equal(
		token_issue(&scene->request, scene->secret_key, scene->public_key, &scene->response), -1);
	scene->batch.count = 0;
	assert_int_equal(token_batch_request(&scene->batch, &scene->request), -1);
	scene->batch.count = TOKEN_BATCH_MAX + 1;
	assert_int_equal(token_batch_request(&scene->batch, &scene->request), -1);
}

static void forms_are_strict(void **state)
{
	/* A request: type, end of the key id, length, elements of 32 bytes each. */
	static const struct {
		uint8_t bytes[5];
		size_t len, elements;
		int rc;
	} rows[] = {
		{ { 0, 5, 9, 0x20 }, 4, 1, 0 },
		{ { 0, 5, 9, 0x40, 0x40 }, 5, 2, 0 },
		{ { 0, 4, 9, 0x20 }, 4, 1, -1 },       /* another type */
		{ { 0, 5, 9, 0x40, 0x20 }, 5, 1, -1 }, /* not the shortest form */
		{ { 0, 5, 9, 0x80, 0x20 }, 5, 1, -1 }, /* four bytes of length */
		{ { 0, 5, 9, 0x00 }, 4, 0, -1 },
		{ { 0, 5, 9, 0x21 }, 4, 2, -1 }, /* half an element */
		{ { 0, 5, 9, 0x20 }, 4, 2, -1 }, /* something behind it */
		{ { 0, 5, 9, 0x40, 0x40 }, 5, 1, -1 },
		{ { 0, 5, 9, 0x44, 0x20 }, 5, 33, -1 }, /* one more than the most */
		{ { 0, 5, 9, 0x44, 0x00 }, 5, 32, 0 },
	};
	struct token_request request;
	uint8_t bytes[5 + 33 * 32];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		memset(bytes, 1, sizeof bytes);
		memcpy(bytes, rows[i].bytes, rows[i].len);
		assert_int_equal(token_request_parse(bytes, rows[i].len + rows[i].elements * 32, &request),
			rows[i].rc);
		if (rows[i].rc == 0)
			assert_int_equal(request.count, rows[i].elements);
	}
}

static void fields(void **state)
{
	uint8_t bytes[TOKEN_BYTES] = { 0, 5, 7 }, again[TOKEN_BYTES], secret[16] = { 1, 2 }, same[16];
	char field[TOKEN_FIELD_SIZE], other[2 * TOKEN_FIELD_SIZE], bearer[SECRET_FIELD_SIZE];
	struct token token;

	(void)state;
	token_field_write(bytes, field);
	assert_int_equal(strlen(field), strlen("PrivateToken token=\"\"") + 216);
	assert_int_equal(token_field_parse(field, &token), 0);
	token_write(&token, again);
	assert_memory_equal(again, bytes, sizeof bytes);
	snprintf(other, sizeof other, "privatetoken  TOKEN=%.216s", field + 20);
	assert_int_equal(token_field_parse(other, &token), 0);
	snprintf(other, sizeof other, "PrivateToken token=%.216s,x=1", field + 20);
	assert_int_equal(token_field_parse(other, &token), -1);
	snprintf(other, sizeof other, "PrivateToken token=\"%.215s\"", field + 20);
	assert_int_equal(token_field_parse(other, &token), -1);
	snprintf(other, sizeof other, "PrivateTokentoken=%.216s", field + 20);
	assert_int_equal(token_field_parse(other, &token), -1);
	assert_int_equal(token_field_parse("", &token), -1);
	assert_int_equal(token_field_parse("PrivateToken token=", &token), -1);
	assert_int_equal(token_field_parse("PrivateToken token=\"", &token), -1);

	secret_field_write(secret, bearer);
	assert_string_equal(bearer, "Bearer AQIAAAAAAAAAAAAAAAAAAA");
	assert_int_equal(secret_field_parse(bearer, same), 0);
	assert_memory_equal(secret, same, sizeof same);
	assert_int_equal(secret_field_parse("Bearer AQIAAAAAAAAAAAAAAAAAAB", same), -1);
	assert_int_equal(secret_field_parse(field, same), -1);
	assert_int_equal(secret_field_parse("Bearer", same), -1);
}

static void lists_of_invitations(void **state)
{
	static const char *const bad[] = { "{}",
		"{\"desk\":\"a\",\"expires\":\"2026-11-24T08:30:00Z\",\"hashes\":[]}",
		"{\"desk\":\"A\",\"expires\":\"2026-11-24T08:30:00Z\",\"hashes\":[\"" ZEROS "\"]}",
		"{\"desk\":\"a\",\"expires\":\"2026-11-24\",\"hashes\":[\"" ZEROS "\"]}",
		"{\"desk\":\"a\",\"expires\":\"2026-11-24T08:30:00Z\",\"hashes\":[\"" ZEROS "0\"]}",
		"{\"desk\":\"a\",\"expires\":\"2026-11-24T08:30:00Z\",\"hashes\":[1]}",
		"{\"desk\":\"a\",\"expires\":\"2026-11-24T08:30:00Z\",\"hashes\":\"" ZEROS "\"}",
		"{\"desk\":\"a\",\"expires\":\"2026-11-24T08:30:00Z\",\"hashes\":[\"" ZEROS "\"],\"x\":1}" };
	struct invitation_list *list = calloc(1, sizeof *list), *again = calloc(1, sizeof *again);
	struct buffer out = buffer_of(INVITATION_LIST_BYTES);
	struct fault fault;

	(void)state;
	assert_true(list != NULL && again != NULL);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(
			invitation_list_parse((const uint8_t *)bad[i], strlen(bad[i]), list, &fault), -1);
	*list = (struct invitation_list){ .expires = 1795000000, .count = INVITATION_LIST_MAX };
	memset(list->desk, 'd', NAME_SIZE - 1);
	randombytes_buf(list->hashes, sizeof list->hashes);
	assert_int_equal(invitation_list_write(list, &out), 0);
	assert_int_equal(invitation_list_parse(out.data, out.len, again, &fault), 0);
	assert_memory_equal(list, again, sizeof *list);
	list->count = 0;
	assert_int_equal(invitation_list_write(list, &out), -1);
	buffer_free(&out);
	free(list);
	free(again);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_draft_s_batch),
		cmocka_unit_test_setup_teardown(a_batch_gives_good_tokens, begin, end),
		cmocka_unit_test_setup_teardown(a_lying_issuer_is_found, begin, end),
		cmocka_unit_test_setup_teardown(a_changed_token_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(an_element_that_is_none_gets_no_answer, begin, end),
		cmocka_unit_test(forms_are_strict),
		cmocka_unit_test(fields),
		cmocka_unit_test(lists_of_invitations),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
