/* How the people's programs fail: a function returns 0, or -1 with one sentence and the exit code in a struct
 * failure (its last parameter, never NULL). Only program_main prints it. */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H

#include "proto/base.h"

#include <sysexits.h> /* EX_USAGE 64, EX_DATAERR 65, … : the exit codes of the contract */

struct failure {
	int exit_code;
	struct fault fault; /* "what went wrong: what to do" */
};

/* Code and sentence. */
void failure_write(struct failure *failure, int exit_code, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same, and is -1, so that a refusal is one line (and the analyzers see it). */
#define failure_set(...) (failure_write(__VA_ARGS__), -1)
/* A fault of proto/ or keys/ with its exit code. */
MUST_USE static inline int failure_of(struct failure *failure, int exit_code, const struct fault *fault)
{
	failure->exit_code = exit_code;
	failure->fault = *fault;
	return -1;
}

/* Memory ran out (75: another moment may have some). */
MUST_USE static inline int failure_memory(struct failure *failure)
{
	return failure_set(failure, EX_TEMPFAIL, "memory ran out: close other programs, then try again");
}

#endif
