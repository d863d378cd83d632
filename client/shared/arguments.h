/* What program.c parses into and arguments.c answers from. */
#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include "client/program.h"

#define OPTION_TIMES_MAX 64 /* values of one repeatable option: more attachments than a report may have */

struct given {
	const struct program_option *option;
	const char *values[OPTION_TIMES_MAX];
	size_t times;
};

struct arguments {
	struct given *given; /* one for each option that the verb takes */
	size_t option_count;
	char **operands; /* an array of our own of argv's words */
	size_t operand_count;
};

struct arguments *arguments_new(const struct program_option *common, size_t common_count,
	const struct program_option *own, size_t own_count);
void arguments_free(struct arguments *arguments);

#endif
