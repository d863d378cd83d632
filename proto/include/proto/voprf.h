/* VOPRF(ristretto255, SHA-512) of RFC 9497, verifiable mode: what blind tokens are made of.
 *
 * Somebody blinds an input, whoever holds the secret key evaluates it without learning it, and proves for the
 * whole batch that it was the key everybody knows. Scalars and elements are in their one canonical form: an
 * element that isn't one, or is the identity, is refused. Secrets lie in the caller's memory. */
#ifndef PROTO_VOPRF_H
#define PROTO_VOPRF_H

#include "proto/base.h"

#define VOPRF_SCALAR_BYTES  32
#define VOPRF_ELEMENT_BYTES 32
#define VOPRF_OUTPUT_BYTES  64
#define VOPRF_PROOF_BYTES   64
#define VOPRF_SEED_BYTES    32
#define VOPRF_INPUT_MAX     65535 /* its length goes into 16 bits */
#define VOPRF_BATCH_MAX     1024  /* of our own: the RFC's bound is 65535 */

/* DeriveKeyPair (section 3.2.1). */
MUST_USE int voprf_key_pair(const uint8_t seed[VOPRF_SEED_BYTES], const char *info,
	uint8_t ret_secret_key[VOPRF_SCALAR_BYTES], uint8_t ret_public_key[VOPRF_ELEMENT_BYTES]);

/* A uniformly random scalar that isn't zero. */
void voprf_scalar_random(uint8_t ret_scalar[VOPRF_SCALAR_BYTES]);
/* Reduces 64 uniform bytes; -1 for zero. */
MUST_USE int voprf_scalar_of(const uint8_t uniform[64], uint8_t ret_scalar[VOPRF_SCALAR_BYTES]);

bool voprf_is_element(const uint8_t element[VOPRF_ELEMENT_BYTES]);

MUST_USE int voprf_blind(const void *input, size_t len, const uint8_t blind[VOPRF_SCALAR_BYTES],
	uint8_t ret_element[VOPRF_ELEMENT_BYTES]);

/* BlindEvaluate of count elements without the proof; -1 where one isn't an element. */
MUST_USE int voprf_evaluate_blinded(const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t (*blinded)[VOPRF_ELEMENT_BYTES], size_t count,
	uint8_t (*ret_evaluated)[VOPRF_ELEMENT_BYTES]);

/* A batch and what became of it under a key. */
struct voprf_batch {
	const uint8_t *public_key;
	const uint8_t (*blinded)[VOPRF_ELEMENT_BYTES];
	const uint8_t (*evaluated)[VOPRF_ELEMENT_BYTES];
	size_t count; /* 1 to VOPRF_BATCH_MAX */
};

/* GenerateProof; random is a scalar that is used once. */
MUST_USE int voprf_prove(const struct voprf_batch *batch, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t random[VOPRF_SCALAR_BYTES], uint8_t ret_proof[VOPRF_PROOF_BYTES]);
/* VerifyProof. */
MUST_USE int voprf_verify(const struct voprf_batch *batch, const uint8_t proof[VOPRF_PROOF_BYTES]);

/* The end of Finalize, once the batch's proof has been verified. */
MUST_USE int voprf_finalize(const void *input, size_t len, const uint8_t blind[VOPRF_SCALAR_BYTES],
	const uint8_t evaluated[VOPRF_ELEMENT_BYTES], uint8_t ret_output[VOPRF_OUTPUT_BYTES]);

/* Evaluate: what finalize gives, by whoever holds the secret key. */
MUST_USE int voprf_evaluate(const void *input, size_t len, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	uint8_t ret_output[VOPRF_OUTPUT_BYTES]);

#endif
