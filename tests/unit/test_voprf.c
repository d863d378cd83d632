/* VOPRF(ristretto255, SHA-512) against RFC 9497, appendix A.1.2, byte for byte; and what it must refuse. */
#include "cmocka_all.h"

#include "proto/encode.h"
#include "proto/voprf.h"

#include <sodium.h>
#include <string.h>

#define SECRET_KEY "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
#define PUBLIC_KEY "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"
#define BLIND      "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
#define RANDOM     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
#define INPUTS_MAX 2

static const char *const inputs[INPUTS_MAX] = { "00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a" };
static const char *const outputs[INPUTS_MAX] = {
	"b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
	"a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
	"8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
	"356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
};

/* Appendix A.1.2: each vector's inputs are named by their number above. */
static const struct vector {
	size_t count, input[INPUTS_MAX];
	const char *blind[INPUTS_MAX], *blinded[INPUTS_MAX], *evaluated[INPUTS_MAX];
	const char *random, *proof;
} vectors[] = {
	{ 1, { 0 }, { BLIND }, { "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945" },
		{ "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e" }, RANDOM,
		"ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
		"6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d" },
	{ 1, { 1 }, { BLIND }, { "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c" },
		{ "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468" }, RANDOM,
		"401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
		"67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02" },
	{ 2, { 0, 1 }, { BLIND, RANDOM },
		{ "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
			"90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654" },
		{ "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
			"cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a" },
		"419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
		"cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
		"5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08" },
};

static size_t bytes_of(const char *hex, uint8_t *ret_bytes)
{
	size_t len = strlen(hex) / 2;

	assert_int_equal(hex_decode(hex, strlen(hex), ret_bytes, len), 0);
	return len;
}

static void expect(const uint8_t *bytes, const char *hex)
{
	uint8_t want[64];
	size_t len = bytes_of(hex, want);

	assert_memory_equal(bytes, want, len);
}

/* A vector's batch, as the proof is about it. */
struct scene {
	uint8_t secret_key[32], public_key[32], random[32], proof[64];
	uint8_t blinded[INPUTS_MAX][32], evaluated[INPUTS_MAX][32];
	struct voprf_batch batch;
};

static void read_scene(const struct vector *vector, struct scene *scene)
{
	(void)bytes_of(SECRET_KEY, scene->secret_key);
	(void)bytes_of(PUBLIC_KEY, scene->public_key);
	(void)bytes_of(vector->random, scene->random);
	(void)bytes_of(vector->proof, scene->proof);
	for (size_t i = 0; i < vector->count; i++) {
		(void)bytes_of(vector->blinded[i], scene->blinded[i]);
		(void)bytes_of(vector->evaluated[i], scene->evaluated[i]);
	}
	scene->batch = (struct voprf_batch){ .public_key = scene->public_key,
		.blinded = (const uint8_t(*)[32])scene->blinded,
		.evaluated = (const uint8_t(*)[32])scene->evaluated,
		.count = vector->count };
}

static void key_pair_of_the_rfc(void **state)
{
	uint8_t seed[32], secret_key[32], public_key[32];

	(void)state;
	memset(seed, 0xa3, sizeof seed);
	assert_int_equal(voprf_key_pair(seed, "test key", secret_key, public_key), 0);
	expect(secret_key, SECRET_KEY);
	expect(public_key, PUBLIC_KEY);
}

static void each_step_of_the_rfc(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(vectors); v++) {
		const struct vector *vector = &vectors[v];
		struct scene scene;
		uint8_t evaluated[INPUTS_MAX][32], proof[64];

		read_scene(vector, &scene);
		for (size_t i = 0; i < vector->count; i++) {
			uint8_t input[32], blind[32], element[32], output[64];
			size_t len = bytes_of(inputs[vector->input[i]], input);

			(void)bytes_of(vector->blind[i], blind);
			assert_int_equal(voprf_blind(input, len, blind, element), 0);
			expect(element, vector->blinded[i]);
			assert_int_equal(voprf_finalize(input, len, blind, scene.evaluated[i], output), 0);
			expect(output, outputs[vector->input[i]]);
			sodium_memzero(output, sizeof output);
			assert_int_equal(voprf_evaluate(input, len, scene.secret_key, output), 0);
			expect(output, outputs[vector->input[i]]);
		}
		assert_int_equal(voprf_evaluate_blinded(
					 scene.secret_key, scene.batch.blinded, vector->count, evaluated),
			0);
		assert_memory_equal(evaluated, scene.evaluated, vector->count * 32);
		assert_int_equal(voprf_prove(&scene.batch, scene.secret_key, scene.random, proof), 0);
		expect(proof, vector->proof);
		assert_int_equal(voprf_verify(&scene.batch, proof), 0);
	}
}

