#include "rewrap_crew.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pipe takes it whole or not at all: the helpers' outcomes don't mix. */
_Static_assert(sizeof(struct outcome) <= 4096, "an outcome is longer than a pipe takes in one piece");

static int send_outcome(void *context, const struct outcome *outcome)
{
	const int *pipe_end = context;
	ssize_t written;

	do
		written = write(*pipe_end, outcome, sizeof *outcome);
	while (written < 0 && errno == EINTR);
	return written == (ssize_t)sizeof *outcome ? 0 : -1;
}

/* 1: one has come; 0: all helpers have ended. */
static int receive_outcome(int pipe_end, struct outcome *ret_outcome)
{
	struct outcome outcome = { .is_done = false };
	size_t len = 0;

	while (len < sizeof outcome) {
		ssize_t got = read(pipe_end, (uint8_t *)&outcome + len, sizeof outcome - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return len == 0 && got == 0 ? 0 : -1;
		len += (size_t)got;
	}
	*ret_outcome = outcome;
	return 1;
}

/* The helper: with its own connection, and gone as soon as the one that started it is. */
static void help(const struct crew *crew, size_t at, pid_t parent, int pipe_end)
{
	crew->officer->link = NULL; /* the connection stays its maker's */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		crew->share(crew->officer, crew->work, at, CREW_SIZE, send_outcome, &pipe_end);
	_exit(0);
}

static int start(const struct crew *crew, pid_t *ret_helpers, const int ends[2], struct failure *failure)
{
	pid_t parent = getpid();

	for (size_t at = 0; at < CREW_SIZE; at++) {
		ret_helpers[at] = fork();
		if (ret_helpers[at] < 0)
			return failure_set(failure, EX_TEMPFAIL,
				"no helper could be started: close other programs, then try again");
		if (ret_helpers[at] == 0) {
			(void)close(ends[0]);
			help(crew, at, parent, ends[1]);
		}
	}
	return 0;
}

static int listen_to(const struct crew *crew, int pipe_end, struct failure *failure)
{
	struct outcome outcome;
	int rc;

	while ((rc = receive_outcome(pipe_end, &outcome)) == 1) {
		if (crew->tell(crew->context, &outcome) != 0)
			return 0;
	}
	return rc == 0 ? 0 : failure_set(failure, EX_TEMPFAIL, "a helper was cut off: try again");
}

/* 0 where all of them had come to their end. */
static int collect(const pid_t *helpers, bool are_ended)
{
	int rc = 0;

	for (size_t at = 0; at < CREW_SIZE; at++) {
		int status = 0;

		if (helpers[at] <= 0)
			continue;
		if (are_ended)
			(void)kill(helpers[at], SIGKILL);
		while (waitpid(helpers[at], &status, 0) < 0 && errno == EINTR)
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			rc = -1;
	}
	return rc;
}

int crew_run(const struct crew *crew, struct failure *failure)
{
	pid_t helpers[CREW_SIZE] = { 0 };
	int ends[2], rc;

	if (pipe(ends) != 0)
		return failure_set(failure, EX_TEMPFAIL,
			"no helper could be started: close other programs, then try again");
	rc = start(crew, helpers, ends, failure);
	(void)close(ends[1]);
	if (rc == 0)
		rc = listen_to(crew, ends[0], failure);
	(void)close(ends[0]);
	if (collect(helpers, rc != 0) != 0 && rc == 0)
		rc = failure_set(failure, EX_TEMPFAIL, "a helper was cut off: try again");
	return rc;
}
