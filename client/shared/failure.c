#include "client/failure.h"

#include <stdio.h>

void failure_write(struct failure *failure, int exit_code, const char *format, ...)
{
	va_list arguments;

	failure->exit_code = exit_code;
	va_start(arguments, format);
	(void)vsnprintf(failure->fault.text, sizeof failure->fault.text, format, arguments);
	va_end(arguments);
}
