#include "client_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENT     "clarion"
#define REASON_MAX 300

extern char **environ;

enum end { END_READ, END_WRITE };

/* Of the child's three standard descriptors; -1 where it is closed. */
struct pipes {
	int in[2], out[2], errors[2];
};

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void close_pipes(struct pipes *pipes)
{
	for (size_t at = 0; at < 2; at++) {
		close_one(&pipes->in[at]);
		close_one(&pipes->out[at]);
		close_one(&pipes->errors[at]);
	}
}

/* The one that was installed with this program. */
static void find_client(const struct invocation *invocation, char ret_path[PATH_MAX])
{
	const char *given = arguments_option(invocation->arguments, "client");
	ssize_t len = readlink("/proc/self/exe", ret_path, PATH_MAX - sizeof CLIENT - 1);
	char *slash;

	if (given != NULL) {
		(void)snprintf(ret_path, PATH_MAX, "%s", given);
		return;
	}
	ret_path[len > 0 ? len : 0] = '\0';
	slash = strrchr(ret_path, '/');
	if (slash != NULL)
		memcpy(slash + 1, CLIENT, sizeof CLIENT);
	if (slash == NULL || access(ret_path, X_OK) != 0)
		memcpy(ret_path, CLIENT, sizeof CLIENT);
}

static int spawn(const char *path, char *const *arguments, struct pipes *pipes, pid_t *ret_child)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return -1;
	if (posix_spawn_file_actions_adddup2(&actions, pipes->in[END_READ], STDIN_FILENO) != 0 ||
		posix_spawn_file_actions_adddup2(&actions, pipes->out[END_WRITE], STDOUT_FILENO) != 0 ||
		posix_spawn_file_actions_adddup2(&actions, pipes->errors[END_WRITE], STDERR_FILENO) != 0 ||
		posix_spawnp(ret_child, path, &actions, NULL, arguments, environ) != 0)
		rc = -1;
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Less than a pipe holds, so that nobody waits for anybody. A client that takes less has ended, and said why.
 */
static void give_input(struct pipes *pipes, const char *input)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	ssize_t given;

	(void)sigaction(SIGPIPE, &ignore, &before);
	given = write(pipes->in[END_WRITE], input, strlen(input));
	(void)given;
	(void)sigaction(SIGPIPE, &before, NULL);
	close_one(&pipes->in[END_WRITE]);
}

static void take_some(int *fd, struct buffer *into)
{
	uint8_t bytes[4096];
	ssize_t got = read(*fd, bytes, sizeof bytes);

	if (got > 0)
		buffer_put(into, bytes, (size_t)got);
	else if (got == 0 || errno != EINTR)
		close_one(fd);
}

static void take_output(struct pipes *pipes, struct client_result *result)
{
	while (pipes->out[END_READ] >= 0 || pipes->errors[END_READ] >= 0) {
		struct pollfd ends[2] = { { .fd = pipes->out[END_READ], .events = POLLIN },
			{ .fd = pipes->errors[END_READ], .events = POLLIN } };

		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			return;
		if (ends[0].revents != 0)
			take_some(&pipes->out[END_READ], &result->out);
		if (ends[1].revents != 0)
			take_some(&pipes->errors[END_READ], &result->errors);
	}
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return EX_OSERR;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_OSERR;
}

int client_run(const struct invocation *invocation, const char *home, const char *const *words,
	const char *input, struct client_result *ret_result, struct failure *failure)
{
	struct pipes pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	char path[PATH_MAX];
	char *arguments[CLIENT_WORDS_MAX + 5] = { path };
	size_t count = 1;
	pid_t child = -1;
	int rc = -1;

	*ret_result = (struct client_result){ .out = buffer_of(CLIENT_OUT_MAX),
		.errors = buffer_of(CLIENT_OUT_MAX) };
	find_client(invocation, path);
	for (size_t at = 0; at < CLIENT_WORDS_MAX && words[at] != NULL; at++)
		arguments[count++] = (char *)(uintptr_t)words[at];
	arguments[count++] = (char *)(uintptr_t) "--json";
	arguments[count++] = (char *)(uintptr_t) "--home";
	arguments[count++] = (char *)(uintptr_t)home;
	if (pipe2(pipes.in, O_CLOEXEC) != 0 || pipe2(pipes.out, O_CLOEXEC) != 0 ||
		pipe2(pipes.errors, O_CLOEXEC) != 0 || spawn(path, arguments, &pipes, &child) != 0) {
		rc = failure_set(failure, EX_CONFIG,
			"the defender's client can't be run: install it beside this program, or say where it "
			"is with --client");
		goto cleanup;
	}
	close_one(&pipes.in[END_READ]);
	close_one(&pipes.out[END_WRITE]);
	close_one(&pipes.errors[END_WRITE]);
	give_input(&pipes, input);
	take_output(&pipes, ret_result);
	ret_result->exit_code = wait_for(child);
	rc = 0;
cleanup:
	close_pipes(&pipes);
	return rc;
}

void client_result_free(struct client_result *result)
{
	buffer_free(&result->out);
	buffer_free(&result->errors);
}

int client_failed(const struct client_result *result, const char *what, struct failure *failure)
{
	const char *text = (const char *)result->errors.data, *line;
	size_t len = result->errors.len;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	line = len == 0 ? NULL : memrchr(text, '\n', len);
	line = line == NULL ? text : line + 1;
	if (len == 0)
		return failure_set(failure, EX_UNAVAILABLE, "%s: the client says no reason", what);
	len -= (size_t)(line - text);
	return failure_set(
		failure, EX_UNAVAILABLE, "%s (%.*s)", what, (int)(len < REASON_MAX ? len : REASON_MAX), line);
}

void command_run(const char *command)
{
	char *arguments[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)command,
		NULL };
	pid_t child;

	if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) == 0)
		(void)wait_for(child);
}
