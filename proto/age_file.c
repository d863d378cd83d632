#include "proto/age_file.h"
#include "proto/age_stream.h"
#include "proto/cursor.h"

#include <sodium.h>
#include <string.h>

int age_payload_seal(
	struct buffer *out, const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t *plaintext, size_t len)
{
	uint8_t nonce[AGE_NONCE_BYTES];
	struct age_stream *stream = NULL;
	size_t done = 0;
	bool last = false;
	int rc = -1;

	randombytes_buf(nonce, sizeof nonce);
	stream = age_stream_new(file_key, nonce);
	if (stream == NULL)
		goto cleanup;
	buffer_put(out, nonce, sizeof nonce);
	while (!last) {
		size_t take = len - done < AGE_CHUNK_BYTES ? len - done : AGE_CHUNK_BYTES;
		uint8_t *sealed = buffer_grow(out, take + AGE_TAG_BYTES);

		last = done + take == len;
		if (sealed == NULL || age_stream_seal(stream, plaintext + done, take, last, sealed) != 0)
			goto cleanup;
		done += take;
	}
	rc = buffer_ok(out);
cleanup:
	age_stream_free(stream);
	return rc;
}

int age_file_seal(const uint8_t (*recipients)[AGE_RECIPIENT_BYTES], size_t count, const uint8_t *plaintext,
	size_t len, struct buffer *out)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct buffer header = buffer_of(AGE_HEADER_MAX);
	size_t order[AGE_STANZAS_MAX];
	int rc = -1;

	if (file_key == NULL || count == 0 || count > AGE_STANZAS_MAX)
		goto cleanup;
	randombytes_buf(file_key, AGE_FILE_KEY_BYTES);
	age_stanza_order(order, count);
	age_header_begin(&header);
	for (size_t i = 0; i < count; i++) {
		if (age_header_put_x25519(&header, recipients[order[i]], file_key) != 0)
			goto cleanup;
	}
	if (age_header_end(&header, file_key) != 0)
		goto cleanup;
	buffer_put(out, header.data, header.len);
	rc = age_payload_seal(out, file_key, plaintext, len);
cleanup:
	sodium_free(file_key);
	buffer_free(&header);
	return rc;
}

int age_file_seal_passphrase(const char *passphrase, size_t passphrase_len, unsigned work_factor,
	const uint8_t *plaintext, size_t len, struct buffer *out)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct buffer header = buffer_of(AGE_HEADER_MAX);
	int rc = -1;

	if (file_key == NULL)
		goto cleanup;
	randombytes_buf(file_key, AGE_FILE_KEY_BYTES);
	age_header_begin(&header);
	if (age_header_put_passphrase(&header, passphrase, passphrase_len, work_factor, file_key) != 0 ||
		age_header_end(&header, file_key) != 0)
		goto cleanup;
	buffer_put(out, header.data, header.len);
	rc = age_payload_seal(out, file_key, plaintext, len);
cleanup:
	sodium_free(file_key);
	buffer_free(&header);
	return rc;
}

int age_payload_open(const uint8_t *payload, size_t len, const uint8_t file_key[AGE_FILE_KEY_BYTES],
	uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault)
{
	struct reader reader = reader_of(payload, len);
	struct age_stream *stream = NULL;
	const uint8_t *nonce, *sealed;
	/* The plaintext is shorter than what carries it. */
	uint8_t *plaintext = sodium_malloc(len == 0 ? 1 : len);
	size_t done = 0;
	int rc = -1;

	if (plaintext == NULL) {
		rc = fault_set(fault, "memory is short");
		goto cleanup;
	}
	if (reader_view(&reader, AGE_NONCE_BYTES, &nonce) != 0 || reader.left == 0) {
		rc = fault_set(fault, "it is cut short");
		goto cleanup;
	}
	stream = age_stream_new(file_key, nonce);
	if (stream == NULL) {
		rc = fault_set(fault, "memory is short");
		goto cleanup;
	}
	while (reader.left > 0) {
		size_t take = reader.left < AGE_SEALED_CHUNK_BYTES ? reader.left : AGE_SEALED_CHUNK_BYTES;

		if (reader_view(&reader, take, &sealed) != 0 ||
			age_stream_open(stream, sealed, take, reader.left == 0, plaintext + done) != 0) {
			rc = fault_set(fault, "its content was changed or cut short");
			goto cleanup;
		}
		done += take - AGE_TAG_BYTES;
	}
	*ret_plaintext = plaintext;
	*ret_len = done;
	plaintext = NULL;
	rc = 0;
cleanup:
	age_stream_free(stream);
	sodium_free(plaintext);
	return rc;
}

/* Which key unwraps the file key: an identity, or else a passphrase. */
struct opener {
	const struct age_identity *identity;
	const char *passphrase;
	size_t passphrase_len;
};

static int open_with(const struct opener *opener, const uint8_t *file, size_t len, uint8_t **ret_plaintext,
	size_t *ret_len, struct fault *fault)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct age_header *header = NULL;
	bool cut_short;
	int rc = -1;

	if (file_key == NULL) {
		rc = fault_set(fault, "memory is short");
		goto cleanup;
	}
	if (age_header_parse(file, len, &header, &cut_short, fault) != 0)
		goto cleanup;
	if (opener->identity != NULL)
		rc = age_header_unwrap(header, opener->identity, file_key, fault);
	else
		rc = age_header_unwrap_passphrase(
			header, opener->passphrase, opener->passphrase_len, file_key, fault);
	if (rc == 0)
		rc = age_payload_open(
			file + header->len, len - header->len, file_key, ret_plaintext, ret_len, fault);
cleanup:
	sodium_free(file_key);
	age_header_free(header);
	return rc;
}

int age_file_open(const uint8_t *file, size_t len, const struct age_identity *identity,
	uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault)
{
	struct opener opener = { .identity = identity };

	return open_with(&opener, file, len, ret_plaintext, ret_len, fault);
}

int age_file_open_passphrase(const uint8_t *file, size_t len, const char *passphrase, size_t passphrase_len,
	uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault)
{
	struct opener opener = { .passphrase = passphrase, .passphrase_len = passphrase_len };

	return open_with(&opener, file, len, ret_plaintext, ret_len, fault);
}
