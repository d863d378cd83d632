#include "proto/digit.h"

/* The bytes of each script's zero: its other nine follow in the last byte. */
static const struct script {
	const char *zero;
	size_t len;
} scripts[] = {
	{ "0", 1 }, { "\xd9\xa0", 2 }, /* U+0660, Arabic-Indic */
	{ "\xdb\xb0", 2 },             /* U+06F0, Persian and Urdu */
	{ "\xef\xbc\x90", 3 },         /* U+FF10, full-width */
};

size_t digit_read(const char *text, size_t len, char *ret_digit)
{
	for (size_t at = 0; at < COUNT_OF(scripts); at++) {
		size_t last = scripts[at].len - 1;
		int value;

		if (len <= last || !bytes_equal(text, scripts[at].zero, last))
			continue;
		value = (uint8_t)text[last] - (uint8_t)scripts[at].zero[last];
		if (value < 0 || value > 9)
			continue;
		*ret_digit = (char)('0' + value);
		return last + 1;
	}
	return 0;
}
