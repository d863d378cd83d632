#include "proto/voprf.h"

#include <sodium.h>
#include <string.h>

#define CONTEXT       "OPRFV1-\x01-ristretto255-SHA512" /* mode 1: verifiable */
#define HASH_BYTES    crypto_hash_sha512_BYTES
#define BLOCK_BYTES   128 /* of SHA-512 */
#define UNIFORM_BYTES 64
#define COMPOSITE_END "Composite"
#define CHALLENGE_END "Challenge"

_Static_assert(crypto_core_ristretto255_BYTES == VOPRF_ELEMENT_BYTES, "elements");
_Static_assert(crypto_core_ristretto255_SCALARBYTES == VOPRF_SCALAR_BYTES, "scalars");
_Static_assert(crypto_core_ristretto255_HASHBYTES == UNIFORM_BYTES, "hash to group");

static void add_u16(crypto_hash_sha512_state *hash, size_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	crypto_hash_sha512_update(hash, bytes, sizeof bytes);
}

static void add_text(crypto_hash_sha512_state *hash, const char *text)
{
	crypto_hash_sha512_update(hash, (const uint8_t *)text, strlen(text));
}

/* The context holds a byte 1, but no NUL: it is a text like the others. */
static void add_tag(crypto_hash_sha512_state *hash, const char *start)
{
	const uint8_t len = (uint8_t)(strlen(start) + strlen(CONTEXT));

	add_text(hash, start);
	add_text(hash, CONTEXT);
	crypto_hash_sha512_update(hash, &len, 1);
}

static void add_counted(crypto_hash_sha512_state *hash, const uint8_t *bytes, size_t len)
{
	add_u16(hash, len);
	crypto_hash_sha512_update(hash, bytes, len);
}

/* expand_message_xmd (RFC 9380, section 5.3.1) for 64 bytes, which is one block of output. The message is
 * what the caller adds between start and end. */
static void expand_start(crypto_hash_sha512_state *hash)
{
	static const uint8_t zeros[BLOCK_BYTES];

	crypto_hash_sha512_init(hash);
	crypto_hash_sha512_update(hash, zeros, sizeof zeros);
}

static void expand_end(crypto_hash_sha512_state *hash, const char *tag, uint8_t ret_uniform[UNIFORM_BYTES])
{
	static const uint8_t none = 0, first = 1;
	uint8_t digest[HASH_BYTES];

	add_u16(hash, UNIFORM_BYTES);
	crypto_hash_sha512_update(hash, &none, 1);
	add_tag(hash, tag);
	crypto_hash_sha512_final(hash, digest);
	crypto_hash_sha512_init(hash);
	crypto_hash_sha512_update(hash, digest, sizeof digest);
	crypto_hash_sha512_update(hash, &first, 1);
	add_tag(hash, tag);
	crypto_hash_sha512_final(hash, ret_uniform);
	sodium_memzero(digest, sizeof digest);
	sodium_memzero(hash, sizeof *hash);
}

static int hash_to_group(const void *input, size_t len, uint8_t ret_element[VOPRF_ELEMENT_BYTES])
{
	crypto_hash_sha512_state hash;
	uint8_t uniform[UNIFORM_BYTES];
	int rc;

	if (len > VOPRF_INPUT_MAX)
		return -1;
	expand_start(&hash);
	crypto_hash_sha512_update(&hash, input, len);
	expand_end(&hash, "HashToGroup-", uniform);
	rc = crypto_core_ristretto255_from_hash(ret_element, uniform);
	sodium_memzero(uniform, sizeof uniform);
	return rc == 0 && sodium_is_zero(ret_element, VOPRF_ELEMENT_BYTES) == 0 ? 0 : -1;
}

int voprf_scalar_of(const uint8_t uniform[64], uint8_t ret_scalar[VOPRF_SCALAR_BYTES])
{
	crypto_core_ristretto255_scalar_reduce(ret_scalar, uniform);
	return sodium_is_zero(ret_scalar, VOPRF_SCALAR_BYTES) == 0 ? 0 : -1;
}

