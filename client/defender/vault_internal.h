/* Between vault.c and vault_payload.c. */
#ifndef DEFENDER_VAULT_INTERNAL_H
#define DEFENDER_VAULT_INTERNAL_H

#include "disk.h"
#include "vault.h"

#define FILE_NAME_SIZE 33 /* 16 bytes as hex + NUL */

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
