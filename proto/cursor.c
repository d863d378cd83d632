#include "proto/cursor.h"

#include <string.h>

#define DECIMAL_DIGITS_MAX 19 /* always fits 64 bits */

struct reader reader_of(const void *data, size_t len)
{
	return (struct reader){ .at = data, .left = len };
}

static uint64_t take_big_endian(struct reader *reader, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | reader->at[i];
	reader->at += len;
	reader->left -= len;
	return value;
}

int reader_u8(struct reader *reader, uint8_t *ret_value)
{
	if (reader->left < 1)
		return -1;
	*ret_value = (uint8_t)take_big_endian(reader, 1);
	return 0;
}

int reader_u16(struct reader *reader, uint16_t *ret_value)
{
	if (reader->left < 2)
		return -1;
	*ret_value = (uint16_t)take_big_endian(reader, 2);
	return 0;
}

int reader_u32(struct reader *reader, uint32_t *ret_value)
{
	if (reader->left < 4)
		return -1;
	*ret_value = (uint32_t)take_big_endian(reader, 4);
	return 0;
}

int reader_u64(struct reader *reader, uint64_t *ret_value)
{
	if (reader->left < 8)
		return -1;
	*ret_value = take_big_endian(reader, 8);
	return 0;
}

int reader_fixed(struct reader *reader, void *ret_bytes, size_t len)
{
	const uint8_t *view = NULL;

	if (reader_view(reader, len, &view) != 0)
		return -1;
	if (len > 0)
		memcpy(ret_bytes, view, len);
	return 0;
}

int reader_view(struct reader *reader, size_t len, const uint8_t **ret_view)
{
	if (reader->left < len)
		return -1;
	*ret_view = reader->at;
	if (len > 0)
		reader->at += len;
	reader->left -= len;
	return 0;
}

int reader_blob(struct reader *reader, size_t max, const uint8_t **ret_view, size_t *ret_len)
{
	struct reader trial = *reader;
	uint32_t len = 0;

	if (reader_u32(&trial, &len) != 0 || len > max || reader_view(&trial, len, ret_view) != 0)
		return -1;
	*ret_len = len;
	*reader = trial;
	return 0;
}

int reader_text(struct reader *reader, char *ret_text, size_t size)
{
	struct reader trial = *reader;
	const uint8_t *view = NULL;
	size_t len = 0;

	if (size == 0 || reader_blob(&trial, size - 1, &view, &len) != 0)
		return -1;
	if (len > 0 && memchr(view, '\0', len) != NULL)
		return -1;
	if (len > 0)
		memcpy(ret_text, view, len);
	ret_text[len] = '\0';
	*reader = trial;
	return 0;
}

int reader_line(struct reader *reader, const char **ret_line, size_t *ret_len)
{
	const uint8_t *end = reader->left == 0 ? NULL : memchr(reader->at, '\n', reader->left);

	if (end == NULL)
		return -1;
	*ret_line = (const char *)reader->at;
	*ret_len = (size_t)(end - reader->at);
	reader->at += *ret_len + 1;
	reader->left -= *ret_len + 1;
	return 0;
}

int reader_field(struct reader *reader, char separator, const char **ret_field, size_t *ret_len)
{
	const uint8_t *end = NULL;

	if (reader->left == 0)
		return -1;
	end = memchr(reader->at, separator, reader->left);
	*ret_field = (const char *)reader->at;
	*ret_len = end == NULL ? reader->left : (size_t)(end - reader->at);
	reader->at += *ret_len;
	reader->left -= *ret_len;
	if (end != NULL) {
		reader->at++;
		reader->left--;
	}
	return 0;
}

int reader_literal(struct reader *reader, const char *literal)
{
	size_t len = strlen(literal);

	if (reader->left < len || (len > 0 && !bytes_equal(reader->at, literal, len)))
		return -1;
	if (len > 0)
		reader->at += len;
	reader->left -= len;
	return 0;
}

int reader_decimal(struct reader *reader, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t digits = 0;

	while (digits < reader->left && reader->at[digits] >= '0' && reader->at[digits] <= '9') {
		if (digits == DECIMAL_DIGITS_MAX)
			return -1;
		value = value * 10 + (uint64_t)(reader->at[digits] - '0');
		digits++;
	}
	if (digits == 0 || (digits > 1 && reader->at[0] == '0'))
		return -1;
	*ret_value = value;
	reader->at += digits;
	reader->left -= digits;
	return 0;
}

int reader_end(const struct reader *reader)
{
	return reader->left == 0 ? 0 : -1;
}
