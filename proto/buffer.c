#include "proto/buffer.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 256

struct buffer buffer_of(size_t max)
{
	return (struct buffer){ .max = max };
}

/* Makes room for len more bytes and a NUL. Old memory is wiped: realloc would leave a copy behind. */
static int reserve(struct buffer *buffer, size_t len)
{
	size_t needed = 0, capacity = buffer->capacity == 0 ? CAPACITY_FIRST : buffer->capacity;
	uint8_t *grown = NULL;

	if (buffer->failed || len > buffer->max || buffer->len > buffer->max - len)
		goto failed;
	needed = buffer->len + len;
	if (needed == SIZE_MAX)
		goto failed;
	needed++;
	if (needed <= buffer->capacity)
		return 0;
	while (capacity < needed)
		capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
	grown = malloc(capacity);
	if (grown == NULL)
		goto failed;
	if (buffer->data != NULL) {
		memcpy(grown, buffer->data, buffer->len);
		sodium_memzero(buffer->data, buffer->capacity);
		free(buffer->data);
	}
	buffer->data = grown;
	buffer->capacity = capacity;
	return 0;
failed:
	buffer->failed = true;
	return -1;
}

void buffer_put(struct buffer *buffer, const void *data, size_t len)
{
	uint8_t *room = buffer_grow(buffer, len);

	if (room != NULL && len > 0)
		memcpy(room, data, len);
}

static void put_big_endian(struct buffer *buffer, uint64_t value, size_t len)
{
	uint8_t *room = buffer_grow(buffer, len);

	for (size_t i = 0; room != NULL && i < len; i++)
		room[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
}

void buffer_put_u8(struct buffer *buffer, uint8_t value)
{
	put_big_endian(buffer, value, 1);
}

void buffer_put_u16(struct buffer *buffer, uint16_t value)
{
	put_big_endian(buffer, value, 2);
}

void buffer_put_u32(struct buffer *buffer, uint32_t value)
{
	put_big_endian(buffer, value, 4);
}

void buffer_put_u64(struct buffer *buffer, uint64_t value)
{
	put_big_endian(buffer, value, 8);
}

void buffer_put_blob(struct buffer *buffer, const void *data, size_t len)
{
	if (len > UINT32_MAX || len > SIZE_MAX - 4 || reserve(buffer, len + 4) != 0) {
		buffer->failed = true;
		return;
	}
	buffer_put_u32(buffer, (uint32_t)len);
	buffer_put(buffer, data, len);
}

void buffer_put_text(struct buffer *buffer, const char *text)
{
	buffer_put_blob(buffer, text, strlen(text));
}

void buffer_put_string(struct buffer *buffer, const char *text)
{
	buffer_put(buffer, text, strlen(text));
}

void buffer_put_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	int len = 0;

	va_start(arguments, format);
	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, arguments);
	if (len < 0 || reserve(buffer, (size_t)len) != 0)
		buffer->failed = true;
	else if (vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, again) == len)
		buffer->len += (size_t)len;
	else
		buffer->failed = true;
	va_end(again);
	va_end(arguments);
}

uint8_t *buffer_grow(struct buffer *buffer, size_t len)
{
	uint8_t *room = NULL;

	if (reserve(buffer, len) != 0)
		return NULL;
	room = buffer->data + buffer->len;
	buffer->len += len;
	return room;
}

int buffer_ok(const struct buffer *buffer)
{
	return buffer->failed ? -1 : 0;
}

const char *buffer_text(struct buffer *buffer)
{
	if (reserve(buffer, 0) != 0)
		return NULL;
	buffer->data[buffer->len] = '\0';
	return (const char *)buffer->data;
}

void buffer_clear(struct buffer *buffer)
{
	if (buffer->data != NULL)
		sodium_memzero(buffer->data, buffer->capacity);
	buffer->len = 0;
	buffer->failed = false;
}

void buffer_drop(struct buffer *buffer, size_t len)
{
	size_t dropped = len < buffer->len ? len : buffer->len;
	size_t kept = buffer->len - dropped;

	if (dropped == 0)
		return;
	memmove(buffer->data, buffer->data + dropped, kept);
	sodium_memzero(buffer->data + kept, dropped);
	buffer->len = kept;
}

void buffer_free(struct buffer *buffer)
{
	if (buffer == NULL)
		return;
	if (buffer->data != NULL)
		sodium_memzero(buffer->data, buffer->capacity);
	free(buffer->data);
	*buffer = buffer_of(buffer->max);
}
