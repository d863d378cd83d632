/* Between vault.c, vault_second.c, vault_writer.c and vault_reader.c. */
#ifndef DEFENDER_VAULT_INTERNAL_H
#define DEFENDER_VAULT_INTERNAL_H

#include "disk.h"
#include "vault.h"
#include "vault_image.h"

#include <sodium.h>

/* Payloads with a file of their own: 15 bytes as hex + NUL, another length than the home's own file has. */
#define FILE_NAME_SIZE 31

/* Such a payload is a secretstream of chunks, each as long as all others: what is in it, zeros up to
 * CHUNK_ROOM, and how much of it counts. Behind the last chunk lie random bytes up to one of a few lengths
 * (vault_file_length). */
#define CHUNK_BYTES        (64 * 1024)
#define CHUNK_ROOM         (CHUNK_BYTES - 4)
#define SEALED_CHUNK_BYTES (CHUNK_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES)
#define STREAM_HEADER      crypto_secretstream_xchacha20poly1305_HEADERBYTES

/* So much is kept free for items: they must go on when the queue is full. */
#define ITEMS_RESERVE ((size_t)384 * 1024)

struct vault_keys {
	struct slot_keys slot;
	uint8_t names[32];
	uint8_t payloads[32];
};

struct vault {
	const struct home *home;
	struct container *container; /* NULL in memory */
	bool is_second;              /* the container is another vault's */
	bool is_open_to_all;
	size_t slot;
	struct vault_keys *keys; /* sodium_malloc */
	struct image image;
};

/* The record with a second slot's keys. */
#define VAULT_SECOND  "second"
#define VAULT_DAMAGED "the home is damaged: join again in a new folder"

/* Keys of a passphrase (NULL: those that anybody can make) and the container's salt. In sodium_malloc memory.
 */
MUST_USE int vault_keys_of(
	const char *passphrase, const uint8_t *salt, struct vault_keys **ret_keys, struct failure *failure);

/* The image as it is in memory becomes that on the disk. */
MUST_USE int vault_commit(struct vault *vault, struct failure *failure);
/* One record put in its place, durably, or nothing changed. */
MUST_USE int vault_put_record(
	struct vault *vault, const char *name, const void *data, size_t len, struct failure *failure);

/* What a payload's own file is called on disk. */
void vault_file_name(const struct vault *vault, const char *name, char ret_file[FILE_NAME_SIZE]);

/* How long a file becomes that needs this length: as long as the home's own file, or 3, 4, 6, 8, 12, 16, …
 * MiB. */
uint64_t vault_file_length(uint64_t needed);

#endif
