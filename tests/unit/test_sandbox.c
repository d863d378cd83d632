/* Each role's lock-in, entered by a child of its own: what the role needs goes on, everything else ends it.
 */
#include "sandbox_child.h"

#include "base/landlock.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "build_config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FORBIDDEN_TO_NOTIFY 9 /* of the list of what is forbidden to all others */

static int pair[2];
static int listener;

static int open_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : -1;
}

static int open_own_file(void)
{
	return open("clarion.db", O_RDWR) >= 0 ? 0 : -1;
}

static int make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : -1;
}

static int make_socket_pair(void)
{
	int fds[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int make_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : -1;
}

static int run_program(void)
{
	char *const arguments[] = { (char[]){ "true" }, NULL };
	return execv("/bin/true", arguments);
}

static int trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ? 0 : -1;
}

static int signal_parent(void)
{
	return kill(getppid(), 0);
}

static int make_process(void)
{
	return fork() >= 0 ? 0 : -1;
}

static int make_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0
													 : -1;
}

static int turn_into_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int connect_out(void)
{
	const struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(9) };
	return connect(pair[0], (const struct sockaddr *)&nowhere, sizeof nowhere);
}

static int send_to_address(void)
{
	const struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(9) };
	return sendto(pair[0], "x", 1, 0, (const struct sockaddr *)&nowhere, sizeof nowhere) == 1 ? 0 : -1;
}

static int read_sibling_memory(void)
{
	char byte;
	struct iovec local = { &byte, 1 };
	struct iovec remote = { folder, 1 };
	return process_vm_readv(getppid(), &local, 1, &remote, 1, 0) == 1 ? 0 : -1;
}

/* The loop, memory, time, chance, and a descriptor that a sibling passes. */
static int work_as_any_role(void)
{
	struct timespec now;
	struct epoll_event event = { .events = EPOLLIN };
	uint8_t bytes[16];
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec span = { bytes, 1 };
	struct msghdr message = {
		.msg_iov = &span, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &pair[0], sizeof(int));
	const int loop = epoll_create1(EPOLL_CLOEXEC);
	void *volatile memory = malloc(4 * 1024 * 1024);
	if (loop < 0 || memory == NULL || epoll_ctl(loop, EPOLL_CTL_ADD, pair[1], &event) != 0 ||
		sendmsg(pair[0], &message, MSG_NOSIGNAL) != 1 || epoll_wait(loop, &event, 1, 1000) != 1)
		return -1;
	message.msg_controllen = sizeof control;
	if (recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) != 1 || message.msg_controllen == 0 ||
		clock_gettime(CLOCK_BOOTTIME, &now) != 0 ||
		getrandom(bytes, sizeof bytes, 0) != sizeof bytes ||
		fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0 || write(STDERR_FILENO, "", 0) != 0)
		return -1;
	free(memory);
	return 0;
}

static int accept_connection(void)
{
	const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	const int one = 1;
	if (fd >= 0)
		return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	return errno == EAGAIN ? 0 : -1;
}

/* What SQLite does with a database, its log and its shared memory. */
static int work_as_store(void)
{
	struct stat status;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1 };
	char text[8];
	const int fd = open("clarion.db-wal", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || stat("clarion.db-wal", &status) != 0 || fstat(fd, &status) != 0 ||
		access("clarion.db-wal", R_OK | W_OK) != 0 || pwrite(fd, "sqlite", 6, 4096) != 6 ||
		pread(fd, text, 6, 4096) != 6 || memcmp(text, "sqlite", 6) != 0 || fdatasync(fd) != 0 ||
		fsync(fd) != 0 || ftruncate(fd, 32768) != 0 || fcntl(fd, F_SETLK, &lock) != 0 ||
		fcntl(fd, F_GETLK, &lock) != 0 || posix_fallocate(fd, 0, 65536) != 0 ||
		lseek(fd, 0, SEEK_END) != 65536)
		return -1;
	void *shared = mmap(NULL, 32768, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED || munmap(shared, 32768) != 0 || geteuid() != getuid())
		return -1;
	const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (here < 0 || fsync(here) != 0 || close(here) != 0 || close(fd) != 0)
		return -1;
	return unlink("clarion.db-wal");
}

/* Outside its folder the store finds what the kernel says to one without a right, and no more. */
static int store_leaves_its_folder(void)
{
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return -1;
	if (open("/tmp/clarion-sandbox-outside", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		return -1;
	return open("clarion.db", O_RDWR) >= 0 ? 0 : -1;
}

static int store_makes_folder(void)
{
	return mkdir("folder", 0700);
}

static int has_no_core_and_no_tracer(void)
{
	struct rlimit core;
	const int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 && dumpable == 0 &&
			       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
		       ? 0
		       : -1;
}

static lock_in *const all_roles[] = { sandbox_front, sandbox_store, sandbox_checkpoint, sandbox_notify };

static void test_needed_calls_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all_roles); i++)
		works(all_roles[i], work_as_any_role);
	works(sandbox_front, accept_connection);
	works(sandbox_store, accept_connection);
	works(sandbox_store, work_as_store);
	works(sandbox_checkpoint, work_as_store);
}

static void test_everything_else_kills(void **state)
{
	static deed *const forbidden[] = { make_socket_pair, run_program, trace_parent, signal_parent,
		make_process, make_code, turn_into_code, read_sibling_memory, make_local_socket,
		/* notify connects out; the others do nothing from here on */
		make_socket, connect_out, send_to_address };
	(void)state;
	if (CLARION_SANITIZED)
		skip();
	for (size_t i = 0; i < COUNT_OF(all_roles); i++)
		for (size_t k = 0; k < COUNT_OF(forbidden); k++)
			if (all_roles[i] != sandbox_notify || k < FORBIDDEN_TO_NOTIFY)
				kills(all_roles[i], forbidden[k]);
}

