/* Whole small age files in memory: identity files, keyrings, mailbox messages, notes. */
#ifndef PROTO_AGE_FILE_H
#define PROTO_AGE_FILE_H

#include "proto/age_header.h"
#include "proto/base.h"
#include "proto/buffer.h"

/* Seals plaintext to these recipients (stanzas shuffled) and appends the file to out. */
MUST_USE int age_file_seal(const uint8_t (*recipients)[AGE_RECIPIENT_BYTES], size_t count,
	const uint8_t *plaintext, size_t len, struct buffer *out);
MUST_USE int age_file_seal_passphrase(const char *passphrase, size_t passphrase_len, unsigned work_factor,
	const uint8_t *plaintext, size_t len, struct buffer *out);

/* *ret_plaintext is sodium_malloc memory of *ret_len bytes (at least 1 is allocated); free with sodium_free.
 */
MUST_USE int age_file_open(const uint8_t *file, size_t len, const struct age_identity *identity,
	uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault);
MUST_USE int age_file_open_passphrase(const uint8_t *file, size_t len, const char *passphrase,
	size_t passphrase_len, uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault);

/* Appends the payload behind a header that is complete. */
MUST_USE int age_payload_seal(
	struct buffer *out, const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t *plaintext, size_t len);

/* Opens the payload, for a file key that the caller already has. */
MUST_USE int age_payload_open(const uint8_t *payload, size_t len, const uint8_t file_key[AGE_FILE_KEY_BYTES],
	uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault);

#endif
