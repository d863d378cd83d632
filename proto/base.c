#include "proto/base.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* A text of len bytes that was cut there: without the character that was cut through. */
static void drop_cut_character(char *text, size_t len)
{
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0x80) != 0)
		text[start - 1] = '\0';
}

void fault_write_list(struct fault *fault, const char *format, va_list arguments)
{
	int len = vsnprintf(fault->text, sizeof(fault->text), translated(format), arguments);

	if (len < 0)
		fault->text[0] = '\0';
	else if ((size_t)len >= sizeof(fault->text))
		drop_cut_character(fault->text, sizeof(fault->text) - 1);
}

void fault_write(struct fault *fault, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fault_write_list(fault, format, arguments);
	va_end(arguments);
}

bool bytes_equal(const void *left, const void *right, size_t len)
{
	return len == 0 || memcmp(left, right, len) == 0;
}

int proto_init(void)
{
	if (sodium_init() < 0)
		return -1;
	/* jansson would otherwise open a file for it at its first object, which a role that is locked in may
	 * not */
	json_object_seed((size_t)randombytes_random() | 1);
	return 0;
}
