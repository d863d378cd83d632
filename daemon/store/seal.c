#include "seal.h"

#include "proto/cursor.h"

#include <sodium.h>
#include <string.h>

#define NONCE_BYTES    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES      crypto_aead_xchacha20poly1305_ietf_ABYTES
#define ROWS_CONTEXT   "rows-key" /* libsodium's KDF takes eight characters */
#define WRAP_CONTEXT   "wrap-key"
#define SUBKEY         1
#define IDENTITY_MAX   64
#define PLACE_MAX      (2 + IDENTITY_MAX + 8)
#define COLUMN_WRAPPED 0 /* the data key itself: no column of enum column */

_Static_assert(NONCE_BYTES + TAG_BYTES == SEAL_OVERHEAD, "the overhead is part of the row sizes");

struct epoch_keys {
	uint32_t epoch;
	uint8_t wrap[DATA_KEY_BYTES];
	uint8_t rows[DATA_KEY_BYTES];
};

/* In sodium_malloc memory. */
struct seal {
	uint8_t index_key[INDEX_KEY_BYTES];
	size_t count;
	struct epoch_keys epochs[KEYRING_STORAGE_MAX];
};

int seal_new(const struct keyring *keyring, struct seal **ret_seal, struct fault *fault)
{
	struct seal *seal = sodium_malloc(sizeof *seal);

	if (seal == NULL)
		return fault_set(fault, "memory is short");
	memset(seal, 0, sizeof *seal);
	memcpy(seal->index_key, keyring->index_key, sizeof seal->index_key);
	seal->count = keyring->storage_count;
	for (size_t i = 0; i < seal->count; i++) {
		struct epoch_keys *keys = &seal->epochs[i];

		keys->epoch = keyring->storage[i].epoch;
		if (crypto_kdf_derive_from_key(keys->wrap, sizeof keys->wrap, SUBKEY, WRAP_CONTEXT,
			    keyring->storage[i].key) != 0 ||
			crypto_kdf_derive_from_key(keys->rows, sizeof keys->rows, SUBKEY, ROWS_CONTEXT,
				keyring->storage[i].key) != 0) {
			seal_free(seal);
			return fault_set(fault, "a storage key can't be used");
		}
	}
	*ret_seal = seal;
	return 0;
}

void seal_free(struct seal *seal)
{
	sodium_free(seal);
}

static const struct epoch_keys *epoch_keys(const struct seal *seal, uint32_t epoch)
{
	for (size_t i = 0; i < seal->count; i++) {
		if (seal->epochs[i].epoch == epoch)
			return &seal->epochs[i];
	}
	return NULL;
}

static const struct epoch_keys *newest_keys(const struct seal *seal)
{
	return &seal->epochs[seal->count - 1];
}

int seal_index(const struct seal *seal, enum index_of which, const void *value, size_t len,
	uint8_t ret_index[BLIND_INDEX_BYTES])
{
	crypto_generichash_state state;
	uint8_t domain = (uint8_t)which;
	int rc;

	rc = crypto_generichash_init(&state, seal->index_key, sizeof seal->index_key, BLIND_INDEX_BYTES);
	if (rc == 0)
		rc = crypto_generichash_update(&state, &domain, 1);
	if (rc == 0)
		rc = crypto_generichash_update(&state, value, len);
	if (rc == 0)
		rc = crypto_generichash_final(&state, ret_index, BLIND_INDEX_BYTES);
	sodium_memzero(&state, sizeof state);
	return rc;
}

/* Column, length of the identity, identity, number: each place has one form. 0 where it doesn't fit. */
static size_t place_bytes(unsigned column, const struct place *place, uint8_t ret_bytes[PLACE_MAX])
{
	if (place->identity_len > IDENTITY_MAX)
		return 0;
	ret_bytes[0] = (uint8_t)column;
	ret_bytes[1] = (uint8_t)place->identity_len;
	memcpy(ret_bytes + 2, place->identity, place->identity_len);
	for (size_t i = 0; i < 8; i++)
		ret_bytes[2 + place->identity_len + i] = (uint8_t)(place->number >> (8 * (7 - i)));
	return 2 + place->identity_len + 8;
}

static int put(const uint8_t *key, unsigned column, const struct place *place, const void *data, size_t len,
	struct buffer *out)
{
	uint8_t where[PLACE_MAX];
	size_t where_len = place_bytes(column, place, where);
	uint8_t *sealed;

	if (where_len == 0)
		return -1;
	sealed = buffer_grow(out, len + SEAL_OVERHEAD);
	if (sealed == NULL)
		return -1;
	randombytes_buf(sealed, NONCE_BYTES);
	return crypto_aead_xchacha20poly1305_ietf_encrypt(
		sealed + NONCE_BYTES, NULL, data, len, where, where_len, NULL, sealed, key);
}