void voprf_scalar_random(uint8_t ret_scalar[VOPRF_SCALAR_BYTES])
{
	crypto_core_ristretto255_scalar_random(ret_scalar);
}

int voprf_key_pair(const uint8_t seed[VOPRF_SEED_BYTES], const char *info,
	uint8_t ret_secret_key[VOPRF_SCALAR_BYTES], uint8_t ret_public_key[VOPRF_ELEMENT_BYTES])
{
	uint8_t secret[VOPRF_SCALAR_BYTES], uniform[UNIFORM_BYTES];
	crypto_hash_sha512_state hash;
	int rc = -1;

	for (unsigned counter = 0; rc != 0 && counter <= UINT8_MAX; counter++) {
		const uint8_t byte = (uint8_t)counter;

		expand_start(&hash);
		crypto_hash_sha512_update(&hash, seed, VOPRF_SEED_BYTES);
		add_counted(&hash, (const uint8_t *)info, strlen(info));
		crypto_hash_sha512_update(&hash, &byte, 1);
		expand_end(&hash, "DeriveKeyPair", uniform);
		rc = voprf_scalar_of(uniform, secret);
	}
	if (rc == 0)
		rc = crypto_scalarmult_ristretto255_base(ret_public_key, secret);
	if (rc == 0)
		memcpy(ret_secret_key, secret, sizeof secret);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(uniform, sizeof uniform);
	return rc;
}

/* libsodium calls the identity a valid point; RFC 9497 refuses it. */
bool voprf_is_element(const uint8_t element[VOPRF_ELEMENT_BYTES])
{
	return crypto_core_ristretto255_is_valid_point(element) == 1 &&
	       sodium_is_zero(element, VOPRF_ELEMENT_BYTES) == 0;
}

int voprf_blind(const void *input, size_t len, const uint8_t blind[VOPRF_SCALAR_BYTES],
	uint8_t ret_element[VOPRF_ELEMENT_BYTES])
{
	uint8_t element[VOPRF_ELEMENT_BYTES];
	int rc = hash_to_group(input, len, element);

	if (rc == 0)
		rc = crypto_scalarmult_ristretto255(ret_element, blind, element);
	sodium_memzero(element, sizeof element);
	return rc;
}

int voprf_evaluate_blinded(const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t (*blinded)[VOPRF_ELEMENT_BYTES], size_t count,
	uint8_t (*ret_evaluated)[VOPRF_ELEMENT_BYTES])
{
	for (size_t i = 0; i < count; i++) {
		if (!voprf_is_element(blinded[i]) ||
			crypto_scalarmult_ristretto255(ret_evaluated[i], secret_key, blinded[i]) != 0)
			return -1;
	}
	return 0;
}

/* sum += weight * element; the first addend is the sum itself. */
static int add_weighted(const uint8_t weight[VOPRF_SCALAR_BYTES], const uint8_t element[VOPRF_ELEMENT_BYTES],
	bool is_first, uint8_t sum[VOPRF_ELEMENT_BYTES])
{
	uint8_t addend[VOPRF_ELEMENT_BYTES];

	if (crypto_scalarmult_ristretto255(addend, weight, element) != 0)
		return -1;
	if (is_first)
		memcpy(sum, addend, sizeof addend);
	else if (crypto_core_ristretto255_add(sum, sum, addend) != 0)
		return -1;
	return 0;
}

/* The batch as one pair of elements (section 2.2.1, ComputeComposites). Whoever has the secret key multiplies
 * the first one by it instead of asking for the second (ComputeCompositesFast): ret_evaluated is NULL then.
 */
