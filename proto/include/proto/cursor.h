/* The one bounded cursor that all binary and line parsing goes through.
 *
 * Each reader_ function takes what it asks for or returns -1 and leaves both the cursor and the output as
 * they were. Integers are big-endian. Returned pointers point into the caller's bytes. */
#ifndef PROTO_CURSOR_H
#define PROTO_CURSOR_H

#include "proto/base.h"

struct reader {
	const uint8_t *at;
	size_t left;
};

struct reader reader_of(const void *data, size_t len);
MUST_USE int reader_u8(struct reader *reader, uint8_t *ret_value);
MUST_USE int reader_u16(struct reader *reader, uint16_t *ret_value);
MUST_USE int reader_u32(struct reader *reader, uint32_t *ret_value);
MUST_USE int reader_u64(struct reader *reader, uint64_t *ret_value);

/* Exactly len bytes, copied. */
MUST_USE int reader_fixed(struct reader *reader, void *ret_bytes, size_t len);

/* Exactly len bytes, not copied. */
MUST_USE int reader_view(struct reader *reader, size_t len, const uint8_t **ret_view);

/* A 32-bit length, then that many bytes, at most max. */
MUST_USE int reader_blob(struct reader *reader, size_t max, const uint8_t **ret_view, size_t *ret_len);

/* A 32-bit length, then text of at most size - 1 bytes with no NUL, copied and ended with one. */
MUST_USE int reader_text(struct reader *reader, char *ret_text, size_t size);

/* Everything up to the next LF, which is taken and not returned. -1 where there is no LF. */
MUST_USE int reader_line(struct reader *reader, const char **ret_line, size_t *ret_len);

/* Everything up to the next separator (taken, not returned), or to the end. -1 where nothing is left. */
MUST_USE int reader_field(struct reader *reader, char separator, const char **ret_field, size_t *ret_len);

/* These bytes and no others come next. */
MUST_USE int reader_literal(struct reader *reader, const char *literal);

/* An unsigned decimal of 1 to 19 digits without a leading zero, up to a byte that isn't a digit. */
MUST_USE int reader_decimal(struct reader *reader, uint64_t *ret_value);

/* 0 where nothing is left over. */
MUST_USE int reader_end(const struct reader *reader);

#endif
