/* The daemon's own keys: storage keys by epoch, the key of the blind indexes, the receipt key, the token
 * keys.
 *
 * As bytes: the line `clarion-keyring/1`, then fixed fields as proto/buffer.h writes them; so the supervisor
 * can read and decrypt the file, and hand the bytes to the store, which parses them. */
#ifndef KEYS_KEYRING_H
#define KEYS_KEYRING_H

#include "proto/base.h"
#include "proto/buffer.h"

#define KEYRING_MAX_BYTES    (16 * 1024)
#define KEYRING_STORAGE_MAX  64 /* epochs still needed: retired ones are dropped by the rotation */
#define KEYRING_TOKENS_MAX   16 /* as many as a roster names */
#define KEYRING_RECEIPTS_MAX 2  /* the one in use, and the next */
#define STORAGE_KEY_BYTES    32
#define INDEX_KEY_BYTES      32
#define TOKEN_SEED_BYTES     32

struct storage_key {
	uint32_t epoch;
	uint8_t key[STORAGE_KEY_BYTES];
};

struct receipt_seed {
	uint32_t epoch;
	uint8_t seed[ED25519_SEED_BYTES];
};

struct token_seed {
	uint64_t epoch;
	uint8_t seed[TOKEN_SEED_BYTES];
	int64_t not_before, not_after;
};

struct keyring {
	struct storage_key
		storage[KEYRING_STORAGE_MAX]; /* by rising epoch; the last one is in use for new rows */
	size_t storage_count;                 /* at least 1 */
	uint8_t index_key[INDEX_KEY_BYTES];
	struct receipt_seed receipts[KEYRING_RECEIPTS_MAX]; /* by rising epoch; the roster in force says
							       which one signs */
	size_t receipt_count;                               /* at least 1 */
	struct token_seed tokens[KEYRING_TOKENS_MAX];       /* by rising epoch */
	size_t token_count;
};

/* Both in sodium_malloc memory. A new one has storage and receipt epoch 1 and no token keys. */
MUST_USE int keyring_new(struct keyring **ret_keyring);
MUST_USE int keyring_parse(
	const uint8_t *data, size_t len, struct keyring **ret_keyring, struct fault *fault);
void keyring_free(struct keyring *keyring);
/* NULL where memory is short. */
MUST_USE struct keyring *keyring_copy(const struct keyring *keyring);

MUST_USE int keyring_write(const struct keyring *keyring, struct buffer *out);

/* NULL where there is no such epoch. */
const struct storage_key *keyring_storage(const struct keyring *keyring, uint32_t epoch);
const struct storage_key *keyring_storage_newest(const struct keyring *keyring);

/* ret_secret_key is 64 bytes of sodium_malloc memory. */
MUST_USE int keyring_receipt_key(const struct receipt_seed *receipt, uint8_t ret_secret_key[64],
	uint8_t ret_public_key[ED25519_PUBLIC_BYTES]);

/* passphrase NULL: plain. errno as in keys/locked_file.h; EBADMSG where it is no keyring. */
MUST_USE int keyring_save(const char *path, const struct keyring *keyring, const char *passphrase,
	size_t passphrase_len, struct fault *fault);
MUST_USE int keyring_load(const char *path, const char *passphrase, size_t passphrase_len,
	struct keyring **ret_keyring, struct fault *fault);

#endif
