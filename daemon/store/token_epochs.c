/* The token keys, and which tokens were spent under them. */
#include "store_state.h"

#include "keys/token_keys.h"
#include "proto/cursor.h"

#include <string.h>

#define FORGET_AT_ONCE 256 /* rows in a group: the rest a minute later */
#define EPOCHS_BACK    64  /* epochs before the keyring's newest whose spent tokens may still lie there */

/* In sodium_malloc memory. */
struct token_keys {
	size_t count;
	struct token_epoch epochs[KEYRING_TOKENS_MAX];
	uint64_t newest; /* 0 where there never was one */
	/* By how far an epoch lies before the newest: nothing of it is left. */
	bool is_forgotten[EPOCHS_BACK];
};

static int take_epoch(const struct token_seed *seed, struct token_epoch *ret_epoch)
{
	ret_epoch->epoch = seed->epoch;
	ret_epoch->not_before = seed->not_before;
	ret_epoch->not_after = seed->not_after;
	if (token_keys_of(seed, ret_epoch->secret_key, ret_epoch->public_key) != 0)
		return -1;
	return token_key_id(ret_epoch->public_key, ret_epoch->key_id);
}

int token_epochs_load(struct store *store, const struct keyring *keyring, struct fault *fault)
{
	struct token_keys *keys = sodium_malloc(sizeof *keys);

	if (keys == NULL)
		return fault_set(fault, "memory is short");
	memset(keys, 0, sizeof *keys);
	keys->count = keyring->token_count;
	for (size_t i = 0; i < keys->count; i++) {
		if (take_epoch(&keyring->tokens[i], &keys->epochs[i]) != 0) {
			sodium_free(keys);
			return fault_set(fault, "a token key of the keyring can't be used");
		}
		keys->newest = keys->epochs[i].epoch;
	}
	token_epochs_free(store);
	store->token_keys = keys;
	return 0;
}

void token_epochs_free(struct store *store)
{
	sodium_free(store->token_keys);
	store->token_keys = NULL;
}

/* The keyring computes, the roster decides: an epoch that the admins took out of it is over. */
static bool is_good(const struct store *store, const struct token_epoch *epoch)
{
	int64_t now = store_now(store);

	return epoch->not_before <= now && now < epoch->not_after &&
	       token_key_good(store->roster, epoch->key_id, now) != NULL;
}

const struct token_epoch *token_epoch_of(const struct store *store, const uint8_t key_id[TOKEN_KEY_ID_BYTES])
{
	const struct token_keys *keys = store->token_keys;

	for (size_t i = 0; i < keys->count; i++) {
		if (bytes_equal(keys->epochs[i].key_id, key_id, TOKEN_KEY_ID_BYTES) &&
			is_good(store, &keys->epochs[i]))
			return &keys->epochs[i];
	}
	return NULL;
}

const struct token_epoch *token_epoch_ending(const struct store *store, uint8_t key_id_end)
{
	const struct token_keys *keys = store->token_keys;

	for (size_t i = keys->count; i > 0; i--) {
		const struct token_epoch *epoch = &keys->epochs[i - 1];

		if (epoch->key_id[TOKEN_KEY_ID_BYTES - 1] == key_id_end && is_good(store, epoch))
			return epoch;
	}
	return NULL;
}

/* All of an epoch begin alike, so that they can be forgotten together. */
static int name_start(const struct store *store, uint64_t epoch, uint8_t ret_start[BLIND_INDEX_BYTES])
{
	uint8_t number[8];

	for (size_t i = 0; i < sizeof number; i++)
		number[i] = (uint8_t)(epoch >> (8 * (7 - i)));
	return seal_index(store->seal, INDEX_TOKEN_EPOCH, number, sizeof number, ret_start);
}

int token_spent_name(const struct store *store, const struct token_epoch *epoch, const struct token *token,
	uint8_t ret_name[2 * BLIND_INDEX_BYTES])
{
	if (name_start(store, epoch->epoch, ret_name) != 0)
		return -1;
	return seal_index(
		store->seal, INDEX_TOKEN, token->nonce, sizeof token->nonce, ret_name + BLIND_INDEX_BYTES);
}

/* Only time ends an epoch here: one that is merely out of the roster might come back. */
static bool has_ended(const struct store *store, uint64_t epoch)
{
	const struct token_keys *keys = store->token_keys;

	for (size_t i = 0; i < keys->count; i++) {
		if (keys->epochs[i].epoch == epoch)
			return keys->epochs[i].not_after <= store_now(store);
	}
	return true;
}

static int forget(struct store *store, uint64_t epoch, bool *ret_all)
{
	uint8_t start[BLIND_INDEX_BYTES];
	uint32_t removed = 0;

	if (name_start(store, epoch, start) != 0 || group_open(store) != 0)
		return 0;
	if (backend_remove_some(store->backend, SHELF_SPENT, start, sizeof start, FORGET_AT_ONCE, &removed) !=
		0)
		return -1;
	*ret_all = removed < FORGET_AT_ONCE;
	return 0;
}

void token_epochs_expire(struct store *store)
{
	struct token_keys *keys = store->token_keys;

	if (store_clock_is_doubted(store))
		return;
	for (size_t back = 0; back < EPOCHS_BACK && back < keys->newest; back++) {
		uint64_t epoch = keys->newest - back;

		if (keys->is_forgotten[back] || !has_ended(store, epoch))
			continue;
		if (forget(store, epoch, &keys->is_forgotten[back]) != 0) {
			group_fail(store);
			return;
		}
	}
}
