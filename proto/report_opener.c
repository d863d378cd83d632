#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct report_opener {
	const struct age_identity *identity;
	report_sink *sink;
	void *sink_context;
	struct sha256 *hash;
	struct buffer head; /* the header while it comes in; then the nonce */
	struct age_header *header;
	uint8_t *file_key;
	struct age_stream *stream;
	uint8_t *sealed; /* a chunk that comes in */
	size_t sealed_len;
	uint8_t *plaintext; /* a chunk that was opened, in guarded memory */
	bool failed;
};

struct report_opener *report_opener_new(
	const struct age_identity *identity, report_sink *plaintext_sink, void *sink_context)
{
	struct report_opener *opener = calloc(1, sizeof *opener);

	if (opener == NULL)
		return NULL;
	opener->identity = identity;
	opener->sink = plaintext_sink;
	opener->sink_context = sink_context;
	opener->head = buffer_of(AGE_HEADER_MAX);
	opener->hash = sha256_new();
	opener->file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	opener->sealed = malloc(AGE_SEALED_CHUNK_BYTES);
	opener->plaintext = sodium_malloc(AGE_CHUNK_BYTES);
	if (opener->hash == NULL || opener->file_key == NULL || opener->sealed == NULL ||
		opener->plaintext == NULL) {
		report_opener_free(opener);
		return NULL;
	}
	return opener;
}

void report_opener_free(struct report_opener *opener)
{
	if (opener == NULL)
		return;
	sha256_free(opener->hash);
	buffer_free(&opener->head);
	age_header_free(opener->header);
	sodium_free(opener->file_key);
	age_stream_free(opener->stream);
	free(opener->sealed);
	sodium_free(opener->plaintext);
	free(opener);
}

/* Takes bytes until the header is whole. Parsing is tried only where a MAC line may have come, so that a
 * header that trickles in isn't parsed anew for each byte. */
static int take_header(struct report_opener *opener, struct reader *in, struct fault *fault)
{
	size_t before = opener->head.len, take = AGE_HEADER_MAX - before;
	const uint8_t *data;
	bool cut_short;

	take = in->left < take ? in->left : take;
	if (take == 0 || reader_view(in, take, &data) != 0)
		return fault_set(fault, "not an age file: its header has no end");
	buffer_put(&opener->head, data, take);
	if (buffer_ok(&opener->head) != 0)
		return fault_set(fault, "memory is short");
	if (memmem(opener->head.data, opener->head.len, "\n---", 4) == NULL &&
		opener->head.len < AGE_HEADER_MAX)
		return 0;
	if (age_header_parse(opener->head.data, opener->head.len, &opener->header, &cut_short, fault) != 0)
		return cut_short ? 0 : -1;
	/* What came behind the header goes back to be read as payload. */
	in->at -= opener->head.len - opener->header->len;
	in->left += opener->head.len - opener->header->len;
	buffer_clear(&opener->head);
	return age_header_unwrap(opener->header, opener->identity, opener->file_key, fault);
}

static int take_nonce(struct report_opener *opener, struct reader *in, struct fault *fault)
{
	size_t want = AGE_NONCE_BYTES - opener->head.len, take = in->left < want ? in->left : want;
	const uint8_t *data;

	if (reader_view(in, take, &data) != 0)
		return fault_set(fault, "it is cut short");
	buffer_put(&opener->head, data, take);
	if (buffer_ok(&opener->head) != 0)
		return fault_set(fault, "memory is short");
	if (opener->head.len < AGE_NONCE_BYTES)
		return 0;
	opener->stream = age_stream_new(opener->file_key, opener->head.data);
	return opener->stream == NULL ? fault_set(fault, "memory is short") : 0;
}

static int open_chunk(struct report_opener *opener, bool last, struct fault *fault)
{
	size_t len = opener->sealed_len;

	if (age_stream_open(opener->stream, opener->sealed, len, last, opener->plaintext) != 0)
		return fault_set(fault, "its content was changed or cut short");
	opener->sealed_len = 0;
	if (opener->sink(opener->sink_context, opener->plaintext, len - AGE_TAG_BYTES) != 0)
		return fault_set(fault, "what it holds could not be taken");
	return 0;
}

/* A full chunk is opened only once more has come: until then it may be the last. */
static int take_chunk(struct report_opener *opener, struct reader *in, struct fault *fault)
{
	size_t room = AGE_SEALED_CHUNK_BYTES - opener->sealed_len, take = in->left < room ? in->left : room;

	if (room == 0)
		return open_chunk(opener, false, fault);
	if (reader_fixed(in, opener->sealed + opener->sealed_len, take) != 0)
		return fault_set(fault, "it is cut short");
	opener->sealed_len += take;
	return 0;
}

int report_opener_feed(struct report_opener *opener, const uint8_t *data, size_t len, struct fault *fault)
{
	struct reader in = reader_of(data, len);
	int rc = opener->failed ? fault_set(fault, "it was refused before") : 0;

	if (rc == 0 && sha256_update(opener->hash, data, len) != 0)
		rc = fault_set(fault, "memory is short");
	while (rc == 0 && in.left > 0) {
		if (opener->header == NULL)
			rc = take_header(opener, &in, fault);
		else if (opener->stream == NULL)
			rc = take_nonce(opener, &in, fault);
		else
			rc = take_chunk(opener, &in, fault);
	}
	opener->failed = rc != 0;
	return rc;
}

int report_opener_finish(struct report_opener *opener, uint8_t ret_id[REPORT_ID_BYTES], struct fault *fault)
{
	struct age_header *header = NULL;
	bool cut_short;

	/* Says what the bytes so far lack, or that they never were an age file. */
	if (!opener->failed && opener->header == NULL &&
		age_header_parse(opener->head.data, opener->head.len, &header, &cut_short, fault) != 0)
		return -1;
	age_header_free(header);
	if (opener->failed || opener->stream == NULL || opener->sealed_len == 0)
		return fault_set(fault, "it is cut short");
	if (open_chunk(opener, true, fault) != 0)
		return -1;
	return sha256_final(opener->hash, ret_id) == 0 ? 0 : fault_set(fault, "memory is short");
}

const struct age_header *report_opener_header(const struct report_opener *opener)
{
	return opener->stream == NULL ? NULL : opener->header;
}

const uint8_t *report_opener_file_key(const struct report_opener *opener)
{
	return opener->stream == NULL ? NULL : opener->file_key;
}
