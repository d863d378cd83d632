/* the operator's command that wakes people */
#include "runner.h"

#include "base/log.h"
#include "base/process.h"
#include "base/wake_settings.h"
#include "family_internal.h"
#include "keys/clock.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_SECONDS 30
#define PAUSE_MS      1000
#define EXEC_FAILED   127
#define UNTAKEN_MAX   (64 * 1024) /* bytes of answers: an honest notify waits for each */

struct runner {
	struct family *family;
	struct event *limit;
	pid_t pid;       /* 0: nothing runs */
	pid_t asked_by;  /* the notify that is told */
	int64_t last_ms; /* when it was started last */
};

struct identity_of_user {
	bool is_root;
	uid_t user;
	gid_t group;
};

static void on_limit(evutil_socket_t fd, short what, void *context)
{
	const struct runner *runner = context;
	(void)fd;
	(void)what;
	if (runner->pid > 0)
		kill(-runner->pid, SIGKILL);
}

static struct runner *runner_of(struct family *family)
{
	if (family->runner == NULL && (family->runner = calloc(1, sizeof *family->runner)) != NULL) {
		family->runner->family = family;
		family->runner->limit = evtimer_new(family->base, on_limit, family->runner);
	}
	return family->runner != NULL && family->runner->limit != NULL ? family->runner : NULL;
}

/* Between fork and exec: none of our descriptors and signals go along; of our rights those of our user, where
 * we aren't root and can't give her up. */
static void become_command(char *const words[], const struct identity_of_user *who, pid_t parent)
	__attribute__((noreturn));
static void become_command(char *const words[], const struct identity_of_user *who, pid_t parent)
{
	char *const environment[] = { (char[]){ "PATH=/usr/local/bin:/usr/bin:/bin" },
		(char[]){ "LANG=C.UTF-8" }, NULL };
	sigset_t none;
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* low ports are ours, not its */
	const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || setpgid(0, 0) != 0 || chdir("/") != 0 || dup2(nothing, STDIN_FILENO) < 0 ||
		dup2(nothing, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	process_close_from(STDERR_FILENO + 1);
	if (who->is_root && (setgroups(0, NULL) != 0 || setgid(who->group) != 0 || setuid(who->user) != 0 ||
				    setuid(0) == 0))
		_exit(EXEC_FAILED);
	if (process_die_with_parent(parent) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		_exit(EXEC_FAILED);
	execve(words[0], words, environment);
	_exit(EXEC_FAILED);
}

static int start(struct runner *runner, const struct child *notify)
{
	const struct config *config = runner->family->current->config;
	const struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	struct identity_of_user who = { .is_root = runner->family->root };
	char command[CONFIG_VALUE_MAX + 1];
	char *words[WAKE_COMMAND_WORDS_MAX + 1];
	struct fault fault;
	const int64_t now = clock_boot_ms();
	if (config->wake_command == NULL || runner->pid != 0 || now - runner->last_ms < PAUSE_MS)
		return -1;
	(void)snprintf(command, sizeof command, "%s", config->wake_command);
	if (wake_command_split(command, words) != 0 ||
		(who.is_root && process_user(config->user_notify, &who.user, &who.group, &fault) != 0) ||
		event_add(runner->limit, &limit) != 0)
		return -1;
	const pid_t parent = getpid();
	const pid_t pid = fork();
	if (pid == 0)
		become_command(words, &who, parent);
	if (pid < 0)
		return -1;
	runner->pid = pid;
	runner->asked_by = child_pid(notify);
	runner->last_ms = now;
	return 0;
}

int runner_message(struct family *family, struct child *notify, struct reader *message)
{
	const struct message_ran not_now = { .done = false };
	struct runner *runner = runner_of(family);
	/* Whoever asks and asks and takes no answer is not notify any more. */
	if (message_empty_get(message) != 0 || channel_backlog(child_channel(notify)) > UNTAKEN_MAX)
		return -1;
	if (runner != NULL && start(runner, notify) == 0)
		return 0;
	return message_ran_put(channel_out(child_channel(notify)), &not_now);
}

bool runner_child_died(struct family *family, pid_t pid, int status)
{
	struct runner *runner = family->runner;
	const struct message_ran ran = { .done = WIFEXITED(status) && WEXITSTATUS(status) == 0 };
	if (runner == NULL || runner->pid != pid)
		return false;
	runner->pid = 0;
	(void)event_del(runner->limit);
	if (!ran.done)
		log_event(LOG_WARNING, "wake_command_failed", "%s=%d",
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	const struct member *notify = family_member(family, ROLE_NOTIFY);
	struct child *child = notify != NULL ? notify->child : NULL;
	if (child != NULL && child_pid(child) == runner->asked_by && child_channel(child) != NULL &&
		message_ran_put(channel_out(child_channel(child)), &ran) != 0)
		child_kill(child);
	return true;
}

void runner_free(struct family *family)
{
	if (family->runner == NULL)
		return;
	if (family->runner->pid > 0)
		kill(-family->runner->pid, SIGKILL);
	if (family->runner->limit != NULL)
		event_free(family->runner->limit);
	free(family->runner);
	family->runner = NULL;
}
