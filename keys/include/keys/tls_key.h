/* The server's TLS key and certificate. tls_key.c is the only file of keys/ that knows OpenSSL. */
#ifndef KEYS_TLS_KEY_H
#define KEYS_TLS_KEY_H

#include "proto/base.h"
#include "proto/buffer.h"

struct tls_pair {
	uint8_t *key; /* PEM, in sodium_malloc memory */
	size_t key_len;
	struct buffer certificate; /* PEM */
	uint8_t pin[SHA256_BYTES]; /* SHA-256 of the SPKI */
};

/* ECDSA P-256, self-signed for this host name or address: what any small web site might show. now in seconds.
 */
MUST_USE int tls_pair_new(const char *host, int64_t now, struct tls_pair *ret_pair, struct fault *fault);
void tls_pair_free(struct tls_pair *pair);

/* The pin of a certificate: the first one of a chain in PEM. */
MUST_USE int tls_certificate_pin(const uint8_t *pem, size_t len, uint8_t ret_pin[SHA256_BYTES]);

/* When it ends: seconds since 1970. */
MUST_USE int tls_certificate_expires(const uint8_t *pem, size_t len, int64_t *ret_seconds);

/* 0 where the key, in PEM, is the certificate's. */
MUST_USE int tls_key_fits(
	const uint8_t *key, size_t key_len, const uint8_t *certificate, size_t certificate_len);

#endif
