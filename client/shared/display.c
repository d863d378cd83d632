#include "client/terminal.h"

#include "client/folding.h"
#include "code_point.h"

#include <string.h>

#define REPLACED "\xEF\xBF\xBD"

/* Marks on one character that are shown: more than any writing has, and too few to paint over other lines. */
#define MARKS_MAX 8

static enum display display = DISPLAY_ISOLATED;

void display_choose(enum display chosen)
{
	display = chosen;
}

/* Ranges of what never reaches a terminal: with it a sender could forge the labels around her words, or hide
 * some of them. U+200C and U+200D stay: Persian and others need them. */
static const struct range {
	uint32_t from, to;
} hostile[] = {
	{ 0x00, 0x1F },       /* C0: among them ESC, which begins every control sequence */
	{ 0x7F, 0x9F },       /* DEL and C1: CSI and OSC in one character */
	{ 0xAD, 0xAD },       /* a hyphen that doesn't show */
	{ 0x061C, 0x061C },   /* direction marks */
	{ 0x180E, 0x180E },   /* a blank without width */
	{ 0x200B, 0x200B },   /* the same */
	{ 0x200E, 0x200F },   /* direction marks */
	{ 0x2028, 0x202E },   /* separators of lines and paragraphs, embeddings, overrides */
	{ 0x2060, 0x206F },   /* what doesn't show, isolates, and what Unicode withdrew */
	{ 0xFEFF, 0xFEFF },   /* byte order mark */
	{ 0xFFF9, 0xFFFB },   /* annotations */
	{ 0xE0000, 0xE0FFF }, /* tags, and more that doesn't show */
};

static bool is_hostile(uint32_t point)
{
	for (size_t at = 0; at < COUNT_OF(hostile); at++)
		if (point >= hostile[at].from && point <= hostile[at].to)
			return true;
	return false;
}

/* Whether a text may be shown where nothing but ASCII is. */
static bool is_ascii(const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len; at++)
		if (bytes[at] >= 0x80)
			return false;
	return true;
}

static void put_line(const uint8_t *bytes, size_t len, struct buffer *out)
{
	size_t marks = 0;
	uint32_t point;

	for (size_t at = 0, used; at < len; at += used) {
		used = code_point_read(bytes + at, len - at, &point);
		if (point == '\t' || point == '\n')
			buffer_put_u8(out, ' ');
		if (is_hostile(point))
			continue;
		marks = is_combining(point) ? marks + 1 : 0;
		if (point == CODE_POINT_NONE || marks == MARKS_MAX + 1)
			buffer_put_string(out, REPLACED);
		else if (marks <= MARKS_MAX)
			buffer_put(out, bytes + at, used);
	}
}

static void put_text(const uint8_t *bytes, size_t len, struct buffer *out)
{
	if (display == DISPLAY_ASCII && !is_ascii(bytes, len)) {
		buffer_put_format(out, "[not ASCII, length in bytes: %zu]", len);
		return;
	}
	if (display == DISPLAY_ISOLATED)
		buffer_put_string(out, "\xE2\x81\xA8");
	put_line(bytes, len, out);
	if (display == DISPLAY_ISOLATED)
		buffer_put_string(out, "\xE2\x81\xA9");
}

void terminal_safe(const char *text, size_t len, struct buffer *out)
{
	put_text((const uint8_t *)text, len, out);
}

void terminal_safe_lines(const char *text, size_t len, const char *indent, struct buffer *out)
{
	for (;;) {
		const char *end = memchr(text, '\n', len);
		size_t line = end == NULL ? len : (size_t)(end - text);

		buffer_put_string(out, indent);
		put_text((const uint8_t *)text, line, out);
		if (end == NULL)
			return;
		buffer_put_u8(out, '\n');
		text += line + 1;
		len -= line + 1;
	}
}
