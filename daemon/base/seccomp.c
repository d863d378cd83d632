#include "base/seccomp.h"

#include "build_config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#if CLARION_SANITIZED
#define ON_VIOLATION SCMP_ACT_LOG /* sanitizers make calls of their own */
#else
#define ON_VIOLATION SCMP_ACT_KILL_PROCESS
#endif

/* A name that an architecture or an older libseccomp doesn't have is left out: what isn't listed is refused.
 */

/* The loop, memory, time and the end of a process: libevent, malloc, libsodium and libc in every role. */
static const char *const for_all[] = { "read", "readv", "write", "writev", "close", "recvmsg", "sendmsg",
	"recvfrom", "shutdown", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
	"eventfd2", "timerfd_create", "timerfd_settime", "poll", "ppoll", "brk", "munmap", "mremap",
	"madvise", "mlock", "mlock2", "munlock", "futex", "getrandom", "clock_gettime", "clock_getres",
	"gettimeofday", "time", "nanosleep", "clock_nanosleep", "sched_yield", "getpid", "sysinfo", "gettid",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit",
	"exit_group" };

/* TLS connections from a listener that the supervisor made. */
static const char *const for_front[] = { "accept", "accept4", "getsockname", "getpeername" };

/* SQLite: files of one folder, as far as Landlock lets them be opened. */
static const char *const for_store[] = { "openat", "open", "fstat", "stat", "lstat", "newfstatat", "statx",
	"access", "faccessat", "faccessat2", "lseek", "pread64", "pwrite64", "preadv", "pwritev", "fsync",
	"fdatasync", "ftruncate", "fallocate", "unlink", "unlinkat", "getcwd", "readlink", "readlinkat",
	"getdents64", "fstatfs", "statfs", "flock", "msync", "getuid", "geteuid", "getgid", "getegid",
	"fchmod" };

/* Admins of this machine, on the control socket that the supervisor made. */
static const char *const for_control[] = { "accept", "accept4" };

/* libcurl and libevent's resolver: connections out, and nothing that listens. */
static const char *const for_notify[] = { "connect", "getsockname", "getpeername", "sendto", "sendmmsg",
	"pipe2" };

/* What libraries look for by the way gets the answer that it isn't allowed; Landlock would give the same. */
static const char *const refused_softly[] = { "openat", "open", "stat", "lstat", "newfstatat", "statx",
	"access", "faccessat", "faccessat2", "readlink", "readlinkat", "uname" };

struct argument_rule {
	const char *name;
	struct scmp_arg_cmp compare;
};

static int add_names(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int number = seccomp_syscall_resolve_name(names[i]);
		if (number >= 0 && seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0)
			return -1;
	}
	return 0;
}

static int add_rules(scmp_filter_ctx filter, const struct argument_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int number = seccomp_syscall_resolve_name(rules[i].name);
		if (number >= 0 &&
			seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &rules[i].compare) != 0)
			return -1;
	}
	return 0;
}

#define EQUALS(name, at, value)                                                                              \
	{                                                                                                    \
		name,                                                                                        \
		{                                                                                            \
			at, SCMP_CMP_EQ, value, 0                                                            \
		}                                                                                            \
	}
#define WITHOUT(name, at, mask)                                                                              \
	{                                                                                                    \
		name,                                                                                        \
		{                                                                                            \
			at, SCMP_CMP_MASKED_EQ, mask, 0                                                      \
		}                                                                                            \
	}

/* Nothing becomes executable, nothing is sent to an address, no device is spoken to, nobody else is
 * signalled. */
static int add_arguments(scmp_filter_ctx filter)
{
	const struct argument_rule rules[] = {
		WITHOUT("mmap", 2, PROT_EXEC),
		WITHOUT("mprotect", 2, PROT_EXEC),
		EQUALS("sendto", 4, 0),
		EQUALS("ioctl", 1, FIONREAD), /* evbuffer_read */
		EQUALS("ioctl", 1, FIONBIO),
		EQUALS("fcntl", 1, F_GETFL),
		EQUALS("fcntl", 1, F_SETFL),
		EQUALS("fcntl", 1, F_GETFD),
		EQUALS("fcntl", 1, F_SETFD),
		EQUALS("tgkill", 0, (scmp_datum_t)getpid()), /* abort() */
		EQUALS("getsockopt", 1, SOL_SOCKET),
		EQUALS("getsockopt", 1, IPPROTO_TCP),
		EQUALS("setsockopt", 1, SOL_SOCKET),
		EQUALS("setsockopt", 1, IPPROTO_TCP),
	};
	return add_rules(filter, rules, COUNT_OF(rules));
}

static int add_store(scmp_filter_ctx filter)
{
	const struct argument_rule rules[] = {
		EQUALS("fcntl", 1, F_GETLK), EQUALS("fcntl", 1, F_SETLK), EQUALS("fcntl", 1, F_SETLKW),
		EQUALS("fcntl", 1, F_OFD_GETLK), EQUALS("fcntl", 1, F_OFD_SETLK),
		EQUALS("fcntl", 1, F_DUPFD_CLOEXEC), /* SQLite keeps off descriptors 0 to 2 */
	};
	return add_names(filter, for_store, COUNT_OF(for_store)) != 0
		       ? -1
		       : add_rules(filter, rules, COUNT_OF(rules));
}

/* Internet sockets, and no others. */
static int add_notify(scmp_filter_ctx filter)
{
	const struct argument_rule rules[] = {
		EQUALS("socket", 0, AF_INET),
		EQUALS("socket", 0, AF_INET6),
		EQUALS("getsockopt", 1, IPPROTO_IP),
		EQUALS("getsockopt", 1, IPPROTO_IPV6),
		EQUALS("setsockopt", 1, IPPROTO_IP),
		EQUALS("setsockopt", 1, IPPROTO_IPV6),
	};
	for (size_t i = 0; i < COUNT_OF(refused_softly); i++) {
		const int number = seccomp_syscall_resolve_name(refused_softly[i]);
		if (number >= 0 && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), number, 0) != 0)
			return -1;
	}
	return add_names(filter, for_notify, COUNT_OF(for_notify)) != 0
		       ? -1
		       : add_rules(filter, rules, COUNT_OF(rules));
}

static int add_list(scmp_filter_ctx filter, enum seccomp_list list)
{
	if (add_names(filter, for_all, COUNT_OF(for_all)) != 0 || add_arguments(filter) != 0)
		return -1;
	switch (list) {
	case SECCOMP_FRONT:
		return add_names(filter, for_front, COUNT_OF(for_front));
	case SECCOMP_STORE:
		return add_store(filter) != 0 ? -1 : add_names(filter, for_control, COUNT_OF(for_control));
	case SECCOMP_CHECKPOINT:
		return add_store(filter);
	case SECCOMP_NOTIFY:
		return add_notify(filter);
	}
	return -1;
}

int seccomp_lock(enum seccomp_list list, struct fault *fault)
{
	int rc = -1;
	scmp_filter_ctx filter = seccomp_init(ON_VIOLATION);
	if (filter == NULL)
		return fault_set(fault, "seccomp: no memory");
	if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 || /* a tree, not a list */
		add_list(filter, list) != 0) {
		rc = fault_set(fault, "seccomp: the list can't be built");
		goto cleanup;
	}
	const int error = seccomp_load(filter);
	if (error != 0) {
		rc = fault_set(fault, "seccomp: the kernel refused the list: %s", strerror(-error));
		goto cleanup;
	}
	rc = 0;
cleanup:
	seccomp_release(filter);
	return rc;
}
