#include "child.h"

#include "base/log.h"
#include "base/process.h"
#include "channel/setup.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SELF           "/proc/self/exe" /* stays the program that was started, also when its file is replaced */
#define ROLE_OPTION    "--role="
#define EXEC_FAILED    127
#define ROLE_ARG_BYTES 32

struct child {
	struct child_options options;
	struct channel *channel;
	pid_t pid;
	bool ready;
	bool leaving; /* asked to end by itself, and somebody's timer waits for that */
	bool reaped;
};

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct child *child = context;
	struct message_failed failed;
	(void)passed_fd; /* no rule lets a role pass one */
	switch (type) {
	case MESSAGE_READY:
		if (message_empty_get(message) != 0)
			return -1;
		child->ready = true;
		child->options.events->on_ready(child->options.events->context, child);
		return 0;
	case MESSAGE_FAILED:
		if (message_failed_get(message, &failed) != 0)
			return -1;
		child->options.events->on_failed(child->options.events->context, child, &failed);
		return 0;
	default:
		return child->options.events->on_message(
			child->options.events->context, child, type, message);
	}
}

/* It has ended, or broke the rules; in both cases nothing of it must stay. waitpid() brings the rest. One
 * that was asked to leave is still closing its files: whoever asked has a timer that ends it. */
static void on_ended(void *context, const char *reason)
{
	struct child *child = context;
	log_event(LOG_INFO, "channel_ended", "child=%s pid=%d reason=\"%s\"", role_name(child->options.role),
		(int)child->pid, reason);
	channel_free(child->channel);
	child->channel = NULL;
	if (!child->leaving)
		child_kill(child);
}

/* Between fork and exec: nothing of ours but the channel goes along. */
static void become_role(enum role role, int channel_fd, pid_t parent) __attribute__((noreturn));
static void become_role(enum role role, int channel_fd, pid_t parent)
{
	char argument[ROLE_ARG_BYTES];
	char *const arguments[] = { (char[]){ "clariond" }, argument, NULL };
	sigset_t none;
	sigemptyset(&none);
	/* a terminal's signals reach the whole group; the supervisor decides what they mean */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (snprintf(argument, sizeof argument, ROLE_OPTION "%s", role_name(role)) < 0 || nothing < 0 ||
		dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
		process_die_with_parent(parent) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		_exit(EXEC_FAILED);
	/* dup2 onto itself would leave it close-on-exec */
	if (channel_fd == SUPERVISOR_FD ? fcntl(channel_fd, F_SETFD, 0) < 0
					: dup2(channel_fd, SUPERVISOR_FD) < 0)
		_exit(EXEC_FAILED);
	process_close_from(SUPERVISOR_FD + 1);
	execv(SELF, arguments);
	_exit(EXEC_FAILED);
}

static int pair_of_sockets(int ret_fds[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds);
}

struct child *child_start(const struct child_options *options)
{
	int fds[2];
	struct child *child = calloc(1, sizeof *child);
	if (child == NULL || pair_of_sockets(fds) != 0) {
		free(child);
		return NULL;
	}
	child->options = *options;
	const pid_t parent = getpid();
	child->pid = fork();
	if (child->pid == 0)
		become_role(options->role, fds[1], parent);
	close(fds[1]);
	const struct channel_options channel = { .base = options->base,
		.fd = fds[0],
		.me = ROLE_SUPERVISOR,
		.peer = options->role,
		.on_message = on_message,
		.on_ended = on_ended,
		.context = child };
	child->channel = channel_new(&channel);
	if (child->pid < 0 || child->channel == NULL) {
		child_free(child);
		return NULL;
	}
	return child;
}

void child_free(struct child *child)
{
	if (child == NULL)
		return;
	channel_free(child->channel);
	free(child);
}

struct channel *child_channel(const struct child *child)
{
	return child->channel;
}

pid_t child_pid(const struct child *child)
{
	return child->pid;
}

enum role child_role(const struct child *child)
{
	return child->options.role;
}

void *child_owner(const struct child *child)
{
	return child->options.owner;
}

bool child_is_ready(const struct child *child)
{
	return child->ready;
}

void child_reaped(struct child *child)
{
	child->reaped = true;
	if (child->channel != NULL)
		channel_read(child->channel);
}

int child_drain(struct child *child, bool is_bounded)
{
	child->leaving = is_bounded;
	return child->channel == NULL ? -1 : message_empty_put(channel_out(child->channel), MESSAGE_DRAIN);
}

void child_kill(const struct child *child)
{
	if (!child->reaped)
		kill(child->pid, SIGKILL);
}

static int send_end(struct child *child, enum socket_kind kind, int fd)
{
	const struct message_socket message = { .kind = kind };
	return child->channel != NULL ? channel_send_fd(child->channel, &message, fd) : -1;
}

int child_wire(
	struct child *one, enum socket_kind end_of_one, struct child *other, enum socket_kind end_of_other)
{
	int fds[2];
	if (pair_of_sockets(fds) != 0)
		return -1;
	const int rc =
		send_end(one, end_of_one, fds[0]) != 0 || send_end(other, end_of_other, fds[1]) != 0 ? -1 : 0;
	close(fds[0]);
	close(fds[1]);
	return rc;
}
