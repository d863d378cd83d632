#include "proto/wrapping.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* What is signed, and the first header sealed. The JSON stands in wrapping_json.c. */

#define LINES_MAX  1024
#define FIRST_INFO "first-header/1"

struct wrapping *wrapping_new(void)
{
	return calloc(1, sizeof(struct wrapping));
}

void wrapping_free(struct wrapping *wrapping)
{
	if (wrapping == NULL)
		return;
	free(wrapping->header);
	free(wrapping->first);
	free(wrapping);
}

static int set_copy(uint8_t **bytes, size_t *bytes_len, const uint8_t *data, size_t len, size_t max)
{
	uint8_t *copy = len == 0 || len > max ? NULL : malloc(len);

	if (copy == NULL)
		return -1;
	memcpy(copy, data, len);
	free(*bytes);
	*bytes = copy;
	*bytes_len = len;
	return 0;
}

int wrapping_set_header(struct wrapping *wrapping, const uint8_t *header, size_t len)
{
	uint8_t digest[SHA256_BYTES];

	if (sha256_once(header, len, digest) != 0 ||
		set_copy(&wrapping->header, &wrapping->header_len, header, len, AGE_HEADER_MAX) != 0)
		return -1;
	memcpy(wrapping->new_header, digest, sizeof(digest));
	return 0;
}

int wrapping_set_first(struct wrapping *wrapping, const uint8_t *first, size_t len)
{
	return set_copy(&wrapping->first, &wrapping->first_len, first, len, FIRST_HEADER_MAX);
}

bool wrapping_is_confirmation(const struct wrapping *wrapping)
{
	return wrapping->header == NULL;
}

int wrapping_put_lines(
	const struct wrapping *wrapping, const struct event_subject *subject, struct buffer *out)
{
	char old_header[SHA256_HEX_CHARS + 1], new_header[SHA256_HEX_CHARS + 1];

	hex_encode(wrapping->old_header, SHA256_BYTES, old_header);
	hex_encode(wrapping->new_header, SHA256_BYTES, new_header);
	buffer_put_format(out, "clarion-header/1\n%s\n%s\n%llu\n%s\n%s\n", subject->organisation,
		subject->report, (unsigned long long)wrapping->roster, old_header, new_header);
	return buffer_ok(out);
}

int wrapping_sign(struct wrapping *wrapping, const struct event_subject *subject,
	const uint8_t secret_key[64], const uint8_t *proof_secret_key)
{
	uint8_t keyid[ED25519_PUBLIC_BYTES], signature[ED25519_SIGNATURE_BYTES];
	uint8_t proof[ED25519_SIGNATURE_BYTES] = { 0 };
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (wrapping_put_lines(wrapping, subject, &lines) != 0 ||
		crypto_sign_ed25519_sk_to_pk(keyid, secret_key) != 0 ||
		crypto_sign_detached(signature, NULL, lines.data, lines.len, secret_key) != 0)
		goto cleanup;
	if (proof_secret_key != NULL &&
		crypto_sign_detached(proof, NULL, lines.data, lines.len, proof_secret_key) != 0)
		goto cleanup;
	memcpy(wrapping->keyid, keyid, sizeof(keyid));
	memcpy(wrapping->signature, signature, sizeof(signature));
	memcpy(wrapping->proof, proof, sizeof(proof));
	wrapping->has_proof = proof_secret_key != NULL;
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

int wrapping_verify(
	const struct wrapping *wrapping, const struct event_subject *subject, const uint8_t *proof_key)
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (wrapping->has_proof != (proof_key != NULL) ||
		wrapping_put_lines(wrapping, subject, &lines) != 0 ||
		crypto_sign_verify_detached(wrapping->signature, lines.data, lines.len, wrapping->keyid) != 0)
		goto cleanup;
	if (proof_key != NULL &&
		crypto_sign_verify_detached(wrapping->proof, lines.data, lines.len, proof_key) != 0)
		goto cleanup;
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

void wrapping_state_free(struct wrapping_state *state)
{
	wrapping_free(state->wrapping);
	free(state->replaced);
	*state = (struct wrapping_state){ .wrapping = NULL };
}

static const struct age_stanza *proof_stanza(const struct age_header *header)
{
	for (size_t i = 0; i < header->count; i++) {
		if (age_stanza_is(&header->stanzas[i], "proof"))
			return &header->stanzas[i];
	}
	return NULL;
}

int wrapping_make_header(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY_BYTES],
	const uint8_t (*recipients)[AGE_RECIPIENT_BYTES], size_t count, struct buffer *out)
{
	const struct age_stanza *proof = proof_stanza(header);
	size_t stanzas = count + (proof != NULL ? 1 : 0), order[AGE_STANZAS_MAX];

	if (count == 0 || stanzas > AGE_STANZAS_MAX)
		return -1;
	age_stanza_order(order, stanzas);
	age_header_begin(out);
	for (size_t i = 0; i < stanzas; i++) {
		if (proof != NULL && order[i] == count)
			age_header_put_stanza(
				out, proof->args, proof->arg_count, proof->body, proof->body_len);
		else if (age_header_put_x25519(out, recipients[order[i]], file_key) != 0)
			return -1;
	}
	return age_header_end(out, file_key);
}

static int first_header_key(const uint8_t file_key[AGE_FILE_KEY_BYTES], uint8_t ret_key[32])
{
	return hkdf_sha256(file_key, AGE_FILE_KEY_BYTES, NULL, 0, FIRST_INFO, ret_key, 32);
}

int first_header_seal(
	const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t *header, size_t len, struct buffer *out)
{
	uint8_t key[32], nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint8_t *sealed;
	int rc = -1;

	if (len == 0 || len > AGE_HEADER_MAX || first_header_key(file_key, key) != 0)
		return -1;
	randombytes_buf(nonce, sizeof(nonce));
	buffer_put(out, nonce, sizeof(nonce));
	sealed = buffer_grow(out, len + crypto_aead_xchacha20poly1305_ietf_ABYTES);
	if (sealed != NULL)
		rc = crypto_aead_xchacha20poly1305_ietf_encrypt(
			sealed, NULL, header, len, NULL, 0, NULL, nonce, key);
	sodium_memzero(key, sizeof(key));
	return rc;
}

int first_header_open(
	const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t *sealed, size_t len, struct buffer *out)
{
	const size_t nonce_len = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
	size_t before = out->len;
	uint8_t key[32], *header;
	int rc = -1;

	if (len <= FIRST_HEADER_OVERHEAD || len > FIRST_HEADER_MAX || first_header_key(file_key, key) != 0)
		return -1;
	header = buffer_grow(out, len - FIRST_HEADER_OVERHEAD);
	if (header != NULL)
		rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
			header, NULL, NULL, sealed + nonce_len, len - nonce_len, NULL, 0, sealed, key);
	if (rc != 0)
		out->len = before;
	sodium_memzero(key, sizeof(key));
	return rc;
}
