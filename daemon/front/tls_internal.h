/* What tls.c (keys, rules, rehearsal) and wire.c (one connection) share: the two files that know OpenSSL. */
#ifndef FRONT_TLS_INTERNAL_H
#define FRONT_TLS_INTERNAL_H

#include "tls.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* Decrypted bytes that a connection may hold, and what is read in one go: a one-page report comes whole, with
 * its head. */
#define WIRE_INPUT_MAX (32 * 1024)

struct tls {
	struct ssl_ctx_st *context;
	/* Where decrypted bytes lie while they are handed on: one for all connections, because only one is at
	 * it. */
	uint8_t *input;
};

#endif
