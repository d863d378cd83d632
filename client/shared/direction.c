#include "client/direction.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* BDSM (mode 8: the terminal reorders by itself) and SCP (the direction of a line), as the freedesktop draft
 * has them. */
#define REORDERS      "\033[8h"
#define KEEPS_ORDER   "\033[8l"
#define USUAL         "\033[0 k"
#define LEFT_TO_RIGHT "\033[1 k"
#define RIGHT_TO_LEFT "\033[2 k"

static const struct direction {
	const char *name, *sequences;
} directions[] = {
	{ "ltr", REORDERS LEFT_TO_RIGHT },
	{ "rtl", REORDERS RIGHT_TO_LEFT },
	{ "off", KEEPS_ORDER LEFT_TO_RIGHT },
};

static bool is_changed;

int direction_choose(const struct invocation *invocation, struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, "bidi");

	if (given == NULL)
		return 0;
	for (size_t at = 0; at < COUNT_OF(directions); at++) {
		if (strcmp(given, directions[at].name) != 0)
			continue;
		if (isatty(STDOUT_FILENO)) {
			is_changed = true;
			(void)fputs(directions[at].sequences, stdout);
			(void)fflush(stdout);
		}
		return 0;
	}
	return failure_set(failure, EX_USAGE, "--bidi isn't one of its three words: give ltr, rtl or off");
}

void direction_restore(void)
{
	if (is_changed)
		(void)fputs(REORDERS USUAL, stdout);
	is_changed = false;
}
