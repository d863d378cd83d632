#include "arguments.h"

#include <stdlib.h>
#include <string.h>

struct arguments *arguments_new(const struct program_option *common, size_t common_count,
	const struct program_option *own, size_t own_count)
{
	struct arguments *arguments = calloc(1, sizeof *arguments);

	if (arguments == NULL)
		return NULL;
	arguments->given = calloc(common_count + own_count + 1, sizeof *arguments->given);
	if (arguments->given == NULL) {
		free(arguments);
		return NULL;
	}
	for (size_t at = 0; at < common_count; at++)
		arguments->given[arguments->option_count++].option = &common[at];
	for (size_t at = 0; at < own_count; at++)
		arguments->given[arguments->option_count++].option = &own[at];
	return arguments;
}

void arguments_free(struct arguments *arguments)
{
	if (arguments == NULL)
		return;
	free(arguments->operands);
	free(arguments->given);
	free(arguments);
}

static const struct given *find(const struct arguments *arguments, const char *name)
{
	for (size_t at = 0; at < arguments->option_count; at++)
		if (strcmp(arguments->given[at].option->name, name) == 0)
			return &arguments->given[at];
	return NULL;
}

bool arguments_knows(const struct arguments *arguments, const char *name)
{
	return find(arguments, name) != NULL;
}

const char *arguments_option_at(const struct arguments *arguments, const char *name, size_t at)
{
	const struct given *given = find(arguments, name);

	return given == NULL || at >= given->times ? NULL : given->values[at];
}

const char *arguments_option(const struct arguments *arguments, const char *name)
{
	return arguments_option_at(arguments, name, 0);
}

size_t arguments_times(const struct arguments *arguments, const char *name)
{
	const struct given *given = find(arguments, name);

	return given == NULL ? 0 : given->times;
}

bool arguments_flag(const struct arguments *arguments, const char *name)
{
	return arguments_times(arguments, name) > 0;
}

const char *arguments_operand(const struct arguments *arguments, size_t at)
{
	return at < arguments->operand_count ? arguments->operands[at] : NULL;
}

size_t arguments_operands(const struct arguments *arguments)
{
	return arguments->operand_count;
}
