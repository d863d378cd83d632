/* Sealing at rest (FORMATS, "At rest"): a random data key for each report, wrapped under the storage key of
 * the newest epoch; everything else about the report sealed under it, with the row's identity as associated
 * data, so that a row, column or chunk that changed places doesn't open. Blind indexes are keyed BLAKE2b.
 * XChaCha20-Poly1305 throughout. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "backend.h"
#include "keys/keyring.h"
#include "proto/base.h"
#include "proto/buffer.h"

#define DATA_KEY_BYTES    32
#define SEAL_OVERHEAD     40 /* nonce and tag */
#define WRAPPED_KEY_BYTES (DATA_KEY_BYTES + SEAL_OVERHEAD)

struct seal;

/* Which index or column: each has its own domain, so that equal values in two places don't look equal. */
enum index_of {
	INDEX_REPORT = 1,
	INDEX_OPEN_DESK,
	INDEX_MAILBOX,
	INDEX_NONCE,
	INDEX_INVITATION,
	INDEX_TOKEN,
	INDEX_TOKEN_EPOCH,
	INDEX_WAKE_WAY,
	INDEX_PAGES,
	INDEX_ROTA
};
enum column {
	COLUMN_FACTS = 1,
	COLUMN_HEADER,
	COLUMN_CHUNK,
	COLUMN_EVENT,
	COLUMN_MESSAGE,
	COLUMN_ROSTER,
	COLUMN_NONCE,
	COLUMN_OWN,
	COLUMN_TOMBSTONE,
	COLUMN_WRAPPING,
	COLUMN_INVITATION,
	COLUMN_SPENT,
	COLUMN_AUDIT,
	COLUMN_OUTBOX,
	COLUMN_WAKE_WAY,
	COLUMN_OFFER,
	COLUMN_PAGES,
	COLUMN_ROTA
};

/* Takes copies of what it needs into guarded memory. */
MUST_USE int seal_new(const struct keyring *keyring, struct seal **ret_seal, struct fault *fault);
void seal_free(struct seal *seal);

MUST_USE int seal_index(const struct seal *seal, enum index_of which, const void *value, size_t len,
	uint8_t ret_index[BLIND_INDEX_BYTES]);

/* A fresh data key for the row of this identity (its blind id), in caller's memory (sodium_malloc'd or
 * wiped), and the same wrapped; *ret_epoch says under which storage key. */
MUST_USE int seal_key_new(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES],
	uint8_t ret_key[DATA_KEY_BYTES], uint8_t ret_wrapped[WRAPPED_KEY_BYTES], uint32_t *ret_epoch);
MUST_USE int seal_key_open(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES], uint32_t epoch,
	const uint8_t *wrapped, size_t wrapped_len, uint8_t ret_key[DATA_KEY_BYTES]);

/* A data key wrapped again under the newest storage key. -1 where it doesn't open. */
MUST_USE int seal_key_renew(const struct seal *seal, const uint8_t identity[BLIND_INDEX_BYTES],
	uint32_t epoch, const uint8_t *wrapped, size_t wrapped_len, uint8_t ret_wrapped[WRAPPED_KEY_BYTES]);
/* Of the storage keys: new rows are under the newest. */
uint32_t seal_newest_epoch(const struct seal *seal);
uint32_t seal_oldest_epoch(const struct seal *seal);

/* Where a sealed value lies. */
struct place {
	enum column column;
	const uint8_t *identity; /* of the row */
	size_t identity_len;
	uint64_t number; /* of the chunk or event; 0 else */
};

/* Appends nonce and ciphertext. */
MUST_USE int seal_put(const uint8_t key[DATA_KEY_BYTES], const struct place *place, const void *data,
	size_t len, struct buffer *out);
/* Appends the plaintext. -1 for what was changed or moved. */
MUST_USE int seal_get(const uint8_t key[DATA_KEY_BYTES], const struct place *place, const uint8_t *sealed,
	size_t len, struct buffer *out);

/* The same for rows that belong to no report (rosters, messages, nonces, own facts): under a subkey of the
 * newest storage key; the epoch stands before the nonce. */
MUST_USE int seal_put_row(
	const struct seal *seal, const struct place *place, const void *data, size_t len, struct buffer *out);
MUST_USE int seal_get_row(const struct seal *seal, const struct place *place, const uint8_t *sealed,
	size_t len, struct buffer *out);
/* The same value sealed again under the newest storage key. */
MUST_USE int seal_row_renew(const struct seal *seal, const struct place *place, const uint8_t *sealed,
	size_t len, struct buffer *out);

#endif
