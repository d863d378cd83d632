/* HTTP Message Signatures (RFC 9421) with Ed25519, and Content-Digest (RFC 9530) with sha-256.
 *
 * signature_base is the RFC's, for any components. The rest is Clarion's strict profile (docs/protocol.md,
 * "Signed requests"): these five components in this order, these four parameters. */
#ifndef PROTO_MESSAGE_SIGNATURE_H
#define PROTO_MESSAGE_SIGNATURE_H

#include "proto/base.h"
#include "proto/buffer.h"

struct signature_component {
	const char *name; /* `@method`, or a field's name in lower case */
	const char *value;
};

/* Appends the signature base of section 2.5. params is what follows the inner list: `;created=…;keyid="…"`.
 * -1 for a name or value that would break the base's lines, a name given twice, or a buffer that failed. */
MUST_USE int signature_base(
	const struct signature_component *components, size_t count, const char *params, struct buffer *out);

#define CONTENT_DIGEST_SIZE 55 /* `sha-256=:` + 44 + `:` + NUL */

void content_digest_format(const uint8_t digest[SHA256_BYTES], char ret_text[CONTENT_DIGEST_SIZE]);
/* Exactly `sha-256=:BASE64:`; other algorithms and lists are refused. */
MUST_USE int content_digest_parse(const char *text, size_t len, uint8_t ret_digest[SHA256_BYTES]);

#define NONCE_MIN_CHARS       16
#define NONCE_MAX_CHARS       64
#define NONCE_SIZE            (NONCE_MAX_CHARS + 1)
#define SIGNATURE_PARAMS_SIZE 256
#define SIGNATURE_INPUT_SIZE  384
#define SIGNATURE_FIELD_SIZE  128

/* What is signed. digest is that of the body (of the empty string without one). */
struct signed_request {
	const char *method;    /* upper case */
	const char *authority; /* lower case, port 443 left out */
	const char *path;      /* as sent, base path included */
	const char *query;     /* what follows the `?`; "" without one */
	uint8_t digest[SHA256_BYTES];
};

/* The three fields' values. */
struct signature_fields {
	char content_digest[CONTENT_DIGEST_SIZE];
	char signature_input[SIGNATURE_INPUT_SIZE];
	char signature[SIGNATURE_FIELD_SIZE];
};

struct request_signature {
	int64_t created;
	char nonce[NONCE_SIZE];
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	char params[SIGNATURE_PARAMS_SIZE]; /* as received: the base repeats them */
};

/* A fresh nonce of 22 characters. */
void request_nonce_new(char ret_nonce[NONCE_SIZE]);

/* secret_key is 64 bytes, libsodium's form; keyid is its public half. */
MUST_USE int request_signature_make(const struct signed_request *request, int64_t created, const char *nonce,
	const uint8_t secret_key[64], struct signature_fields *ret_fields);

/* Form only: one signature under one label, the same in both fields. */
MUST_USE int request_signature_parse(const char *signature_input, const char *signature,
	struct request_signature *ret_signature, struct fault *fault);

/* 0 where the signature is by its keyid over this request. Clock, nonce and who the key belongs to are the
 * caller's. */
MUST_USE int request_signature_verify(
	const struct request_signature *signature, const struct signed_request *request);

#endif
