/* The daemon's own keys while the store runs. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "keys/keyring.h"
#include "proto/base.h"

struct setup;
struct store;

/* From what the supervisor handed over: keyring and seal. */
MUST_USE int keys_load(struct store *store, struct setup *setup, struct fault *fault);
void keys_free(struct store *store);

/* The receipt key that the roster in force names is the one that signs from now on. -1 where the keyring
 * doesn't have it. */
MUST_USE int keys_choose_receipt(struct store *store, struct fault *fault);

/* The receipt key of the keyring that this is the public half of; NULL where it holds none. */
const struct receipt_seed *keys_receipt(
	const struct store *store, const uint8_t public_key[ED25519_PUBLIC_BYTES]);

#endif