/* Every bit of the proof counts; so does each element, their order, and the key. */
static void a_changed_proof_is_refused(void **state)
{
	struct scene scene;
	uint8_t other_secret[32], other_public[32], seed[32] = { 7 };

	(void)state;
	read_scene(&vectors[2], &scene);
	for (size_t bit = 0; bit < 8 * sizeof scene.proof; bit++) {
		scene.proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
		scene.proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(voprf_key_pair(seed, "x", other_secret, other_public), 0);
	scene.batch.public_key = other_public;
	assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
	scene.batch.public_key = scene.public_key;
	memcpy(scene.evaluated[1], other_public, sizeof other_public);
	assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
	read_scene(&vectors[2], &scene);
	memcpy(scene.blinded[0], other_public, sizeof other_public);
	assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
	read_scene(&vectors[2], &scene);
	scene.batch.count = 1;
	assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
	scene.batch.count = 0;
	assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
}

/* One evaluated with another key can't be hidden in a batch, whichever key the prover claims. */
static void one_other_key_in_a_batch_is_found(void **state)
{
	struct scene scene;
	uint8_t other_secret[32], other_public[32], seed[32] = { 9 }, proof[64];

	(void)state;
	read_scene(&vectors[2], &scene);
	assert_int_equal(voprf_key_pair(seed, "x", other_secret, other_public), 0);
	assert_int_equal(
		crypto_scalarmult_ristretto255(scene.evaluated[1], other_secret, scene.blinded[1]), 0);
	assert_int_equal(voprf_prove(&scene.batch, scene.secret_key, scene.random, proof), 0);
	assert_int_equal(voprf_verify(&scene.batch, proof), -1);
	assert_int_equal(voprf_prove(&scene.batch, other_secret, scene.random, proof), 0);
	assert_int_equal(voprf_verify(&scene.batch, proof), -1);
}

/* The proof's scalars in another form: value + order. */
static void a_scalar_has_one_form(void **state)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
		0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	struct scene scene;

	(void)state;
	for (size_t half = 0; half < 2; half++) {
		read_scene(&vectors[0], &scene);
		sodium_add(scene.proof + 32 * half, order, sizeof order);
		assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
	}
}

static void what_is_no_element_is_refused(void **state)
{
	/* The identity; a number that isn't in its one form; a negative one; one that is no point. */
	static const char *const rows[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"
	};
	struct scene scene;
	uint8_t evaluated[1][32], output[64], input[1] = { 0 }, blind[32];

	(void)state;
	(void)bytes_of(BLIND, blind);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t element[1][32];

		(void)bytes_of(rows[i], element[0]);
		assert_false(voprf_is_element(element[0]));
		read_scene(&vectors[0], &scene);
		assert_int_equal(
			voprf_evaluate_blinded(scene.secret_key, (const uint8_t(*)[32])element, 1, evaluated),
			-1);
		assert_int_equal(voprf_finalize(input, 1, blind, element[0], output), -1);
		memcpy(scene.evaluated[0], element[0], 32);
		assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
		read_scene(&vectors[0], &scene);
		scene.batch.public_key = element[0];
		assert_int_equal(voprf_verify(&scene.batch, scene.proof), -1);
	}
	assert_true(voprf_is_element(scene.public_key));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_pair_of_the_rfc),
		cmocka_unit_test(each_step_of_the_rfc),
		cmocka_unit_test(a_changed_proof_is_refused),
		cmocka_unit_test(one_other_key_in_a_batch_is_found),
		cmocka_unit_test(a_scalar_has_one_form),
		cmocka_unit_test(what_is_no_element_is_refused),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
