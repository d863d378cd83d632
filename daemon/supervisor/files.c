#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MAX 8
#define FOLDER_NAME_MAX  512 /* a decoy page's path, as it would be asked for */
#define OTHERS_ACCESS    (S_IRWXG | S_IRWXO)

void file_bytes_free(struct file_bytes *bytes)
{
	if (bytes->guarded)
		sodium_free(bytes->data);
	else
		free(bytes->data);
	*bytes = (struct file_bytes){ .data = NULL };
}

static int read_whole(int fd, uint8_t *into, size_t len)
{
	size_t done = 0;
	while (done < len) {
		const ssize_t got = read(fd, into + done, len - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		done += (size_t)got;
	}
	return 0;
}

/* fd stays the caller's. */
static int read_descriptor(
	int fd, size_t max, bool guarded, struct file_bytes *ret_bytes, struct fault *fault)
{
	struct stat status;
	struct file_bytes bytes = { .guarded = guarded };
	if (fstat(fd, &status) != 0)
		return fault_set(fault, "can't be read: %s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return fault_set(fault, "is not a file");
	if (status.st_size < 0 || (size_t)status.st_size > max)
		return fault_set(fault, "is longer than %zu bytes", max);
	bytes.len = (size_t)status.st_size;
	bytes.data = guarded ? sodium_malloc(bytes.len + 1) : malloc(bytes.len + 1);
	if (bytes.data == NULL)
		return fault_set(fault, "no memory");
	if (read_whole(fd, bytes.data, bytes.len) != 0) {
		file_bytes_free(&bytes);
		return fault_set(fault, "can't be read, or changed meanwhile");
	}
	*ret_bytes = bytes;
	return 0;
}

int file_read(const char *path, size_t max, struct file_bytes *ret_bytes, struct fault *fault)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fault_set(fault, "can't be opened: %s", strerror(errno));
	const int rc = read_descriptor(fd, max, false, ret_bytes, fault);
	close(fd);
	return rc;
}

int file_read_key(const char *path, size_t max, struct file_bytes *ret_bytes, struct fault *fault)
{
	struct stat status;
	int rc = -1;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return fault_set(fault, "can't be opened: %s", strerror(errno));
	if (fstat(fd, &status) != 0)
		rc = fault_set(fault, "can't be read: %s", strerror(errno));
	else if ((status.st_mode & OTHERS_ACCESS) != 0)
		rc = fault_set(fault, "is open to others: chmod 600");
	else
		rc = read_descriptor(fd, max, true, ret_bytes, fault);
	close(fd);
	return rc;
}

struct walk {
	const struct folder_limits *limits;
	struct folder_files *files;
	struct fault *fault;
	char name[FOLDER_NAME_MAX];
};

static int add_file(struct walk *walk, int fd)
{
	struct folder_files *files = walk->files;
	const size_t left = walk->limits->total_bytes - files->total;
	struct folder_file *larger;
	if (files->count == walk->limits->files)
		return fault_set(walk->fault, "holds more than %zu files", walk->limits->files);
	larger = reallocarray(files->at, files->count + 1, sizeof *larger);
	if (larger == NULL)
		return fault_set(walk->fault, "no memory");
	files->at = larger;
	struct folder_file file = { .name = strdup(walk->name) };
	struct fault reason = { "no memory" };
	const size_t max = left < walk->limits->file_bytes ? left : walk->limits->file_bytes;
	if (file.name == NULL || read_descriptor(fd, max, false, &file.bytes, &reason) != 0) {
		free(file.name);
		return fault_set(walk->fault, "%.100s %.100s", walk->name, reason.text);
	}
	files->total += file.bytes.len;
	files->at[files->count++] = file;
	return 0;
}

static int walk_folder(struct walk *walk, int folder_fd, size_t name_len, unsigned int depth);

static int walk_entry(
	struct walk *walk, int folder_fd, const char *entry, size_t name_len, unsigned int depth)
{
	struct stat status;
	int rc = 0;
	const int len = snprintf(
		walk->name + name_len, sizeof walk->name - name_len, "%s%s", name_len > 0 ? "/" : "", entry);
	if (len < 0 || (size_t)len >= sizeof walk->name - name_len || depth > FOLDER_DEPTH_MAX)
		return fault_set(walk->fault, "holds too deep a folder or too long a name");
	const int fd = openat(folder_fd, entry, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &status) != 0) {
		rc = fault_set(walk->fault, "%.100s can't be opened: %s", walk->name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	if (S_ISDIR(status.st_mode))
		return walk_folder(walk, fd, name_len + (size_t)len, depth + 1);
	if (S_ISREG(status.st_mode))
		rc = add_file(walk, fd);
	close(fd);
	return rc;
}

/* Owns folder_fd. */
static int walk_folder(struct walk *walk, int folder_fd, size_t name_len, unsigned int depth)
{
	int rc = 0;
	DIR *folder = fdopendir(folder_fd);
	if (folder == NULL) {
		close(folder_fd);
		return fault_set(walk->fault, "can't be read: %s", strerror(errno));
	}
	const struct dirent *entry;
	while (rc == 0 && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			rc = walk_entry(walk, folder_fd, entry->d_name, name_len, depth);
	closedir(folder);
	return rc;
}

static int open_folder(const char *path, struct fault *fault)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : fault_set(fault, "can't be opened: %s", strerror(errno));
}

int folder_read(const char *path, const struct folder_limits *limits, struct folder_files *ret_files,
	struct fault *fault)
{
	struct walk walk = { .limits = limits, .files = ret_files, .fault = fault };
	const int fd = open_folder(path, fault);
	return fd < 0 ? -1 : walk_folder(&walk, fd, 0, 0);
}

void folder_files_free(struct folder_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->at[i].name);
		file_bytes_free(&files->at[i].bytes);
	}
	free(files->at);
	*files = (struct folder_files){ .count = 0 };
}

int folder_check(const char *path, struct fault *fault)
{
	const int fd = open_folder(path, fault);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* Only what is a file of its own: a link could stand for somebody else's. */
static int give_file(int folder_fd, const char *name, uid_t user, gid_t group)
{
	struct stat status;
	int rc = 0;
	const int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) != 0)
		rc = -1;
	else if (S_ISREG(status.st_mode) && status.st_nlink == 1)
		rc = fchown(fd, user, group);
	close(fd);
	return rc;
}

int folder_give(const char *path, uid_t user, gid_t group, struct fault *fault)
{
	struct stat status;
	int rc = 0;
	const int fd = open_folder(path, fault);
	if (fd < 0)
		return -1;
	DIR *folder = fdopendir(fd);
	if (folder == NULL) {
		close(fd);
		return fault_set(fault, "can't be read: %s", strerror(errno));
	}
	if (fstat(fd, &status) != 0)
		rc = -1;
	else if (status.st_uid != user || status.st_gid != group) {
		const struct dirent *entry;
		while (rc == 0 && (entry = readdir(folder)) != NULL)
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				rc = give_file(fd, entry->d_name, user, group);
		/* last, so that an interrupted start does it again */
		if (rc == 0)
			rc = fchown(fd, user, group);
	}
	if (rc != 0)
		rc = fault_set(fault, "can't be given to user %u: %s", (unsigned int)user, strerror(errno));
	closedir(folder);
	return rc;
}
