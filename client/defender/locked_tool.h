/* A program of somebody else's, run on a file that strangers may have made: without environment, network and
 * right to write outside memory, for a bounded time. */
#ifndef DEFENDER_LOCKED_TOOL_H
#define DEFENDER_LOCKED_TOOL_H

#include "proto/base.h"

#define TOOL_WORDS_MAX 24 /* of a command line */

struct locked_tool {
	const char *words[TOOL_WORDS_MAX]; /* the last is NULL */
	/* Without bubblewrap it is run with as little as this process can leave it, or isn't run at all: who
	 * writes files has no private place for them but bubblewrap's memory. */
	bool writes_files;
	uint64_t most_bytes; /* of what it says, and of each file that it writes */
	int patience_ms;
};

/* Whether bubblewrap is there and this device lets it work. */
bool locked_tool_has_sandbox(void);

/* The file is the tool's standard input; what it says goes into `into`. False where it can't be run, takes
 * too long, says too much or fails; then what is in `into` is worth nothing. */
bool locked_tool_run(const struct locked_tool *tool, int from, int into, uint64_t *ret_size);

#endif
