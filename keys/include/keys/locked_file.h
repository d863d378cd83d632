/* A secret at rest: bytes that lie in a file plain, or as an age scrypt file under a passphrase. */
#ifndef KEYS_LOCKED_FILE_H
#define KEYS_LOCKED_FILE_H

#include "proto/base.h"

/* True where these bytes begin as an age file does. */
bool locked_file_is_encrypted(const uint8_t *data, size_t len);

/* A new private file; passphrase NULL: plain. errno as in secure_file.h. */
MUST_USE int locked_file_create(const char *path, const void *data, size_t len, const char *passphrase,
	size_t passphrase_len, struct fault *fault);

/* In the place of a file that is there, as secure_file_replace. */
MUST_USE int locked_file_replace(const char *path, const void *data, size_t len, const char *passphrase,
	size_t passphrase_len, struct fault *fault);

/* *ret_data is sodium_malloc memory. errno as in secure_file.h; besides ENOKEY (encrypted, no passphrase
 * given) and EKEYREJECTED (the passphrase doesn't open it). */
MUST_USE int locked_file_read(const char *path, size_t max, const char *passphrase, size_t passphrase_len,
	uint8_t **ret_data, size_t *ret_len, struct fault *fault);

#endif
