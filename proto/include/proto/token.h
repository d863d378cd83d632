/* Admission tokens: Privacy Pass tokens (RFC 9577) of type 0x0005, issued a batch at a time as in
 * draft-ietf-privacypass-batched-tokens ("amortized"), over proto/voprf.h.
 *
 * Whoever gives tokens out sees blinded elements only, and whoever takes one sees the token only: nothing
 * leads from the one to the other. All tokens answer one challenge, so that they differ in nothing but the
 * key. */
#ifndef PROTO_TOKEN_H
#define PROTO_TOKEN_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/invitation.h"
#include "proto/voprf.h"

#define TOKEN_TYPE             0x0005
#define TOKEN_NONCE_BYTES      32
#define TOKEN_KEY_ID_BYTES     SHA256_BYTES
#define TOKEN_INPUT_BYTES      (2 + TOKEN_NONCE_BYTES + SHA256_BYTES + TOKEN_KEY_ID_BYTES)
#define TOKEN_BYTES            (TOKEN_INPUT_BYTES + VOPRF_OUTPUT_BYTES)
#define TOKEN_BATCH_SEED_BYTES 32
#define TOKEN_BATCH_MAX        32 /* what one invitation is good for: some years of reports, and no flood */
#define TOKEN_REQUEST_MAX      (2 + 1 + 2 + TOKEN_BATCH_MAX * VOPRF_ELEMENT_BYTES)
#define TOKEN_RESPONSE_MAX     (2 + TOKEN_BATCH_MAX * VOPRF_ELEMENT_BYTES + VOPRF_PROOF_BYTES)
#define TOKEN_REQUEST_TYPE     "application/private-token-amortized-batch-request"
#define TOKEN_RESPONSE_TYPE    "application/private-token-amortized-batch-response"

struct token {
	uint8_t nonce[TOKEN_NONCE_BYTES];
	uint8_t challenge_digest[SHA256_BYTES];
	uint8_t key_id[TOKEN_KEY_ID_BYTES];
	uint8_t authenticator[VOPRF_OUTPUT_BYTES];
};

/* Exactly TOKEN_BYTES of type 0x0005. */
MUST_USE int token_parse(const uint8_t *data, size_t len, struct token *ret_token);
void token_write(const struct token *token, uint8_t ret_bytes[TOKEN_BYTES]);

/* SHA-256 of the one challenge that all our tokens answer. */
MUST_USE int token_challenge_digest(uint8_t ret_digest[SHA256_BYTES]);
/* SHA-256 of the public key. */
MUST_USE int token_key_id(
	const uint8_t public_key[VOPRF_ELEMENT_BYTES], uint8_t ret_key_id[TOKEN_KEY_ID_BYTES]);
/* What is blinded, and what the authenticator is about: the token without it. */
void token_input(const struct token *token, uint8_t ret_input[TOKEN_INPUT_BYTES]);

/* 0 where the key's holder finds the token hers, for our challenge. In constant time. */
MUST_USE int token_verify(const struct token *token, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t key_id[TOKEN_KEY_ID_BYTES]);

/* --- issuance: AmortizedBatchTokenRequest and …Response */

struct token_request {
	uint8_t key_id_end; /* the last byte of the key's id */
	size_t count;       /* 1 to TOKEN_BATCH_MAX */
	uint8_t blinded[TOKEN_BATCH_MAX][VOPRF_ELEMENT_BYTES];
};

struct token_response {
	size_t count;
	uint8_t evaluated[TOKEN_BATCH_MAX][VOPRF_ELEMENT_BYTES];
	uint8_t proof[VOPRF_PROOF_BYTES];
};

MUST_USE int token_request_write(const struct token_request *request, struct buffer *out);
/* The form only: whether the elements are elements is token_issue's to see. */
MUST_USE int token_request_parse(const uint8_t *data, size_t len, struct token_request *ret_request);
MUST_USE int token_response_write(const struct token_response *response, struct buffer *out);
MUST_USE int token_response_parse(const uint8_t *data, size_t len, struct token_response *ret_response);

/* -1 where one of the blinded isn't an element. The evaluated elements are the same each time; the proof, as
 * it must be, is another one. */
MUST_USE int token_issue(const struct token_request *request, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t public_key[VOPRF_ELEMENT_BYTES], struct token_response *ret_response);

/* A batch as the asking side keeps it until it has the answer: nonces and blinds follow from the seed, so
 * that the same batch asks the same thing again. Secret. */
struct token_batch {
	uint8_t seed[TOKEN_BATCH_SEED_BYTES];
	uint8_t public_key[VOPRF_ELEMENT_BYTES];
	uint8_t count; /* 1 to TOKEN_BATCH_MAX */
};

MUST_USE int token_batch_request(const struct token_batch *batch, struct token_request *ret_request);
/* The tokens, once the response is proven to come from the batch's key; -1 else. */
MUST_USE int token_batch_finish(const struct token_batch *batch, const struct token_response *response,
	struct token ret_tokens[TOKEN_BATCH_MAX]);

/* --- the Authorization field */

#define TOKEN_FIELD_SIZE  256 /* `PrivateToken token="…"` and to spare */
#define SECRET_FIELD_SIZE 32

void token_field_write(const uint8_t token[TOKEN_BYTES], char ret_field[TOKEN_FIELD_SIZE]);
/* The value with or without quotes (RFC 9577, section 2.2.1), and no other parameter. */
MUST_USE int token_field_parse(const char *field, struct token *ret_token);
/* `Bearer SECRET` (RFC 6750): an invitation that is exchanged. */
void secret_field_write(const uint8_t secret[INVITATION_SECRET_BYTES], char ret_field[SECRET_FIELD_SIZE]);
MUST_USE int secret_field_parse(const char *field, uint8_t ret_secret[INVITATION_SECRET_BYTES]);

#endif
