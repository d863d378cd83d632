/* A report's newest header and its payload, as officers fetch it: read a chunk at a time, as fast as front
 * takes it. */
#include "store_state.h"

#include "proto/digest.h"

#include <event2/event.h>
#include <stdlib.h>

#define CHUNKS_DIGESTED 8 /* of 64 KiB in one turn of the loop: some milliseconds */

struct stream {
	struct store *store;
	struct report_facts *facts;
	struct buffer header;
	bool header_sent;
	uint32_t next_chunk;
	uint64_t length;
	/* While its digest is being made. */
	struct request *request;
	stream_digested *done;
	struct event *event;
	struct sha256 *hash;
	uint32_t digested;
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

/* By way of the timers, so that others are heard in between. */
static const struct timeval next_turn;

static int digest_some(struct stream *stream)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < CHUNKS_DIGESTED && stream->digested < stream->facts->chunk_count;
		i++) {
		struct buffer piece = buffer_of(CHUNK_BYTES);

		rc = report_chunk(stream->store, stream->facts, stream->digested++, &piece);
		if (rc == 0)
			rc = sha256_update(stream->hash, piece.data, piece.len);
		buffer_free(&piece);
	}
	return rc;
}

static void digest_on(evutil_socket_t fd, short what, void *context)
{
	struct stream *stream = context;
	uint8_t digest[SHA256_BYTES];
	int rc = digest_some(stream);

	(void)fd;
	(void)what;
	if (rc == 0 && stream->digested < stream->facts->chunk_count) {
		if (event_add(stream->event, &next_turn) == 0)
			return;
		rc = -1;
	}
	if (rc == 0)
		rc = sha256_final(stream->hash, digest);
	stream->done(stream->request, rc == 0 ? digest : NULL);
}

int stream_digest(struct stream *stream, struct request *request, stream_digested *done)
{
	stream->request = request;
	stream->done = done;
	stream->hash = sha256_new();
	stream->event = event_new(stream->store->base, -1, 0, digest_on, stream);
	if (stream->hash == NULL || stream->event == NULL ||
		sha256_update(stream->hash, stream->header.data, stream->header.len) != 0)
		return -1;
	return event_add(stream->event, &next_turn);
}

void stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->event != NULL)
		event_free(stream->event);
	sha256_free(stream->hash);
	buffer_free(&stream->header);
	facts_free(stream->facts);
	free(stream);
}
