/* SHA-256 through OpenSSL's EVP, which is five times as fast as libsodium's here, and HKDF-SHA-256 (RFC 5869)
 * over libsodium's HMAC. digest.c is the only file of proto/ that knows OpenSSL. */
#ifndef PROTO_DIGEST_H
#define PROTO_DIGEST_H

#include "proto/base.h"

struct sha256;

/* NULL where memory is short. */
MUST_USE struct sha256 *sha256_new(void);
MUST_USE int sha256_update(struct sha256 *hash, const void *data, size_t len);
/* Ends this hash; the handle can then only be freed. */
MUST_USE int sha256_final(struct sha256 *hash, uint8_t ret_digest[SHA256_BYTES]);
/* The digest of everything so far; the hash goes on. */
MUST_USE int sha256_peek(const struct sha256 *hash, uint8_t ret_digest[SHA256_BYTES]);
void sha256_free(struct sha256 *hash);

MUST_USE int sha256_once(const void *data, size_t len, uint8_t ret_digest[SHA256_BYTES]);

/* At most 255 * 32 bytes. An absent salt is NULL with length 0. */
MUST_USE int hkdf_sha256(const void *secret, size_t secret_len, const void *salt, size_t salt_len,
	const char *info, void *ret_key, size_t key_len);

#endif