static int compose(const struct voprf_batch *batch, uint8_t ret_blinded[VOPRF_ELEMENT_BYTES],
	uint8_t ret_evaluated[VOPRF_ELEMENT_BYTES])
{
	static const char seed_tag[] = "Seed-" CONTEXT;
	crypto_hash_sha512_state hash;
	uint8_t seed[HASH_BYTES], uniform[UNIFORM_BYTES], weight[VOPRF_SCALAR_BYTES];

	if (batch->count < 1 || batch->count > VOPRF_BATCH_MAX)
		return -1;
	crypto_hash_sha512_init(&hash);
	add_counted(&hash, batch->public_key, VOPRF_ELEMENT_BYTES);
	add_counted(&hash, (const uint8_t *)seed_tag, strlen(seed_tag));
	crypto_hash_sha512_final(&hash, seed);
	for (size_t i = 0; i < batch->count; i++) {
		expand_start(&hash);
		add_counted(&hash, seed, sizeof seed);
		add_u16(&hash, i);
		add_counted(&hash, batch->blinded[i], VOPRF_ELEMENT_BYTES);
		add_counted(&hash, batch->evaluated[i], VOPRF_ELEMENT_BYTES);
		add_text(&hash, COMPOSITE_END);
		expand_end(&hash, "HashToScalar-", uniform);
		if (voprf_scalar_of(uniform, weight) != 0 || !voprf_is_element(batch->blinded[i]) ||
			!voprf_is_element(batch->evaluated[i]) ||
			add_weighted(weight, batch->blinded[i], i == 0, ret_blinded) != 0 ||
			(ret_evaluated != NULL &&
				add_weighted(weight, batch->evaluated[i], i == 0, ret_evaluated) != 0))
			return -1;
	}
	return 0;
}

/* What the proof is about. */
struct statement {
	const uint8_t *public_key;
	uint8_t blinded[VOPRF_ELEMENT_BYTES], evaluated[VOPRF_ELEMENT_BYTES];
	uint8_t on_generator[VOPRF_ELEMENT_BYTES], on_blinded[VOPRF_ELEMENT_BYTES]; /* the commitments */
};

static void challenge_of(const struct statement *statement, uint8_t ret_challenge[VOPRF_SCALAR_BYTES])
{
	crypto_hash_sha512_state hash;
	uint8_t uniform[UNIFORM_BYTES];

	expand_start(&hash);
	add_counted(&hash, statement->public_key, VOPRF_ELEMENT_BYTES);
	add_counted(&hash, statement->blinded, VOPRF_ELEMENT_BYTES);
	add_counted(&hash, statement->evaluated, VOPRF_ELEMENT_BYTES);
	add_counted(&hash, statement->on_generator, VOPRF_ELEMENT_BYTES);
	add_counted(&hash, statement->on_blinded, VOPRF_ELEMENT_BYTES);
	add_text(&hash, CHALLENGE_END);
	expand_end(&hash, "HashToScalar-", uniform);
	crypto_core_ristretto255_scalar_reduce(ret_challenge, uniform);
}

int voprf_prove(const struct voprf_batch *batch, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t random[VOPRF_SCALAR_BYTES], uint8_t ret_proof[VOPRF_PROOF_BYTES])
{
	struct statement statement = { .public_key = batch->public_key };
	uint8_t challenge[VOPRF_SCALAR_BYTES], product[VOPRF_SCALAR_BYTES];

	if (compose(batch, statement.blinded, NULL) != 0 ||
		crypto_scalarmult_ristretto255(statement.evaluated, secret_key, statement.blinded) != 0 ||
		crypto_scalarmult_ristretto255_base(statement.on_generator, random) != 0 ||
		crypto_scalarmult_ristretto255(statement.on_blinded, random, statement.blinded) != 0)
		return -1;
	challenge_of(&statement, challenge);
	crypto_core_ristretto255_scalar_mul(product, challenge, secret_key);
	memcpy(ret_proof, challenge, sizeof challenge);
	crypto_core_ristretto255_scalar_sub(ret_proof + VOPRF_SCALAR_BYTES, random, product);
	sodium_memzero(product, sizeof product);
	return 0;
}