static int get(const uint8_t *key, unsigned column, const struct place *place, const uint8_t *sealed,
	size_t len, struct buffer *out)
{
	uint8_t where[PLACE_MAX];
	size_t where_len = place_bytes(column, place, where), before = out->len;
	uint8_t *plain;

	if (where_len == 0 || len < SEAL_OVERHEAD)
		return -1;
	plain = buffer_grow(out, len - SEAL_OVERHEAD);
	if (plain == NULL)
		return -1;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed + NONCE_BYTES,
		    len - NONCE_BYTES, where, where_len, sealed, key) != 0) {
		out->len = before;
		return -1;
	}
	return 0;
}

static int wrap(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES],
	const uint8_t key[DATA_KEY_BYTES], uint8_t ret_wrapped[WRAPPED_KEY_BYTES])
{
	struct place place = { .identity = identity, .identity_len = BLIND_INDEX_BYTES };
	struct buffer wrapped = buffer_of(WRAPPED_KEY_BYTES);
	int rc = put(newest_keys(seal)->wrap, COLUMN_WRAPPED, &place, key, DATA_KEY_BYTES, &wrapped);

	if (rc == 0)
		memcpy(ret_wrapped, wrapped.data, WRAPPED_KEY_BYTES);
	buffer_free(&wrapped);
	return rc;
}

int seal_key_new(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES],
	uint8_t ret_key[DATA_KEY_BYTES], uint8_t ret_wrapped[WRAPPED_KEY_BYTES], uint32_t *ret_epoch)
{
	randombytes_buf(ret_key, DATA_KEY_BYTES);
	if (wrap(seal, identity, ret_key, ret_wrapped) != 0)
		return -1;
	*ret_epoch = newest_keys(seal)->epoch;
	return 0;
}

int seal_key_open(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES], uint32_t epoch,
	const uint8_t *wrapped, size_t wrapped_len, uint8_t ret_key[DATA_KEY_BYTES])
{
	const struct epoch_keys *keys = epoch_keys(seal, epoch);
	struct place place = { .identity = identity, .identity_len = BLIND_INDEX_BYTES };
	struct buffer key = buffer_of(DATA_KEY_BYTES);
	int rc = -1;

	if (keys != NULL && wrapped_len == WRAPPED_KEY_BYTES)
		rc = get(keys->wrap, COLUMN_WRAPPED, &place, wrapped, wrapped_len, &key);
	if (rc == 0)
		memcpy(ret_key, key.data, DATA_KEY_BYTES);
	buffer_free(&key);
	return rc;
}

int seal_key_renew(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES], uint32_t epoch,
	const uint8_t *wrapped, size_t wrapped_len, uint8_t ret_wrapped[WRAPPED_KEY_BYTES])
{
	uint8_t key[DATA_KEY_BYTES];
	int rc = seal_key_open(seal, identity, epoch, wrapped, wrapped_len, key);

	if (rc == 0)
		rc = wrap(seal, identity, key, ret_wrapped);
	sodium_memzero(key, sizeof key);
	return rc;
}

uint32_t seal_newest_epoch(const struct seal *seal)
{
	return newest_keys(seal)->epoch;
}

uint32_t seal_oldest_epoch(const struct seal *seal)
{
	return seal->epochs[0].epoch;
}

int seal_put(const uint8_t key[DATA_KEY_BYTES], const struct place *place, const void *data, size_t len,
	struct buffer *out)
{
	return put(key, place->column, place, data, len, out);
}

int seal_get(const uint8_t key[DATA_KEY_BYTES], const struct place *place, const uint8_t *sealed, size_t len,
	struct buffer *out)
{
	return get(key, place->column, place, sealed, len, out);
}

int seal_put_row(
	const struct seal *seal, const struct place *place, const void *data, size_t len, struct buffer *out)
{
	buffer_put_u32(out, newest_keys(seal)->epoch);
	return put(newest_keys(seal)->rows, place->column, place, data, len, out);
}

int seal_get_row(const struct seal *seal, const struct place *place, const uint8_t *sealed, size_t len,
	struct buffer *out)
{
	struct reader in = reader_of(sealed, len);
	const struct epoch_keys *keys;
	uint32_t epoch;

	if (reader_u32(&in, &epoch) != 0)
		return -1;
	keys = epoch_keys(seal, epoch);
	return keys == NULL ? -1 : get(keys->rows, place->column, place, in.at, in.left, out);
}

int seal_row_renew(const struct seal *seal, const struct place *place, const uint8_t *sealed, size_t len,
	struct buffer *out)
{
	struct buffer plain = buffer_of(len);
	int rc = seal_get_row(seal, place, sealed, len, &plain);

	if (rc == 0)
		rc = seal_put_row(seal, place, plain.data, plain.len, out);
	buffer_free(&plain);
	return rc;
}
