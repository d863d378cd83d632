/* Makes a running process make one system call, as whoever has taken it over would, and says what came of it:
 *
 *     force_call PID CALL [TEXT | NUMBER]
 *
 * `ok VALUE`, `error ERRNO`, or `killed SIGNAL`. Needs root (the processes aren't dumpable). The process is
 * stopped inside a call that waits; its own instruction for a call is executed once more with other
 * registers, and then all is as it was. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CANNOT        77 /* another machine: a test is told that it can't be done here */
#define TEXT_BYTES    64
#define BELOW_STACK   1024 /* farther than what a function may use below its stack */
#define STOPS         100  /* tries until it is found inside a call */
#define PAUSE_NS      (10 * 1000 * 1000)
#define CALL_BYTES    2
#define LAST_ERRNO    4095
#define ARGUMENTS_MAX 4

/* Each argument is a number, the text (AT_TEXT), or the number on the command line (AT_NUMBER). */
#define AT_TEXT   (-1000001L)
#define AT_NUMBER (-1000002L)

static const struct call {
	const char *name;
	long number;
	long arguments[ARGUMENTS_MAX];
} calls[] = {
	{ "getpid", SYS_getpid, { 0 } },
	{ "open", SYS_openat, { AT_FDCWD, AT_TEXT, O_RDONLY | O_CLOEXEC } },
	{ "create", SYS_openat, { AT_FDCWD, AT_TEXT, O_WRONLY | O_CREAT | O_CLOEXEC, 0600 } },
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0 } },
	{ "local-socket", SYS_socket, { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0 } },
	{ "listen", SYS_listen, { AT_NUMBER, 1 } },
	{ "close", SYS_close, { AT_NUMBER } },
	{ "execve", SYS_execve, { AT_TEXT, 0, 0 } },
	{ "ptrace", SYS_ptrace, { PTRACE_ATTACH, AT_NUMBER, 0, 0 } },
	{ "kill", SYS_kill, { AT_NUMBER, 0 } },
	{ "read-memory", SYS_process_vm_readv, { AT_NUMBER, 0, 0, 0 } },
};

#if defined(__x86_64__)

static int say_death(int status)
{
	if (!WIFSIGNALED(status))
		return -1;
	printf("killed %d\n", WTERMSIG(status));
	return 0;
}

/* 0 where it is stopped right behind a call of its own. */
static int stop_in_call(pid_t pid, struct user_regs_struct *ret_registers)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
		return -1;
	for (int i = 0; i < STOPS; i++) {
		if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0 || waitpid(pid, &status, __WALL) != pid ||
			!WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, NULL, ret_registers) != 0)
			return -1;
		errno = 0;
		const long word =
			ptrace(PTRACE_PEEKTEXT, pid, (void *)(ret_registers->rip - CALL_BYTES), NULL);
		if (errno == 0 && (word & 0xffff) == 0x050f) /* `syscall` */
			return 0;
		if (ptrace(PTRACE_CONT, pid, NULL, NULL) != 0)
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

static long value_of(long argument, unsigned long long text_at, long number)
{
	if (argument == AT_TEXT)
		return (long)text_at;
	return argument == AT_NUMBER ? number : argument;
}

static int put_text(pid_t pid, unsigned long long at, const char *text)
{
	char bytes[TEXT_BYTES] = { 0 };
	struct iovec mine = { bytes, sizeof bytes }, its = { (void *)at, sizeof bytes };

	(void)snprintf(bytes, sizeof bytes, "%s", text);
	return process_vm_writev(pid, &mine, 1, &its, 1, 0) == (ssize_t)sizeof bytes ? 0 : -1;
}

/* Its result, or its end, on standard output. */
static int run_once(pid_t pid, const struct user_regs_struct *registers)
{
	struct user_regs_struct after;
	int status;

	if (ptrace(PTRACE_SETREGS, pid, NULL, registers) != 0 ||
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || waitpid(pid, &status, __WALL) != pid)
		return -1;
	if (!WIFSTOPPED(status))
		return say_death(status);
	if (WSTOPSIG(status) != SIGTRAP) { /* a signal of its own: SIGSYS ends it */
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(status)) != 0 ||
			waitpid(pid, &status, __WALL) != pid)
			return -1;
		return say_death(status);
	}
	if (ptrace(PTRACE_GETREGS, pid, NULL, &after) != 0)
		return -1;
	const long result = (long)after.rax;
	if (result < 0 && result >= -LAST_ERRNO)
		printf("error %ld\n", -result);
	else
		printf("ok %ld\n", result);
	return 1;
}

static int force(pid_t pid, const struct call *call, const char *text, long number)
{
	struct user_regs_struct before, forced;
	const unsigned long long below = BELOW_STACK;

	if (stop_in_call(pid, &before) != 0)
		return -1;
	const unsigned long long at = (before.rsp - below) & ~15ULL;
	if (put_text(pid, at, text) != 0)
		return -1;
	forced = before;
	forced.rip -= CALL_BYTES;
	forced.orig_rax = (unsigned long long)-1; /* no call of its own is begun again meanwhile */
	forced.rax = (unsigned long long)call->number;
	forced.rdi = (unsigned long long)value_of(call->arguments[0], at, number);
	forced.rsi = (unsigned long long)value_of(call->arguments[1], at, number);
	forced.rdx = (unsigned long long)value_of(call->arguments[2], at, number);
	forced.r10 = (unsigned long long)value_of(call->arguments[3], at, number);
	const int rc = run_once(pid, &forced);
	if (rc <= 0)
		return rc;
	return ptrace(PTRACE_SETREGS, pid, NULL, &before) != 0 ? -1
							       : (int)ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

#else

static int force(pid_t pid, const struct call *call, const char *text, long number)
{
	(void)pid;
	(void)call;
	(void)text;
	(void)number;
	exit(CANNOT);
}

#endif

int main(int argument_count, char **arguments)
{
	const char *text = argument_count > 3 ? arguments[3] : "";

	for (size_t i = 0; argument_count > 2 && i < sizeof calls / sizeof calls[0]; i++) {
		if (strcmp(calls[i].name, arguments[2]) != 0)
			continue;
		if (force((pid_t)strtol(arguments[1], NULL, 10), &calls[i], text, strtol(text, NULL, 10)) ==
			0)
			return 0;
		perror("force_call");
		return 1;
	}
	fputs("usage: force_call PID CALL [TEXT | NUMBER]\n", stderr);
	return 64;
}