static bool is_scalar(const uint8_t scalar[VOPRF_SCALAR_BYTES])
{
	uint8_t wide[UNIFORM_BYTES] = { 0 }, reduced[VOPRF_SCALAR_BYTES];

	memcpy(wide, scalar, VOPRF_SCALAR_BYTES);
	crypto_core_ristretto255_scalar_reduce(reduced, wide);
	return bytes_equal(scalar, reduced, sizeof reduced);
}

/* answer * base + challenge * image: what the prover committed to, where she told the truth. */
static int recommit(const uint8_t answer_times_base[VOPRF_ELEMENT_BYTES],
	const uint8_t challenge[VOPRF_SCALAR_BYTES], const uint8_t image[VOPRF_ELEMENT_BYTES],
	uint8_t ret_commitment[VOPRF_ELEMENT_BYTES])
{
	uint8_t addend[VOPRF_ELEMENT_BYTES];

	if (crypto_scalarmult_ristretto255(addend, challenge, image) != 0)
		return -1;
	return crypto_core_ristretto255_add(ret_commitment, answer_times_base, addend);
}

int voprf_verify(const struct voprf_batch *batch, const uint8_t proof[VOPRF_PROOF_BYTES])
{
	struct statement statement = { .public_key = batch->public_key };
	const uint8_t *challenge = proof, *answer = proof + VOPRF_SCALAR_BYTES;
	uint8_t base[VOPRF_ELEMENT_BYTES], blinded[VOPRF_ELEMENT_BYTES], expected[VOPRF_SCALAR_BYTES];

	if (!is_scalar(challenge) || !is_scalar(answer) || !voprf_is_element(batch->public_key) ||
		compose(batch, statement.blinded, statement.evaluated) != 0 ||
		crypto_scalarmult_ristretto255_base(base, answer) != 0 ||
		crypto_scalarmult_ristretto255(blinded, answer, statement.blinded) != 0 ||
		recommit(base, challenge, batch->public_key, statement.on_generator) != 0 ||
		recommit(blinded, challenge, statement.evaluated, statement.on_blinded) != 0)
		return -1;
	challenge_of(&statement, expected);
	return bytes_equal(challenge, expected, sizeof expected) ? 0 : -1;
}

static void output_of(const void *input, size_t len, const uint8_t element[VOPRF_ELEMENT_BYTES],
	uint8_t ret_output[VOPRF_OUTPUT_BYTES])
{
	crypto_hash_sha512_state hash;

	crypto_hash_sha512_init(&hash);
	add_counted(&hash, input, len);
	add_counted(&hash, element, VOPRF_ELEMENT_BYTES);
	add_text(&hash, "Finalize");
	crypto_hash_sha512_final(&hash, ret_output);
	sodium_memzero(&hash, sizeof hash);
}

int voprf_finalize(const void *input, size_t len, const uint8_t blind[VOPRF_SCALAR_BYTES],
	const uint8_t evaluated[VOPRF_ELEMENT_BYTES], uint8_t ret_output[VOPRF_OUTPUT_BYTES])
{
	uint8_t inverse[VOPRF_SCALAR_BYTES], element[VOPRF_ELEMENT_BYTES];
	int rc = -1;

	if (len <= VOPRF_INPUT_MAX && voprf_is_element(evaluated) &&
		crypto_core_ristretto255_scalar_invert(inverse, blind) == 0 &&
		crypto_scalarmult_ristretto255(element, inverse, evaluated) == 0) {
		output_of(input, len, element, ret_output);
		rc = 0;
	}
	sodium_memzero(inverse, sizeof inverse);
	sodium_memzero(element, sizeof element);
	return rc;
}

int voprf_evaluate(const void *input, size_t len, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	uint8_t ret_output[VOPRF_OUTPUT_BYTES])
{
	uint8_t element[VOPRF_ELEMENT_BYTES];
	int rc = hash_to_group(input, len, element);

	if (rc == 0)
		rc = crypto_scalarmult_ristretto255(element, secret_key, element);
	if (rc == 0)
		output_of(input, len, element, ret_output);
	sodium_memzero(element, sizeof element);
	return rc;
}
