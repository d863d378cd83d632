#include "client/terminal.h"

#include <string.h>

#define REPLACEMENT 0xFFFD

/* One code point of strict UTF-8 (RFC 3629), or REPLACEMENT and one byte. */
static size_t decode(const uint8_t *bytes, size_t len, uint32_t *ret_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need = bytes[0] < 0x80       ? 1
		      : bytes[0] >> 5 == 6  ? 2
		      : bytes[0] >> 4 == 14 ? 3
		      : bytes[0] >> 3 == 30 ? 4
					    : 0;
	uint32_t point = need == 1 ? bytes[0] : need == 0 ? 0 : bytes[0] & (0x7Fu >> need);

	*ret_point = REPLACEMENT;
	if (need == 0 || need > len)
		return 1;
	for (size_t at = 1; at < need; at++) {
		if ((bytes[at] & 0xC0) != 0x80)
			return 1;
		point = point << 6 | (bytes[at] & 0x3Fu);
	}
	if (point < least[need] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return 1;
	*ret_point = point;
	return need;
}

/* Control characters and what reorders text: with them a sender could forge the labels around her words. */
static bool is_hostile(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x200E ||
	       point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

static void put_line(const uint8_t *bytes, size_t len, struct buffer *out)
{
	uint32_t point;

	for (size_t at = 0, used; at < len; at += used) {
		used = decode(bytes + at, len - at, &point);
		if (point == REPLACEMENT && used == 1)
			buffer_put_string(out, "\xEF\xBF\xBD");
		else if (point == '\t' || point == '\n')
			buffer_put_u8(out, ' ');
		else if (!is_hostile(point))
			buffer_put(out, bytes + at, used);
	}
}

static void put_isolated(const uint8_t *bytes, size_t len, struct buffer *out)
{
	buffer_put_string(out, "\xE2\x81\xA8");
	put_line(bytes, len, out);
	buffer_put_string(out, "\xE2\x81\xA9");
}

void terminal_safe(const char *text, size_t len, struct buffer *out)
{
	put_isolated((const uint8_t *)text, len, out);
}

void terminal_safe_lines(const char *text, size_t len, const char *indent, struct buffer *out)
{
	for (;;) {
		const char *end = memchr(text, '\n', len);
		size_t line = end == NULL ? len : (size_t)(end - text);

		buffer_put_string(out, indent);
		put_isolated((const uint8_t *)text, line, out);
		if (end == NULL)
			return;
		buffer_put_u8(out, '\n');
		text += line + 1;
		len -= line + 1;
	}
}
