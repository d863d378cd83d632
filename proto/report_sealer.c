#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/padme.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define END_BLOCKS_LEN ((uint64_t)2 * ARCHIVE_BLOCK)

struct report_sealer {
	report_sink *sink;
	void *sink_context;
	struct sha256 *hash;
	struct age_stream *stream;
	uint8_t *chunk; /* plaintext that waits, in guarded memory */
	size_t chunk_len;
	uint8_t *sealed;
	uint64_t entries_len;
	char names[ARCHIVE_ENTRIES_MAX][ARCHIVE_NAME_SIZE];
	size_t entry_count;
	uint64_t entry_left; /* content that the entry still owes */
	size_t entry_padding;
	bool failed; /* the sink lacks something: what comes now would make no report */
};

static int emit(struct report_sealer *sealer, const uint8_t *data, size_t len)
{
	if (sha256_update(sealer->hash, data, len) != 0)
		return -1;
	return sealer->sink(sealer->sink_context, data, len);
}

/* The stanzas in an order that tells nothing: number `count` stands for the proof. */
static int put_stanzas(
	struct buffer *header, const struct report_sealer_options *options, const uint8_t *file_key)
{
	size_t order[AGE_STANZAS_MAX], count = options->recipient_count + 1;

	age_stanza_order(order, count);
	for (size_t i = 0; i < count; i++) {
		int rc = order[i] == options->recipient_count
				 ? proof_put_stanza(header, file_key, options->destination)
				 : age_header_put_x25519(header, options->recipients[order[i]], file_key);

		if (rc != 0)
			return -1;
	}
	return 0;
}

static int begin(struct report_sealer *sealer, const struct report_sealer_options *options)
{
	struct buffer header = buffer_of(AGE_HEADER_MAX);
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	uint8_t nonce[AGE_NONCE_BYTES];
	int rc = -1;

	if (file_key == NULL)
		goto cleanup;
	randombytes_buf(file_key, AGE_FILE_KEY_BYTES);
	randombytes_buf(nonce, sizeof nonce);
	age_header_begin(&header);
	if (put_stanzas(&header, options, file_key) != 0 || age_header_end(&header, file_key) != 0)
		goto cleanup;
	sealer->stream = age_stream_new(file_key, nonce);
	if (sealer->stream == NULL)
		goto cleanup;
	if (emit(sealer, header.data, header.len) != 0 || emit(sealer, nonce, sizeof nonce) != 0)
		goto cleanup;
	rc = 0;
cleanup:
	sodium_free(file_key);
	buffer_free(&header);
	return rc;
}

int report_sealer_new(const struct report_sealer_options *options, struct report_sealer **ret_sealer)
{
	struct report_sealer *sealer = NULL;
	int rc = -1;

	if (options->recipient_count == 0 || options->recipient_count >= AGE_STANZAS_MAX)
		goto cleanup;
	sealer = calloc(1, sizeof *sealer);
	if (sealer == NULL)
		goto cleanup;
	sealer->sink = options->sink;
	sealer->sink_context = options->sink_context;
	sealer->hash = sha256_new();
	sealer->chunk = sodium_malloc(AGE_CHUNK_BYTES);
	sealer->sealed = malloc(AGE_SEALED_CHUNK_BYTES);
	if (sealer->hash == NULL || sealer->chunk == NULL || sealer->sealed == NULL ||
		begin(sealer, options) != 0)
		goto cleanup;
	*ret_sealer = sealer;
	sealer = NULL;
	rc = 0;
cleanup:
	report_sealer_free(sealer);
	return rc;
}

void report_sealer_free(struct report_sealer *sealer)
{
	if (sealer == NULL)
		return;
	sha256_free(sealer->hash);
	age_stream_free(sealer->stream);
	sodium_free(sealer->chunk);
	free(sealer->sealed);
	free(sealer);
}

