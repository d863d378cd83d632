/* The defender's client, run by an admin's program: a test of the path goes out by the same program as all
 * reports, and looks like them. */
#ifndef ADMIN_CLIENT_RUN_H
#define ADMIN_CLIENT_RUN_H

#include "client/program.h"
#include "proto/buffer.h"

#define CLIENT_WORDS_MAX 12
#define CLIENT_OUT_MAX   (256 * 1024)

struct client_result {
	int exit_code;
	struct buffer out, errors;
};

/* Runs `clarion WORDS… --json --home home` with input on its standard input, and waits for its end. The
 * program is --client's, or the one beside this program, or the PATH's. -1 where it can't be run.
 * client_result_free in any case. */
MUST_USE int client_run(const struct invocation *invocation, const char *home, const char *const *words,
	const char *input, struct client_result *ret_result, struct failure *failure);
void client_result_free(struct client_result *result);

/* As a failure, in the client's own words. Always -1. */
MUST_USE int client_failed(const struct client_result *result, const char *what, struct failure *failure);

/* Runs command by /bin/sh and waits for its end; what comes of it is its own business. */
void command_run(const char *command);

#endif
