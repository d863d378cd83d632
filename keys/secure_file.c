#include "keys/secure_file.h"

#include "keys/clock.h"

#include "proto/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE_FILE   0600
#define PRIVATE_FOLDER 0700
#define PATH_SIZE      4096
#define LOCK_POLL_MS   50
#define RANDOM_BYTES   8

/* Sets fault and keeps errno for the caller. */
static int refuse(struct fault *fault, const char *path, const char *what)
{
	int reason = errno;
	int rc = fault_set(fault, "%.120s: %s: %s", path, what, error_words(reason));

	errno = reason;
	return rc;
}

static void close_quietly(int fd)
{
	int reason = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = reason;
}

static int read_all(int fd, uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = read(fd, data + done, len - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? EIO : errno; /* it became shorter while it was read */
			return -1;
		}
		done += (size_t)got;
	}
	return 0;
}

int secure_file_read(
	int folder, const char *path, size_t max, uint8_t **ret_data, size_t *ret_len, struct fault *fault)
{
	uint8_t *data = NULL;
	struct stat status;
	size_t len = 0;
	int rc = -1;
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &status) != 0) {
		rc = refuse(fault, path, "can't be read");
		goto cleanup;
	}
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > max) {
		errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
		rc = refuse(fault, path, "can't be taken");
		goto cleanup;
	}
	len = (size_t)status.st_size;
	data = sodium_malloc(len == 0 ? 1 : len);
	if (data == NULL || read_all(fd, data, len) != 0) {
		rc = refuse(fault, path, "can't be read");
		sodium_free(data);
		goto cleanup;
	}
	*ret_data = data;
	*ret_len = len;
	rc = 0;
cleanup:
	close_quietly(fd);
	return rc;
}

static int write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t done = 0;

	while (done < len) {
		ssize_t put = write(fd, at + done, len - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		done += (size_t)put;
	}
	return fsync(fd);
}

/* Makes the name durable: fsync of the folder that holds it. */
static int sync_folder_of(int folder, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_SIZE] = ".";
	int rc = -1;
	int fd = -1;

	if (slash != NULL) {
		size_t len = slash == path ? 1 : (size_t)(slash - path);

		if (len >= sizeof parent) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(parent, path, len);
		parent[len] = '\0';
	}
	fd = openat(folder, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		rc = fsync(fd);
	close_quietly(fd);
	return rc;
}

/* A new file with this content; what can't be finished is removed again. */
static int create(int folder, const char *path, const void *data, size_t len)
{
	int rc = -1;
	int fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE_FILE);

	if (fd < 0)
		return -1;
	rc = write_all(fd, data, len);
	if (rc != 0) {
		int reason = errno;

		(void)unlinkat(folder, path, 0);
		errno = reason;
	}
	close_quietly(fd);
	return rc;
}

/* A name beside path that nobody else uses, hidden from those who list the folder. */
static int temporary_name(const char *path, char ret_path[PATH_SIZE])
{
	const char *slash = strrchr(path, '/');
	int parent_len = slash == NULL ? 0 : (int)(slash - path) + 1;
	uint8_t bytes[RANDOM_BYTES];
	char text[HEX_CHARS(RANDOM_BYTES) + 1];
	int len = -1;

	randombytes_buf(bytes, sizeof bytes);
	hex_encode(bytes, sizeof bytes, text);
	len = snprintf(ret_path, PATH_SIZE, "%.*s.%s.new", parent_len, path, text);
	if (len < 0 || len >= PATH_SIZE) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* Written beside first: a crash leaves a hidden temporary, never half a file under the wished name. */
static int put(int folder, const char *path, const void *data, size_t len, bool may_replace)
{
	char beside[PATH_SIZE];
	int rc = -1;

	if (temporary_name(path, beside) != 0 || create(folder, beside, data, len) != 0)
		return -1;
	rc = renameat2(folder, beside, folder, path, may_replace ? 0 : RENAME_NOREPLACE);
	if (rc != 0) {
		int reason = errno;

		(void)unlinkat(folder, beside, 0);
		errno = reason;
	}
	return rc == 0 ? sync_folder_of(folder, path) : -1;
}

int secure_file_create(int folder, const char *path, const void *data, size_t len, struct fault *fault)
{
	return put(folder, path, data, len, false) == 0 ? 0 : refuse(fault, path, "can't be made");
}

int secure_file_replace(int folder, const char *path, const void *data, size_t len, struct fault *fault)
{
	return put(folder, path, data, len, true) == 0 ? 0 : refuse(fault, path, "can't be written");
}

int secure_folder_create(int folder, const char *path, struct fault *fault)
{
	if (mkdirat(folder, path, PRIVATE_FOLDER) != 0 || sync_folder_of(folder, path) != 0)
		return refuse(fault, path, "can't be made");
	return 0;
}

int secure_folder_lock(int folder, const char *path, unsigned seconds, int *ret_lock, struct fault *fault)
{
	const int64_t until = clock_boot_ms() + (int64_t)seconds * 1000;
	int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return refuse(fault, path, "can't be opened");
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		bool is_busy = errno == EWOULDBLOCK || errno == EINTR;

		if (!is_busy || clock_boot_ms() >= until) {
			int rc = is_busy ? fault_set(fault,
						   "%.120s: another program is using it: try again later",
						   path)
					 : refuse(fault, path, "can't be locked");

			close_quietly(fd);
			errno = is_busy ? EAGAIN : errno;
			return rc;
		}
		(void)poll(NULL, 0, LOCK_POLL_MS);
	}
	*ret_lock = fd;
	return 0;
}
