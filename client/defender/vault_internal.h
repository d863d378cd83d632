/* Between vault.c, vault_writer.c and vault_reader.c. */
#ifndef DEFENDER_VAULT_INTERNAL_H
#define DEFENDER_VAULT_INTERNAL_H

#include "disk.h"
#include "vault.h"

#include <sodium.h>

#define FILE_NAME_SIZE 33 /* 16 bytes as hex + NUL */

/* A payload is a secretstream of chunks like age's, so that a chunk of a sealed report mostly is a chunk
 * here. */
#define CHUNK_BYTES        (64 * 1024)
#define SEALED_CHUNK_BYTES (CHUNK_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES)
#define STREAM_HEADER      crypto_secretstream_xchacha20poly1305_HEADERBYTES

/* The slots' file has a name like all others: no word, and the same length. */
#define SLOTS_FILE "6f1ed002ab5595859014ebf0951522d9"

struct vault_keys {
	uint8_t names[32];
	uint8_t items[32];
	uint8_t payloads[32];
};

struct vault {
	const struct home *home;
	struct vault_keys *keys; /* sodium_malloc */
};

/* What a thing of this name is called on disk. */
void vault_file_name(const struct vault *vault, const char *name, char ret_file[FILE_NAME_SIZE]);

#endif
