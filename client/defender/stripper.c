#include "stripper.h"

#include "keys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOOL         "/usr/bin/exiftool"
#define SANDBOX      "/usr/bin/bwrap"
#define PATIENCE_MS  30000
#define MEMORY_MAX   (1024UL * 1024 * 1024) /* of the tool: it holds the picture several times */
#define PIECE_BYTES  65536
#define WORDS_MAX    64 /* of a command line below */
#define TOOL_SECONDS 25 /* of computing */

/* Without its configuration file, which is a program. */
#define TOOL_WORDS TOOL, "-config", "", "-q", "-q", "-all=", "-trailer:all=", "-o", "-", "-", NULL
#define SANDBOX_WORDS                                                                                        \
	SANDBOX, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",   \
		"--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", \
		"--symlink", "usr/lib64", "/lib64", "--dev", "/dev", "--chdir", "/", "--"

static const char *const tool_words[] = { TOOL_WORDS };
static const char *const sandboxed_words[] = { SANDBOX_WORDS, TOOL_WORDS };
static const char *const probe_words[] = { SANDBOX_WORDS, "/usr/bin/true", NULL };

static bool is_there(const char *path)
{
	return access(path, X_OK) == 0;
}

static void limit(int what, rlim_t most)
{
	const struct rlimit both = { most, most };

	(void)setrlimit(what, &both);
}

/* In the child. Nothing of ours is inherited but the two ends; what can't be taken away here bubblewrap
 * takes. */
static void become(const char *const *words, int in, int out)
{
	char *nothing[] = { NULL }, *argv[WORDS_MAX];
	int null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(in == -1 ? null : in, STDIN_FILENO) == -1 ||
		dup2(out == -1 ? null : out, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(EX_SOFTWARE);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, TOOL_SECONDS);
	if (strcmp(words[0], SANDBOX) != 0) {
		limit(RLIMIT_AS, MEMORY_MAX);
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		/* A tool that could reach a network isn't run on what strangers may have made. */
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 && unshare(CLONE_NEWNET) != 0)
			_exit(EX_SOFTWARE);
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* execve's words are its own; it takes them without const. */
	for (size_t at = 0; at < WORDS_MAX; at++) {
		memcpy(&argv[at], &words[at], sizeof argv[at]);
		if (words[at] == NULL)
			break;
	}
	(void)execve(argv[0], argv, nothing);
	_exit(EX_SOFTWARE);
}

/* -1 where it can't be started. */
static pid_t start(const char *const *words, int in, int out)
{
	pid_t child = fork();

	if (child == 0)
		become(words, in, out);
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

/* Where a device forbids what bubblewrap needs, the tool runs without: its limits hold all the same, and it
 * has no network or isn't run. */
static bool can_sandbox(void)
{
	pid_t child;

	if (!is_there(SANDBOX))
		return false;
	child = start(probe_words, -1, -1);
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

/* Everything that the tool says, up to STRIP_MAX and until patience ends. */
static bool collect(int from, int into, uint64_t *ret_size)
{
	static uint8_t piece[PIECE_BYTES];
	int64_t until = clock_boot_ms() + PATIENCE_MS;
	bool is_whole = false;

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
		if (got <= 0 || (uint64_t)got > STRIP_MAX - *ret_size || !keep(into, piece, (size_t)got))
			break;
		*ret_size += (uint64_t)got;
	}
	sodium_memzero(piece, sizeof piece);
	return is_whole;
}

static bool is_plain(int fd, uint64_t size, enum image image)
{
	bool good;
	void *bytes;

	if (size == 0)
		return false;
	bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	good = image_is_plain(image, bytes, (size_t)size);
	(void)munmap(bytes, (size_t)size);
	return good;
}

static bool run_tool(int from, int into, uint64_t *ret_size)
{
	int pipe_ends[2];
	bool is_whole;
	pid_t child;

	if (pipe2(pipe_ends, O_CLOEXEC) != 0)
		return false;
	child = start(can_sandbox() ? sandboxed_words : tool_words, from, pipe_ends[1]);
	(void)close(pipe_ends[1]);
	is_whole = child != -1 && collect(pipe_ends[0], into, ret_size);
	(void)close(pipe_ends[0]);
	if (child != -1 && !is_whole)
		(void)kill(child, SIGKILL);
	return child != -1 && ended_well(child) && is_whole;
}

static enum image look(int fd)
{
	uint8_t start_of[IMAGE_START];
	ssize_t got = pread(fd, start_of, sizeof start_of, 0);

	return got == sizeof start_of ? image_of(start_of, sizeof start_of) : IMAGE_NONE;
}

int strip_metadata(int fd, uint64_t size, enum stripped *ret_stripped, struct stripped_copy *ret_copy,
	struct failure *failure)
{
	struct stripped_copy copy = { .fd = -1, .image = look(fd) };
	bool good;

	*ret_stripped = copy.image == IMAGE_NONE ? STRIPPED_NO_FORMAT
			: size > STRIP_MAX       ? STRIPPED_TOO_LARGE
			: !is_there(TOOL)        ? STRIPPED_NO_TOOL
						 : STRIPPED_FAILED;
	if (*ret_stripped != STRIPPED_FAILED)
		return 0;
	copy.fd = memfd_create("", MFD_CLOEXEC);
	if (copy.fd == -1)
		return failure_memory(failure);
	good = run_tool(fd, copy.fd, &copy.size) && is_plain(copy.fd, copy.size, copy.image);
	if (lseek(fd, 0, SEEK_SET) != 0 || lseek(copy.fd, 0, SEEK_SET) != 0 || !good) {
		(void)close(copy.fd);
		return 0;
	}
	*ret_stripped = STRIPPED_MADE;
	*ret_copy = copy;
	return 0;
}
