#include "proto/text.h"

/* RFC 3629 table 3-7: how many bytes follow a first byte, and what the second may be. 0 for no such first
 * byte. */
static size_t sequence_len(uint8_t first, uint8_t *ret_low, uint8_t *ret_high)
{
	*ret_low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*ret_high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The length of the character at the start of text, 0 where it isn't valid. */
static size_t character_len(const uint8_t *text, size_t left)
{
	uint8_t low = 0, high = 0;
	size_t len = sequence_len(text[0], &low, &high);

	if (len == 0 || len > left)
		return 0;
	if (len > 1 && (text[1] < low || text[1] > high))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	}
	return len;
}

static bool is_control(const uint8_t *character, size_t len)
{
	if (len == 1)
		return character[0] < 0x20 || character[0] == 0x7f;
	return len == 2 && character[0] == 0xc2 && character[1] < 0xa0;
}

static bool text_is(const char *text, size_t len, bool line_feeds)
{
	const uint8_t *at = (const uint8_t *)text;

	while (len > 0) {
		size_t step = character_len(at, len);

		if (step == 0 || (is_control(at, step) && !(line_feeds && at[0] == '\n')))
			return false;
		at += step;
		len -= step;
	}
	return true;
}

bool text_is_line(const char *text, size_t len)
{
	return text_is(text, len, false);
}

bool text_is_lines(const char *text, size_t len)
{
	return text_is(text, len, true);
}

bool text_is_title(const char *text, size_t len, size_t max)
{
	return len > 0 && len <= max && text[0] != ' ' && text[len - 1] != ' ' && text_is_line(text, len);
}
