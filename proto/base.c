#include "proto/base.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

void fault_write(struct fault *fault, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(fault->text, sizeof(fault->text), format, arguments) < 0)
		fault->text[0] = '\0';
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
