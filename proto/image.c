#include "proto/image.h"

#include "proto/cursor.h"

#include <string.h>

enum image image_of(const uint8_t *start, size_t len)
{
	if (len < IMAGE_START)
		return IMAGE_NONE;
	if (bytes_equal(start, "\xff\xd8\xff", 3))
		return IMAGE_JPEG;
	if (bytes_equal(start, "\x89PNG\r\n\x1a\n", 8))
		return IMAGE_PNG;
	if (bytes_equal(start, "GIF87a", 6) || bytes_equal(start, "GIF89a", 6))
		return IMAGE_GIF;
	return bytes_equal(start, "RIFF", 4) && bytes_equal(start + 8, "WEBP", 4) ? IMAGE_WEBP : IMAGE_NONE;
}

const char *image_extension(enum image image)
{
	static const char *const extensions[] = { "", "jpg", "png", "gif", "webp" };

	return extensions[image];
}

/* --- JPEG (ITU-T T.81, annex B) */

#define JPEG_SOI  0xd8
#define JPEG_EOI  0xd9
#define JPEG_SOS  0xda
#define JPEG_APP0 0xe0
#define JPEG_APPF 0xef
#define JPEG_COM  0xfe

/* JFIF's own block without a thumbnail, and Adobe's word on colours, which a decoder needs. */
static bool is_jpeg_need(uint8_t marker, const uint8_t *data, size_t len)
{
	if (marker == JPEG_APP0)
		return len == 14 && bytes_equal(data, "JFIF", 5) && data[12] == 0 && data[13] == 0;
	if (marker == JPEG_APP0 + 14)
		return len == 12 && bytes_equal(data, "Adobe", 5);
	return !(marker > JPEG_APP0 && marker <= JPEG_APPF) && marker != JPEG_COM;
}

/* The entropy-coded bytes up to the next marker. */
static void skip_scan(struct reader *reader)
{
	const uint8_t *skipped;
	size_t len = 0;

	while (reader->left - len >= 2) {
		uint8_t first = reader->at[len], second = reader->at[len + 1];

		if (first == 0xff && second != 0 && !(second >= 0xd0 && second <= 0xd7))
			break;
		len++;
	}
	if (reader_view(reader, len, &skipped) != 0)
		reader->left = 0;
}

static bool is_plain_jpeg(const uint8_t *data, size_t len)
{
	struct reader reader = reader_of(data, len);
	const uint8_t *content;
	uint8_t start, marker;
	uint16_t size;

	if (reader_u8(&reader, &start) != 0 || reader_u8(&reader, &marker) != 0 || marker != JPEG_SOI)
		return false;
	for (;;) {
		if (reader_u8(&reader, &start) != 0 || start != 0xff || reader_u8(&reader, &marker) != 0)
			return false;
		if (marker == JPEG_EOI)
			return reader_end(&reader) == 0;
		if (reader_u16(&reader, &size) != 0 || size < 2 ||
			reader_view(&reader, size - 2U, &content) != 0 ||
			!is_jpeg_need(marker, content, size - 2U))
			return false;
		if (marker == JPEG_SOS)
			skip_scan(&reader);
	}
}

/* --- PNG (third edition, with APNG's frames) */

static bool is_png_need(const uint8_t *type)
{
	static const char *const needs[] = { "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB",
		"sBIT", "bKGD", "pHYs", "hIST", "acTL", "fcTL", "fdAT", "cICP" };

	for (size_t at = 0; at < COUNT_OF(needs); at++)
		if (bytes_equal(type, needs[at], 4))
			return true;
	return false;
}

static bool is_plain_png(const uint8_t *data, size_t len)
{
	struct reader reader = reader_of(data + 8, len - 8);
	const uint8_t *type, *content;
	uint32_t size;

	for (;;) {
		if (reader_u32(&reader, &size) != 0 || reader_view(&reader, 4, &type) != 0 ||
			!is_png_need(type) || reader_view(&reader, size, &content) != 0 ||
			reader_view(&reader, 4, &content) != 0)
			return false;
		if (bytes_equal(type, "IEND", 4))
			return reader_end(&reader) == 0;
	}
}

/* --- GIF (89a) */

#define GIF_EXTENSION   0x21
#define GIF_IMAGE       0x2c
#define GIF_TRAILER     0x3b
#define GIF_COMMENT     0xfe
#define GIF_PLAIN_TEXT  0x01
#define GIF_APPLICATION 0xff

static bool skip_blocks(struct reader *reader)
{
	const uint8_t *content;
	uint8_t size;

	do {
		if (reader_u8(reader, &size) != 0 || reader_view(reader, size, &content) != 0)
			return false;
	} while (size > 0);
	return true;
}

/* The colours that a packed byte announces. */
static bool skip_colours(struct reader *reader, uint8_t packed)
{
	const uint8_t *content;

	return (packed & 0x80) == 0 || reader_view(reader, (size_t)3 << ((packed & 7) + 1), &content) == 0;
}

/* Of the applications' blocks only the one that makes a film go round. */
static bool is_gif_need(uint8_t label, const struct reader *reader)
{
	if (label == GIF_COMMENT || label == GIF_PLAIN_TEXT)
		return false;
	return label != GIF_APPLICATION ||
	       (reader->left > 12 && bytes_equal(reader->at + 1, "NETSCAPE2.0", 11));
}

static bool is_plain_gif(const uint8_t *data, size_t len)
{
	struct reader reader = reader_of(data, len);
	const uint8_t *head;
	uint8_t byte, label;

	if (reader_view(&reader, 13, &head) != 0 || !skip_colours(&reader, head[10]))
		return false;
	while (reader_u8(&reader, &byte) == 0) {
		if (byte == GIF_TRAILER)
			return reader_end(&reader) == 0;
		if (byte == GIF_EXTENSION) {
			if (reader_u8(&reader, &label) != 0 || !is_gif_need(label, &reader))
				return false;
		} else if (byte != GIF_IMAGE || reader_view(&reader, 9, &head) != 0 ||
			   !skip_colours(&reader, head[8]) || reader_u8(&reader, &label) != 0) {
			return false;
		}
		if (!skip_blocks(&reader))
			return false;
	}
	return false;
}

/* --- WebP (RFC 9649): little-endian sizes, parts padded to two bytes */

static bool is_webp_need(const uint8_t *type)
{
	static const char *const needs[] = { "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF" };

	for (size_t at = 0; at < COUNT_OF(needs); at++)
		if (bytes_equal(type, needs[at], 4))
			return true;
	return false;
}

static bool is_plain_webp(const uint8_t *data, size_t len)
{
	struct reader reader = reader_of(data + IMAGE_START, len - IMAGE_START);
	const uint8_t *head, *content;

	while (reader.left > 0) {
		uint32_t size;

		if (reader_view(&reader, 8, &head) != 0 || !is_webp_need(head))
			return false;
		size = head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 24;
		if (reader_view(&reader, (size_t)size + (size & 1), &content) != 0)
			return false;
	}
	return true;
}

bool image_is_plain(enum image image, const uint8_t *data, size_t len)
{
	if (image_of(data, len) != image)
		return false;
	switch (image) {
	case IMAGE_JPEG:
		return is_plain_jpeg(data, len);
	case IMAGE_PNG:
		return is_plain_png(data, len);
	case IMAGE_GIF:
		return is_plain_gif(data, len);
	case IMAGE_WEBP:
		return is_plain_webp(data, len);
	case IMAGE_NONE:
		break;
	}
	return false;
}
