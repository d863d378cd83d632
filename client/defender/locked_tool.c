#include "locked_tool.h"

#include "keys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define SANDBOX       "/usr/bin/bwrap"
#define MEMORY_MAX    (1024UL * 1024 * 1024) /* of a tool that isn't in bubblewrap */
#define FOLDER_MAX    "1073741824"           /* of what a tool writes: parts, pages, the copy */
#define PIECE_BYTES   65536
#define WORDS_MAX     96 /* bubblewrap's and the tool's */
#define MS_PER_SECOND 1000

/* What there is to see: programs and libraries, and what tells them fonts and types of files. Its folder for
 * files is memory, and goes with it. bubblewrap itself is out of sight: a tool that wants to lock in its own
 * helpers can't do so from in here, and has to take them as they are. */
static const char *const sandbox_words[] = { SANDBOX, "--unshare-all", "--die-with-parent", "--new-session",
	"--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin", "--setenv", "HOME", "/tmp",
	"--setenv", "TMPDIR", "/tmp", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
	"--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--ro-bind", "/dev/null", SANDBOX,
	"--ro-bind-try", "/etc/alternatives", "/etc/alternatives", "--ro-bind-try", "/etc/fonts",
	"/etc/fonts", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try",
	"/etc/mime.types", "/etc/mime.types", "--ro-bind-try", "/var/cache/fontconfig",
	"/var/cache/fontconfig", "--dev", "/dev", "--size", FOLDER_MAX, "--tmpfs", "/tmp", "--chdir", "/tmp",
	"--" };

static void limit(int what, rlim_t most)
{
	const struct rlimit both = { most, most };

	(void)setrlimit(what, &both);
}

/* In the child. Nothing of ours is inherited but the two ends; what can't be taken away here bubblewrap
 * takes. */
static void become(const struct locked_tool *tool, bool is_sandboxed, int in, int out)
{
	char *nothing[] = { NULL }, *argv[WORDS_MAX];
	size_t count = is_sandboxed ? COUNT_OF(sandbox_words) : 0;
	int null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(in == -1 ? null : in, STDIN_FILENO) == -1 ||
		dup2(out == -1 ? null : out, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(EX_SOFTWARE);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	limit(RLIMIT_FSIZE, tool->writes_files ? tool->most_bytes : 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, (rlim_t)(tool->patience_ms / MS_PER_SECOND));
	if (!is_sandboxed) {
		limit(RLIMIT_AS, MEMORY_MAX);
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		/* A tool that could reach a network isn't run on what strangers may have made. */
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 && unshare(CLONE_NEWNET) != 0)
			_exit(EX_SOFTWARE);
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* execve's words are its own; it takes them without const. */
	memcpy(argv, sandbox_words, count * sizeof *argv);
	memcpy(argv + count, tool->words, sizeof tool->words);
	(void)execve(argv[0], argv, nothing);
	_exit(EX_SOFTWARE);
}

/* -1 where it can't be started. */
static pid_t start(const struct locked_tool *tool, bool is_sandboxed, int in, int out)
{
	pid_t child = fork();

	if (child == 0)
		become(tool, is_sandboxed, in, out);
	return child;
}

static bool ended_well(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool locked_tool_has_sandbox(void)
{
	static const struct locked_tool probe = { .words = { "/usr/bin/true" },
		.patience_ms = MS_PER_SECOND };
	pid_t child;

	if (access(SANDBOX, X_OK) != 0)
		return false;
	child = start(&probe, true, -1, -1);
	return child != -1 && ended_well(child);
}

static bool keep(int into, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(into, bytes, len);

		if (written == -1 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		len -= (size_t)written;
	}
	return true;
}

/* Everything that the tool says, until patience ends. */
static bool collect(const struct locked_tool *tool, int from, int into, uint64_t *ret_size)
{
	static uint8_t piece[PIECE_BYTES];
	int64_t until = clock_boot_ms() + tool->patience_ms;
	bool is_whole = false;

	*ret_size = 0;
	for (;;) {
		struct pollfd ready = { .fd = from, .events = POLLIN };
		int64_t left = until - clock_boot_ms();
		ssize_t got;

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			break;
		got = read(from, piece, sizeof piece);
		if (got == -1 && errno == EINTR)
			continue;
		is_whole = got == 0;
		if (got <= 0 || (uint64_t)got > tool->most_bytes - *ret_size ||
			!keep(into, piece, (size_t)got))
			break;
		*ret_size += (uint64_t)got;
	}
	sodium_memzero(piece, sizeof piece);
	return is_whole;
}

bool locked_tool_run(const struct locked_tool *tool, int from, int into, uint64_t *ret_size)
{
	bool is_whole, is_sandboxed = locked_tool_has_sandbox();
	int pipe_ends[2];
	pid_t child;

	if ((tool->writes_files && !is_sandboxed) || pipe2(pipe_ends, O_CLOEXEC) != 0)
		return false;
	child = start(tool, is_sandboxed, from, pipe_ends[1]);
	(void)close(pipe_ends[1]);
	is_whole = child != -1 && collect(tool, pipe_ends[0], into, ret_size);
	(void)close(pipe_ends[0]);
	if (child != -1 && !is_whole)
		(void)kill(child, SIGKILL);
	return child != -1 && ended_well(child) && is_whole;
}
