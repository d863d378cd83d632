/* The daemon's own keys while the store runs. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "channel/messages.h"
#include "keys/keyring.h"
#include "proto/base.h"

struct setup;
struct store;

/* From what the supervisor handed over: keyring and seal. */
MUST_USE int keys_load(struct store *store, struct setup *setup, struct fault *fault);
/* Whoever still waits for a change is told that it didn't come. */
void keys_free(struct store *store);

/* Changes. The supervisor writes the keyring's file; only when the new one is durable does the store have it
 * (store->keyring), and only then may a new key be used. One change after the other. A crash leaves the old
 * or the new keyring: an edit must be right whichever it finds.
 *
 * edit is called, now or later, with a copy of the keyring as it then is; -1 with a fault calls the change
 * off. Behind it done is called exactly once: result 0, or -1 where nothing has changed, with the fault. -1
 * of keys_change itself: memory is short, and neither is called. */
typedef int keys_edit(void *context, struct keyring *keyring, struct fault *fault);
typedef void keys_changed(void *context, int result, const struct fault *fault);
MUST_USE int keys_change(struct store *store, keys_edit *edit, keys_changed *done, void *context);

/* What the supervisor says of the change that is under way. -1: it has no business to. */
MUST_USE int keys_kept(struct store *store, struct reader *message);

/* The receipt key that the roster in force names is the one that signs from now on. -1 where the keyring
 * doesn't have it. */
MUST_USE int keys_choose_receipt(struct store *store, struct fault *fault);

/* Once the store serves, and after a change of the roster: lets go of the receipt key before the one that
 * signs. */
void keys_tidy(struct store *store);

/* The receipt key of the keyring that this is the public half of; NULL where it holds none. */
const struct receipt_seed *keys_receipt(
	const struct store *store, const uint8_t public_key[ED25519_PUBLIC_BYTES]);

#endif
