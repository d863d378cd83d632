#include "client/failure.h"

void failure_write(struct failure *failure, int exit_code, const char *format, ...)
{
	va_list arguments;

	failure->exit_code = exit_code;
	va_start(arguments, format);
	fault_write_list(&failure->fault, format, arguments);
	va_end(arguments);
}
