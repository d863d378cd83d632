#include "control_socket.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TRIES        60 /* 3 s */
#define TRY_EVERY_NS (50 * 1000 * 1000)
#define QUEUE        16 /* connections that wait until the store takes them */
#define OTHERS_BITS  0177
#define PATH_SIZE    4096

/* The folder of a socket, open, and the name in it: an address holds 108 bytes only, so that it is written
 * as /proc/self/fd/FOLDER/NAME. */
struct place {
	int folder;
	const char *name;
};

static int place_open(const char *path, struct place *ret_place, struct fault *fault)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_SIZE];
	const size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	if (len == 0 || len >= sizeof folder || slash[1] == '\0')
		return fault_set(fault, "is no path of a socket");
	memcpy(folder, path, len);
	folder[len] = '\0';
	ret_place->name = slash + 1;
	ret_place->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret_place->folder < 0)
		return fault_set(fault, "its folder can't be opened: %s", strerror(errno));
	return 0;
}

static int address_of(const struct place *place, struct sockaddr_un *ret_address, struct fault *fault)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int len = snprintf(
		address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", place->folder, place->name);

	if (len < 0 || (size_t)len >= sizeof address.sun_path)
		return fault_set(fault, "its name is too long: use a short one");
	*ret_address = address;
	return 0;
}

/* 1 where a socket lies there, 0 where nothing does. */
static int what_lies_there(const struct place *place, struct fault *fault)
{
	struct stat status;

	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : fault_set(fault, "can't be looked at: %s", strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return fault_set(fault, "something else than a socket lies there: move it away");
	return 1;
}

int control_socket_check(const char *path, struct fault *fault)
{
	struct place place;
	struct sockaddr_un address;

	if (place_open(path, &place, fault) != 0)
		return -1;
	const int rc =
		address_of(&place, &address, fault) != 0 || what_lies_there(&place, fault) < 0 ? -1 : 0;

	close(place.folder);
	return rc;
}

/* Waits a little for the roles of a predecessor that was killed: they end with it. */
static bool answers(int fd, const struct sockaddr_un *address)
{
	const struct timespec pause = { .tv_nsec = TRY_EVERY_NS };
	for (unsigned int i = 0; i < TRIES; i++) {
		if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno != EAGAIN &&
			errno != EISCONN)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* What a process left that was killed answers nobody. */
static int remove_stale(const struct place *place, const struct sockaddr_un *address, struct fault *fault)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = 0;

	if (fd < 0)
		return fault_set(fault, "no socket can be made: %s", strerror(errno));
	if (answers(fd, address))
		rc = fault_set(fault, "another clariond listens there: stop it first");
	else if (unlinkat(place->folder, place->name, 0) != 0 && errno != ENOENT)
		rc = fault_set(fault, "the old socket can't be removed: %s", strerror(errno));
	close(fd);
	return rc;
}

static int listen_there(const struct sockaddr_un *address, int *ret_fd, struct fault *fault)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const mode_t before = umask(OTHERS_BITS); /* nobody else may connect, from its first moment on */
	const int rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)address, sizeof *address);
	const int reason = errno;

	umask(before);
	if (rc == 0 && listen(fd, QUEUE) == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return fault_set(fault, "can't be made: %s", strerror(rc == 0 ? errno : reason));
}

int control_socket_open(const char *path, int *ret_fd, struct fault *fault)
{
	struct sockaddr_un address;
	struct place place;
	int rc = -1;

	if (place_open(path, &place, fault) != 0)
		return -1;
	if (address_of(&place, &address, fault) != 0)
		goto cleanup;
	const int there = what_lies_there(&place, fault);

	if (there < 0 || (there > 0 && remove_stale(&place, &address, fault) != 0))
		goto cleanup;
	rc = listen_there(&address, ret_fd, fault);
cleanup:
	close(place.folder);
	return rc;
}

void control_socket_close(const char *path, int fd)
{
	if (fd < 0)
		return;
	close(fd);
	if (unlink(path) != 0 && errno != ENOENT)
		log_event(LOG_WARNING, "control_socket_stays", "errno=%d", errno);
}
