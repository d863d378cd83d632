/* A report's newest header and its payload, as officers fetch it: read a chunk at a time, as fast as front
 * takes it. */
#include "store_state.h"

#include <stdlib.h>

struct stream {
	struct store *store;
	struct report_facts *facts;
	struct buffer header;
	bool header_sent;
	uint32_t next_chunk;
	uint64_t length;
};

struct stream *stream_new(struct store *store, struct report_facts *facts)
{
	struct stream *stream = calloc(1, sizeof *stream);

	if (stream == NULL)
		return NULL;
	stream->store = store;
	stream->header = buffer_of(AGE_HEADER_MAX);
	if (report_header(store, facts, &stream->header) != 0) {
		stream_free(stream);
		return NULL;
	}
	stream->facts = facts;
	stream->length = facts->length;
	return stream;
}

uint64_t stream_length(const struct stream *stream)
{
	return stream->length;
}

uint64_t stream_seq(const struct stream *stream)
{
	return stream->facts->seq;
}

int stream_next(struct stream *stream, struct buffer *out, bool *ret_done)
{
	int rc = 0;

	if (!stream->header_sent) {
		buffer_put(out, stream->header.data, stream->header.len);
		stream->header_sent = true;
	} else {
		rc = report_chunk(stream->store, stream->facts, stream->next_chunk++, out);
	}
	*ret_done = stream->header_sent && stream->next_chunk >= stream->facts->chunk_count;
	return rc == 0 ? buffer_ok(out) : -1;
}

void stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	buffer_free(&stream->header);
	facts_free(stream->facts);
	free(stream);
}