static int seal_chunk(struct report_sealer *sealer, const uint8_t *plaintext, size_t len, bool last)
{
	if (sealer->failed || age_stream_seal(sealer->stream, plaintext, len, last, sealer->sealed) != 0)
		return -1;
	sealer->failed = emit(sealer, sealer->sealed, len + AGE_TAG_BYTES) != 0;
	return sealer->failed ? -1 : 0;
}

/* A full chunk is sealed only once more plaintext is there: the last one must be marked as such. */
static int put_plaintext(struct report_sealer *sealer, const uint8_t *data, size_t len)
{
	if (sealer->failed)
		return -1;
	while (len > 0) {
		size_t room = AGE_CHUNK_BYTES - sealer->chunk_len, take = len < room ? len : room;

		if (room == 0) {
			if (seal_chunk(sealer, sealer->chunk, AGE_CHUNK_BYTES, false) != 0)
				return -1;
			sealer->chunk_len = 0;
			continue;
		}
		/* What fills a chunk by itself isn't copied first. */
		if (sealer->chunk_len == 0 && len > AGE_CHUNK_BYTES) {
			if (seal_chunk(sealer, data, AGE_CHUNK_BYTES, false) != 0)
				return -1;
			take = AGE_CHUNK_BYTES;
		} else {
			memcpy(sealer->chunk + sealer->chunk_len, data, take);
			sealer->chunk_len += take;
		}
		data += take;
		len -= take;
	}
	return 0;
}

static int put_zeros(struct report_sealer *sealer, uint64_t len)
{
	static const uint8_t zeros[ARCHIVE_BLOCK];

	while (len > 0) {
		size_t take = len < sizeof zeros ? (size_t)len : sizeof zeros;

		if (put_plaintext(sealer, zeros, take) != 0)
			return -1;
		len -= take;
	}
	return 0;
}

/* The entry's padding, once its content is whole. */
static int close_entry(struct report_sealer *sealer)
{
	size_t padding = sealer->entry_padding;

	if (sealer->entry_left != 0)
		return -1;
	sealer->entry_padding = 0;
	return put_zeros(sealer, padding);
}

/* Whether archive.h's reader would take this name next. */
static bool name_fits(const struct report_sealer *sealer, const char *name)
{
	if (sealer->entry_count == ARCHIVE_ENTRIES_MAX ||
		(sealer->entry_count == 0) != (strcmp(name, ARCHIVE_REPORT) == 0))
		return false;
	for (size_t i = 0; i < sealer->entry_count; i++) {
		if (strcmp(sealer->names[i], name) == 0)
			return false;
	}
	return true;
}

int report_sealer_entry(struct report_sealer *sealer, const char *name, uint64_t size)
{
	uint8_t block[ARCHIVE_BLOCK];

	if (!name_fits(sealer, name) || close_entry(sealer) != 0 || archive_header(name, size, block) != 0)
		return -1;
	memcpy(sealer->names[sealer->entry_count++], name, strlen(name) + 1);
	sealer->entries_len += archive_entry_len(size);
	sealer->entry_left = size;
	sealer->entry_padding = archive_padding(size);
	return put_plaintext(sealer, block, sizeof block);
}

int report_sealer_content(struct report_sealer *sealer, const uint8_t *data, size_t len)
{
	if (len > sealer->entry_left)
		return -1;
	sealer->entry_left -= len;
	return put_plaintext(sealer, data, len);
}

int report_sealer_finish(struct report_sealer *sealer, uint8_t ret_id[REPORT_ID_BYTES])
{
	if (close_entry(sealer) != 0 || sealer->entries_len == 0)
		return -1;
	if (put_zeros(sealer, report_plaintext_len(sealer->entries_len) - sealer->entries_len) != 0)
		return -1;
	if (seal_chunk(sealer, sealer->chunk, sealer->chunk_len, true) != 0)
		return -1;
	return sha256_final(sealer->hash, ret_id);
}

uint64_t report_plaintext_len(uint64_t entries_len)
{
	return padme_length(entries_len + END_BLOCKS_LEN);
}
