#include "client/output.h"

#include <stdio.h>

void say(const struct invocation *invocation, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vfprintf(invocation->json ? stderr : stdout, translated(format), arguments);
	va_end(arguments);
}

void say_aside(const struct invocation *invocation, const char *format, ...)
{
	va_list arguments;

	(void)fflush(stdout);
	(void)fprintf(stderr, translated("%s: "), invocation->program);
	va_start(arguments, format);
	(void)vfprintf(stderr, translated(format), arguments);
	va_end(arguments);
	(void)fputc('\n', stderr);
}

int output_result(const struct invocation *invocation, json_t *result, struct failure *failure)
{
	int rc = 0;

	if (result == NULL)
		return failure_memory(failure);
	if (invocation->json && (json_dumpf(result, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) != 0 ||
					putchar('\n') == EOF || fflush(stdout) != 0))
		rc = failure_set(failure, EX_CANTCREAT, "the result can't be written: look where it goes");
	json_decref(result);
	return rc;
}

int output_event(const struct invocation *invocation, json_t *event, struct failure *failure)
{
	return output_result(invocation, event, failure);
}
