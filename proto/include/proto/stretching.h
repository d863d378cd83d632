#ifndef PROTO_STRETCHING_H
#define PROTO_STRETCHING_H

#include "proto/base.h"

#include <stddef.h>
#include <stdint.h>

#define STRETCHING_SALT_BYTES 16

/* Argon2id (RFC 9106) of a passphrase or a receipt number, with libsodium's MODERATE limits: 256 MiB and
 * three passes. The limits belong to the format: others lead to other keys. A build with -Dtest_clock=true,
 * which says that it is one, does as little work as Argon2id can: its tests would spend a third of their time
 * on this. key is key_len bytes of the caller's, 16 to 64. Fails without the memory. */
MUST_USE int stretch(
	const char *text, const uint8_t salt[STRETCHING_SALT_BYTES], uint8_t *ret_key, size_t key_len);

/* The work factor of the scrypt stanza (age's own default, 18: 256 MiB) before a key file that a passphrase
 * protects; 10 in such a build. Any other up to AGE_SCRYPT_WORK_MAX is read. */
unsigned stretching_work_factor(void);

#endif
