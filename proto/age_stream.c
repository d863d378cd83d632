#include "proto/age_stream.h"
#include "proto/digest.h"

#include <sodium.h>
#include <string.h>

#define COUNTER_BYTES 11 /* big-endian, before the byte that marks the last chunk */

struct age_stream {
	uint8_t key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
	uint64_t counter;
	bool ended;
};

uint64_t age_payload_len(uint64_t plaintext_len)
{
	uint64_t chunks = plaintext_len == 0 ? 1 : (plaintext_len - 1) / AGE_CHUNK_BYTES + 1;

	return AGE_NONCE_BYTES + plaintext_len + chunks * AGE_TAG_BYTES;
}

struct age_stream *age_stream_new(
	const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t nonce[AGE_NONCE_BYTES])
{
	struct age_stream *stream = sodium_malloc(sizeof *stream);

	if (stream == NULL)
		return NULL;
	stream->counter = 0;
	stream->ended = false;
	if (hkdf_sha256(file_key, AGE_FILE_KEY_BYTES, nonce, AGE_NONCE_BYTES, "payload", stream->key,
		    sizeof stream->key) != 0) {
		age_stream_free(stream);
		return NULL;
	}
	return stream;
}

void age_stream_free(struct age_stream *stream)
{
	sodium_free(stream);
}

/* A 64-bit counter can't run over: 2^64 chunks are 2^80 bytes. */
static void chunk_nonce(const struct age_stream *stream, bool last, uint8_t nonce[COUNTER_BYTES + 1])
{
	memset(nonce, 0, COUNTER_BYTES + 1);
	for (int i = 0; i < 8; i++)
		nonce[COUNTER_BYTES - 1 - i] = (uint8_t)(stream->counter >> (8 * i));
	nonce[COUNTER_BYTES] = last ? 1 : 0;
}

/* Whether a plaintext chunk of this length may stand here. */
static bool fits(const struct age_stream *stream, size_t len, bool last)
{
	if (stream->ended || len > AGE_CHUNK_BYTES)
		return false;
	if (!last)
		return len == AGE_CHUNK_BYTES;
	return len > 0 || stream->counter == 0;
}

int age_stream_seal(
	struct age_stream *stream, const uint8_t *plaintext, size_t len, bool last, uint8_t *ret_sealed)
{
	uint8_t nonce[COUNTER_BYTES + 1];

	if (!fits(stream, len, last))
		return -1;
	chunk_nonce(stream, last, nonce);
	if (crypto_aead_chacha20poly1305_ietf_encrypt(
		    ret_sealed, NULL, plaintext, len, NULL, 0, NULL, nonce, stream->key) != 0)
		return -1;
	stream->counter++;
	stream->ended = last;
	return 0;
}

int age_stream_open(struct age_stream *stream, const uint8_t *sealed, size_t sealed_len, bool last,
	uint8_t *ret_plaintext)
{
	uint8_t nonce[COUNTER_BYTES + 1];

	if (sealed_len < AGE_TAG_BYTES || !fits(stream, sealed_len - AGE_TAG_BYTES, last))
		return -1;
	chunk_nonce(stream, last, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		    ret_plaintext, NULL, NULL, sealed, sealed_len, NULL, 0, nonce, stream->key) != 0)
		return -1;
	stream->counter++;
	stream->ended = last;
	return 0;
}
