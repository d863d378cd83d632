#include "disk.h"

#include "keys/secure_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NAME_SIZE_MAX 64
#define RANDOM_BYTES  4096

#define PAD_PIECE_BYTES 16384
#define ROOM_TO_SPARE                                                                                        \
	((uint64_t)16 * 1024 * 1024) /* for the home itself, which is written anew beside the old */

struct disk_writer {
	const struct home *home;
	char name[NAME_SIZE_MAX];
	int fd;
	bool is_done;
};

struct disk_reader {
	int fd;
};

static int cannot_read(struct failure *failure)
{
	return failure_set(failure, EX_NOINPUT, "the home can't be read: %s", error_words(errno));
}

static int cannot_write(struct failure *failure)
{
	return failure_set(failure, EX_CANTCREAT, "the home can't be written: %s", error_words(errno));
}

bool disk_has(const struct home *home, const char *name)
{
	struct stat stat;

	return fstatat(home_descriptor(home), name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As many bytes as there are, up to size. */
static int read_some(int fd, void *bytes, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, (uint8_t *)bytes + len, size - len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

int disk_read(const struct home *home, const char *name, struct buffer *out, bool *ret_found,
	struct failure *failure)
{
	struct fault fault;
	uint8_t *data;
	size_t len;
	int rc;

	if (secure_file_read(home_descriptor(home), name, out->max - out->len, &data, &len, &fault) != 0) {
		if (errno != ENOENT)
			return cannot_read(failure);
		*ret_found = false;
		return 0;
	}
	buffer_put(out, data, len);
	sodium_free(data);
	rc = buffer_ok(out) == 0 ? 0 : failure_memory(failure);
	*ret_found = rc == 0;
	return rc;
}

static int create(const struct home *home, const char *name)
{
	if (unlinkat(home_descriptor(home), name, 0) != 0 && errno != ENOENT)
		return -1;
	return openat(
		home_descriptor(home), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int disk_replace(
	const struct home *home, const char *name, const void *data, size_t len, struct failure *failure)
{
	struct fault fault;

	return secure_file_replace(home_descriptor(home), name, data, len, &fault) == 0
		       ? 0
		       : cannot_write(failure);
}

int disk_remove(const struct home *home, const char *name, struct failure *failure)
{
	if (unlinkat(home_descriptor(home), name, 0) != 0 && errno != ENOENT)
		return cannot_write(failure);
	return 0;
}

int disk_overwrite(const struct home *home, const char *name, struct failure *failure)
{
	uint8_t random[RANDOM_BYTES];
	struct stat stat;
	int fd = openat(home_descriptor(home), name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC), rc;

	if (fd == -1)
		return cannot_write(failure);
	rc = fstat(fd, &stat);
	for (off_t done = 0; rc == 0 && done < stat.st_size; done += RANDOM_BYTES) {
		off_t left = stat.st_size - done;

		randombytes_buf(random, sizeof random);
		rc = write_all(fd, random, left < RANDOM_BYTES ? (size_t)left : RANDOM_BYTES);
	}
	if (rc == 0)
		rc = fsync(fd);
	rc = rc == 0 ? 0 : cannot_write(failure);
	(void)close(fd);
	return rc;
}

int disk_sync(const struct home *home, struct failure *failure)
{
	return fsync(home_descriptor(home)) == 0 ? 0 : cannot_write(failure);
}

int disk_each(const struct home *home, int (*each)(void *context, const char *name), void *context,
	struct failure *failure)
{
	int folder = openat(home_descriptor(home), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = folder == -1 ? NULL : fdopendir(folder);
	const struct dirent *entry;

	if (stream == NULL) {
		if (folder != -1)
			(void)close(folder);
		return cannot_read(failure);
	}
	while ((entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			each(context, entry->d_name) != 0)
			break;
	}
	(void)closedir(stream);
	return 0;
}

int disk_writer_new(
	const struct home *home, const char *name, struct disk_writer **ret_writer, struct failure *failure)
{
	struct disk_writer *writer = calloc(1, sizeof *writer);

	if (writer == NULL)
		return failure_memory(failure);
	writer->home = home;
	(void)snprintf(writer->name, sizeof writer->name, "%s", name);
	writer->fd = create(home, name);
	if (writer->fd == -1) {
		free(writer);
		return cannot_write(failure);
	}
	*ret_writer = writer;
	return 0;
}

int disk_writer_put(struct disk_writer *writer, const void *data, size_t len, struct failure *failure)
{
	return write_all(writer->fd, data, len) == 0 ? 0 : cannot_write(failure);
}

void disk_writer_pad(struct disk_writer *writer, uint64_t len)
{
	uint8_t piece[PAD_PIECE_BYTES];
	struct statvfs room;

	if (fstatvfs(writer->fd, &room) != 0 || (uint64_t)room.f_bavail * room.f_frsize < len + ROOM_TO_SPARE)
		return;
	while (len > 0) {
		size_t some = len < sizeof piece ? (size_t)len : sizeof piece;

		randombytes_buf(piece, some);
		if (write_all(writer->fd, piece, some) != 0)
			return;
		len -= some;
	}
}

int disk_writer_end(struct disk_writer *writer, struct failure *failure)
{
	if (fsync(writer->fd) != 0 || fsync(home_descriptor(writer->home)) != 0)
		return cannot_write(failure);
	writer->is_done = true;
	return 0;
}

void disk_writer_free(struct disk_writer *writer)
{
	if (writer == NULL)
		return;
	(void)close(writer->fd);
	if (!writer->is_done)
		(void)unlinkat(home_descriptor(writer->home), writer->name, 0);
	free(writer);
}

int disk_reader_new(
	const struct home *home, const char *name, struct disk_reader **ret_reader, struct failure *failure)
{
	struct disk_reader *reader = calloc(1, sizeof *reader);

	if (reader == NULL)
		return failure_memory(failure);
	reader->fd = openat(home_descriptor(home), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (reader->fd == -1) {
		free(reader);
		return cannot_read(failure);
	}
	*ret_reader = reader;
	return 0;
}

int disk_reader_take(
	struct disk_reader *reader, void *bytes, size_t size, size_t *ret_len, struct failure *failure)
{
	return read_some(reader->fd, bytes, size, ret_len) == 0 ? 0 : cannot_read(failure);
}

void disk_reader_free(struct disk_reader *reader)
{
	if (reader == NULL)
		return;
	(void)close(reader->fd);
	free(reader);
}
