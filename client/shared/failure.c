#include "client/failure.h"

#include <stdio.h>

int failure_set(struct failure *failure, int exit_code, const char *format, ...)
{
	va_list arguments;

	failure->exit_code = exit_code;
	va_start(arguments, format);
	(void)vsnprintf(failure->fault.text, sizeof failure->fault.text, format, arguments);
	va_end(arguments);
	return -1;
}

int failure_of(struct failure *failure, int exit_code, const struct fault *fault)
{
	failure->exit_code = exit_code;
	failure->fault = *fault;
	return -1;
}

int failure_memory(struct failure *failure)
{
	return failure_set(failure, EX_TEMPFAIL, "memory ran out: close other programs, then try again");
}
