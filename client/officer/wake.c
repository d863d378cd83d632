#include "wake.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWN_PREFIX "CLARION_"
#define OWN_FACTS  3

extern char **environ;

void wake_start(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGCHLD, &ignore, NULL);
}

void wake_environment_free(char **environment)
{
	if (environment == NULL)
		return;
	for (size_t at = 0; environment[at] != NULL; at++)
		free(environment[at]);
	free(environment);
}

/* NAME=VALUE in memory of its own; NULL where it is short. */
static char *fact(const char *name, const char *value)
{
	char *text = NULL;

	return asprintf(&text, OWN_PREFIX "%s=%s", name, value) < 0 ? NULL : text;
}

static bool put_facts(char **environment, const struct alert *alert)
{
	char seq[24];

	(void)snprintf(seq, sizeof seq, "%" PRIu64, alert->seq);
	environment[0] = fact("SEQ", seq);
	environment[1] = environment[0] == NULL ? NULL : fact("DESK", alert->desk);
	environment[2] = environment[1] == NULL ? NULL : fact("URGENCY", urgency_word(alert->urgency));
	return environment[2] != NULL;
}

char **wake_environment(char *const *environment, const struct alert *alert)
{
	size_t count = 0, kept = OWN_FACTS;
	char **made;

	while (environment[count] != NULL)
		count++;
	made = calloc(count + OWN_FACTS + 1, sizeof *made);
	if (made == NULL)
		return NULL;
	if (!put_facts(made, alert))
		goto failed;
	for (size_t at = 0; at < count; at++) {
		if (strncmp(environment[at], OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
			continue;
		made[kept] = strdup(environment[at]);
		if (made[kept++] == NULL)
			goto failed;
	}
	return made;
failed:
	wake_environment_free(made);
	return NULL;
}

/* In the child: nothing of the parent's but standard error, and signals as they are for a fresh program. */
static void prepare_child(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)sigaction(SIGCHLD, &usual, NULL);
	(void)sigaction(SIGINT, &usual, NULL);
	(void)sigaction(SIGTERM, &usual, NULL);
	(void)sigaction(SIGPIPE, &usual, NULL);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(127);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
}

static void notify(const struct alert *alerts, size_t count)
{
	char text[160];
	const char *how = "--urgency=critical";

	if (count == 1)
		(void)snprintf(text, sizeof text, "%s: %s alert %" PRIu64, alerts[0].desk,
			urgency_word(alerts[0].urgency), alerts[0].seq);
	else
		(void)snprintf(text, sizeof text, "%zu alerts", count);
	/* Not every desktop has it, and a machine without one doesn't need it: the child's end tells nothing.
	 */
	if (fork() == 0) {
		prepare_child();
		(void)close(STDERR_FILENO);
		(void)execlp("notify-send", "notify-send", how, "--app-name=officer", "--", "New alert", text,
			(char *)NULL);
		_exit(127);
	}
}

void wake_person(const struct alert *alerts, size_t count)
{
	if (isatty(STDERR_FILENO)) {
		(void)fputc('\a', stderr);
		(void)fflush(stderr);
	}
	notify(alerts, count);
}

int wake_command(const char *command, const struct alert *alert, struct failure *failure)
{
	char **environment = wake_environment(environ, alert);
	pid_t child = environment == NULL ? -1 : fork();

	if (child == 0) {
		prepare_child();
		(void)execle("/bin/sh", "sh", "-c", command, (char *)NULL, environment);
		_exit(127);
	}
	wake_environment_free(environment);
	return child < 0 ? failure_memory(failure) : 0;
}
