/* The payload of an age v1 file ("Payload"): a 16-byte nonce, then 64 KiB chunks under ChaCha20-Poly1305
 * (STREAM).
 *
 * A sealer or opener holds one chunk's state, however long the payload is. */
#ifndef PROTO_AGE_STREAM_H
#define PROTO_AGE_STREAM_H

#include "proto/age_header.h"
#include "proto/base.h"

#define AGE_NONCE_BYTES        16
#define AGE_CHUNK_BYTES        (64 * 1024)
#define AGE_TAG_BYTES          16
#define AGE_SEALED_CHUNK_BYTES (AGE_CHUNK_BYTES + AGE_TAG_BYTES)

/* Length of nonce and chunks for a plaintext of this length. */
uint64_t age_payload_len(uint64_t plaintext_len);

struct age_stream;

/* In sodium_malloc memory; NULL where memory is short. The nonce is fresh for a sealer, and read for an
 * opener. */
MUST_USE struct age_stream *age_stream_new(
	const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t nonce[AGE_NONCE_BYTES]);
void age_stream_free(struct age_stream *stream);

/* Seals the next chunk: AGE_CHUNK_BYTES of plaintext, or fewer with last. Writes len + AGE_TAG_BYTES. An
 * empty last chunk is only right where the whole plaintext is empty. After last nothing more is taken. */
MUST_USE int age_stream_seal(
	struct age_stream *stream, const uint8_t *plaintext, size_t len, bool last, uint8_t *ret_sealed);

/* Opens the next chunk of sealed_len bytes; last must be true for what ends the file and only then (the
 * caller knows by looking one byte ahead). Writes sealed_len - AGE_TAG_BYTES. -1 for a wrong tag, a wrong
 * place, an empty last chunk behind others, or anything after last. */
MUST_USE int age_stream_open(struct age_stream *stream, const uint8_t *sealed, size_t sealed_len, bool last,
	uint8_t *ret_plaintext);

#endif
