/* The head of a slot of the home's file (container.h): who has the slot's key takes off what others laid over
 * it; who hasn't lays on one more, and nobody sees which of the two was done.
 *
 * A head is a pair of points (P, Q), Q = xP for the key x, and a ring of pairs (rP, rQ + M): ElGamal
 * ciphertexts of layers M, or of none (M the neutral element). Whoever has no key gives the same pairs
 * another appearance (ElGamal ciphertexts can be encrypted again without any key), and adds a layer to one of
 * them. The head of a slot that nobody uses is of random points, and is treated alike. Telling them apart, or
 * an owner's writing from somebody else's, is the decisional Diffie-Hellman problem in ristretto255. */
#ifndef DEFENDER_LAYERS_H
#define DEFENDER_LAYERS_H

#include "proto/base.h"

#include <sodium.h>

#define POINT_BYTES  crypto_core_ristretto255_BYTES
#define SCALAR_BYTES crypto_core_ristretto255_SCALARBYTES
#define LAYERS_MAX   128 /* so often may the one slot be written without the other's key */

struct layer_pair {
	uint8_t first[POINT_BYTES], second[POINT_BYTES];
};

struct layer_head {
	struct layer_pair base;
	struct layer_pair ring[LAYERS_MAX];
};

/* Of a slot that nobody uses. */
void layers_random(struct layer_head *head);

/* Of a slot with this key, without a layer. */
MUST_USE int layers_fresh(const uint8_t key[SCALAR_BYTES], struct layer_head *ret_head);
bool layers_are_of(const struct layer_head *head, const uint8_t key[SCALAR_BYTES]);

/* The same layers under another appearance; at is one pair of the ring, or LAYERS_MAX for all and the base.
 * -1 where the head is damaged. */
MUST_USE int layers_turn(struct layer_head *head, size_t at);

/* One more, over len bytes. */
MUST_USE int layers_add(struct layer_head *head, size_t at, uint8_t *bytes, size_t len);
/* Takes off all. */
MUST_USE int layers_strip(
	const struct layer_head *head, const uint8_t key[SCALAR_BYTES], uint8_t *bytes, size_t len);

/* On the disk a head looks like random bytes; the same call turns it back. */
void layers_whiten(struct layer_head *head, const uint8_t *salt, size_t salt_len, uint8_t slot);

#endif
