/* A byte buffer that grows up to a maximum fixed when it is made, and is wiped when it is freed.
 *
 * A failed put leaves the buffer as it was. After the first failure the buffer stays failed, so that a run of
 * puts can be checked once with buffer_ok(). Integers are big-endian, to be read with proto/cursor.h. */
#ifndef PROTO_BUFFER_H
#define PROTO_BUFFER_H

#include "proto/base.h"

struct buffer {
	uint8_t *data;
	size_t len;
	size_t capacity;
	size_t max;
	bool failed;
};

struct buffer buffer_of(size_t max);
void buffer_put(struct buffer *buffer, const void *data, size_t len);
void buffer_put_u8(struct buffer *buffer, uint8_t value);
void buffer_put_u16(struct buffer *buffer, uint16_t value);
void buffer_put_u32(struct buffer *buffer, uint32_t value);
void buffer_put_u64(struct buffer *buffer, uint64_t value);

/* A 32-bit length, then the bytes: what reader_blob and reader_text read. */
void buffer_put_blob(struct buffer *buffer, const void *data, size_t len);
void buffer_put_text(struct buffer *buffer, const char *text);

/* Text without length or NUL, as for line formats. */
void buffer_put_string(struct buffer *buffer, const char *text);
void buffer_put_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Room for len bytes that the caller fills; NULL where the buffer failed. */
MUST_USE uint8_t *buffer_grow(struct buffer *buffer, size_t len);

/* 0 where every put so far succeeded. */
MUST_USE int buffer_ok(const struct buffer *buffer);

/* The content as a C string (a NUL is kept behind it, not counted); NULL where the buffer failed. */
MUST_USE const char *buffer_text(struct buffer *buffer);

/* Empties without giving memory back; the old content is wiped. */
void buffer_clear(struct buffer *buffer);

/* Drops the first len bytes (at most all). */
void buffer_drop(struct buffer *buffer, size_t len);

/* Wipes and frees the content; the struct can be used again. NULL-safe. */
void buffer_free(struct buffer *buffer);

#endif