static void test_files(void **state)
{
	(void)state;
	works(sandbox_store, store_leaves_its_folder);
	works(sandbox_checkpoint, store_leaves_its_folder);
	if (CLARION_SANITIZED)
		skip();
	kills(sandbox_front, open_passwd);
	kills(sandbox_front, open_own_file);
	kills(sandbox_notify, accept_connection);
	kills(sandbox_checkpoint, accept_connection);
	kills(sandbox_store, store_makes_folder);
}

/* Landlock by itself, with the list of calls out of its way. */
static int landlock_alone(const struct sandbox_options *options, struct fault *fault)
{
	(void)options;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -1 : landlock_restrict(-1, false, fault);
}

static int landlock_folder(const struct sandbox_options *options, struct fault *fault)
{
	(void)options;
	const int fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -1 : landlock_restrict(fd, false, fault);
}

static int landlock_holds(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return -1;
	if (open("clarion.db", O_RDONLY) >= 0 || errno != EACCES)
		return -1;
	if (landlock_version() < 4)
		return 0;
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&any, sizeof any) == 0 || errno != EACCES)
		return -1;
	any.sin_port = htons(9);
	if (connect(fd, (struct sockaddr *)&any, sizeof any) == 0 || errno != EACCES)
		return -1;
	if (landlock_version() < 6)
		return 0;
	return kill(getppid(), 0) != 0 && errno == EPERM ? 0 : -1;
}

static int landlock_folder_holds(void)
{
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return -1;
	if (mkdir("inside", 0700) == 0 || errno != EACCES)
		return -1;
	if (symlink("/etc", "link") == 0 || errno != EACCES)
		return -1;
	return open("clarion.db", O_RDWR) >= 0 && open("new", O_RDWR | O_CREAT, 0600) >= 0 ? unlink("new")
											   : -1;
}

static void test_landlock_by_itself(void **state)
{
	(void)state;
	works(landlock_alone, landlock_holds);
	works(landlock_folder, landlock_folder_holds);
}

static int lock_supervisor(const struct sandbox_options *options, struct fault *fault)
{
	(void)options;
	return sandbox_supervisor(fault);
}

static void test_no_cores(void **state)
{
	(void)state;
	if (CLARION_SANITIZED)
		skip();
	works(lock_supervisor, has_no_core_and_no_tracer);
}

static void test_users(void **state)
{
	uid_t user = 7;
	gid_t group = 7;
	struct fault fault;
	(void)state;
	assert_int_equal(process_user("60900", &user, &group, &fault), 0);
	assert_int_equal(user, 60900);
	assert_int_equal(group, 60900);
	assert_int_equal(process_user("nobody", &user, &group, &fault), 0);
	assert_int_equal(user, 65534);
	assert_int_equal(process_user("0", &user, &group, &fault), -1);
	assert_int_equal(process_user("root", &user, &group, &fault), -1);
	assert_int_equal(process_user("nobody-of-this-name", &user, &group, &fault), -1);
	assert_int_equal(process_user("4294967295", &user, &group, &fault), -1);
	assert_int_equal(user, 65534);
}

static int settle_empty(const struct sandbox_options *options, struct fault *fault)
{
	(void)options;
	return process_settle(NULL, "60900", fault);
}

static int settle_folder(const struct sandbox_options *options, struct fault *fault)
{
	(void)options;
	return chown(folder, 60901, 60901) != 0 ? -1 : process_settle(folder, "60901", fault);
}

/* Nothing is there, nothing can be made, and root is out of reach. */
static int settled_nowhere(void)
{
	DIR *root = opendir("/");
	if (root != NULL && readdir(root) != NULL)
		return -1;
	if (open("/file", O_WRONLY | O_CREAT, 0600) >= 0 || open("/etc/passwd", O_RDONLY) >= 0)
		return -1;
	return getuid() == 60900 && getegid() == 60900 && setuid(0) != 0 ? 0 : -1;
}

static int settled_in_folder(void)
{
	char here[16];
	if (getcwd(here, sizeof here) == NULL || strcmp(here, "/") != 0)
		return -1;
	if (open("../etc/passwd", O_RDONLY) >= 0 || open("clarion.db-new", O_RDWR | O_CREAT, 0600) < 0)
		return -1;
	return getuid() == 60901 ? unlink("/clarion.db-new") : -1;
}

static void test_settle_as_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	works(settle_empty, settled_nowhere);
	works(settle_folder, settled_in_folder);
	assert_int_equal(chown(folder, 0, 0), 0);
}

static int settle_without_user(const struct sandbox_options *options, struct fault *fault)
{
	(void)options;
	return process_settle(NULL, NULL, fault);
}

static int nothing(void)
{
	return 0;
}

static void test_root_needs_a_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	const int status = in_child(settle_without_user, nothing);
	assert_int_equal(WEXITSTATUS(status), NOT_LOCKED_IN);
}

static int prepare(void **state)
{
	char path[64];
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/clarion.db", folder);
	const int file = open(path, O_WRONLY | O_CREAT, 0600);
	if (file < 0 || close(file) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	return bind(listener, (struct sockaddr *)&any, sizeof any) != 0 ? -1 : listen(listener, 1);
}

static int clean_up(void **state)
{
	char path[64];
	(void)state;
	snprintf(path, sizeof path, "%s/clarion.db", folder);
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed_calls_work),
		cmocka_unit_test(test_everything_else_kills),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_landlock_by_itself),
		cmocka_unit_test(test_no_cores),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_settle_as_root),
		cmocka_unit_test(test_root_needs_a_user),
	};
	if (landlock_version() == 0) {
		fputs("this kernel has no Landlock: nothing to test\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
