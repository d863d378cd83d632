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

/* Both return -1, so that a refusal is one line. */
MUST_USE int failure_set(struct failure *failure, int exit_code, const char *format, ...) PRINTF_LIKE(3, 4);
MUST_USE int failure_of(struct failure *failure, int exit_code, const struct fault *fault);

/* Memory ran out (75: another moment may have some). */
MUST_USE int failure_memory(struct failure *failure);

#endif
