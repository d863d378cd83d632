/* The plain calls, not those that a fortified or a large-file build puts in their place: both names are
 * defined here. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 1024
#define NO_FILE     0
#define FOLDER      UINT32_MAX

static bool is_recording;
static struct record *records;
static size_t record_count, record_room;
static unsigned file_of_descriptor[DESCRIPTORS]; /* plus one; FOLDER for the folder itself */
static ino_t inode_of_file[RECORD_FILES_MAX];
static unsigned file_count;
static struct stat folder_status;
static size_t failing; /* calls until the one that fails; 0: none */

static void out_of_room(void)
{
	fputs("record: no room\n", stderr);
	abort();
}

static struct record *add(enum deed deed)
{
	if (record_count == record_room) {
		record_room = record_room == 0 ? 1024 : 2 * record_room;
		records = realloc(records, record_room * sizeof *records);
		if (records == NULL)
			out_of_room();
	}
	records[record_count] = (struct record){ .deed = deed };
	return &records[record_count++];
}

static void add_write(unsigned file, uint64_t at, const void *data, size_t len)
{
	struct record *record = add(DEED_WRITE);

	record->file = file;
	record->at = at;
	record->len = len;
	record->data = malloc(len == 0 ? 1 : len);
	if (record->data == NULL)
		out_of_room();
	memcpy(record->data, data, len);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* SQLite's shared memory and the lock hold nothing that anybody needs after a power cut. */
static bool counts(const char *name)
{
	size_t len = strlen(name);

	return len < RECORD_NAME_SIZE && strcmp(name, "lock") != 0 &&
	       (len < 4 || strcmp(name + len - 4, "-shm") != 0);
}

static void add_name(enum deed deed, const char *path, unsigned file)
{
	struct record *record = add(deed);

	record->file = file;
	(void)snprintf(record->name, sizeof record->name, "%s", last_part(path));
}

static unsigned number_of(const struct stat *status, bool *ret_is_new)
{
	for (unsigned i = file_count; i > 0; i--) {
		*ret_is_new = false;
		if (inode_of_file[i - 1] == status->st_ino)
			return i - 1;
	}
	*ret_is_new = true;
	if (file_count == RECORD_FILES_MAX)
		out_of_room();
	inode_of_file[file_count] = status->st_ino;
	return file_count++;
}

/* `made`: the call made the file, which may have the inode of one that was removed. */
static void on_opened(int fd, const char *path, bool made)
{
	struct stat status;
	bool is_new = false;

	if (!is_recording || fd < 0 || fd >= DESCRIPTORS || fstat(fd, &status) != 0)
		return;
	file_of_descriptor[fd] = NO_FILE;
	if (S_ISDIR(status.st_mode) && status.st_ino == folder_status.st_ino)
		file_of_descriptor[fd] = FOLDER;
	if (!S_ISREG(status.st_mode) || status.st_dev != folder_status.st_dev || !counts(last_part(path)))
		return;
	for (unsigned i = 0; made && i < file_count; i++)
		if (inode_of_file[i] == status.st_ino)
			inode_of_file[i] = 0;
	file_of_descriptor[fd] = number_of(&status, &is_new) + 1;
	if (made)
		add_name(DEED_NAME, path, file_of_descriptor[fd] - 1);
	else if (is_new)
		file_of_descriptor[fd] = NO_FILE; /* of another folder */
}

static unsigned file_at(int fd)
{
	return is_recording && fd >= 0 && fd < DESCRIPTORS ? file_of_descriptor[fd] : NO_FILE;
}

static void take_file(const char *name)
{
	struct stat status;
	bool is_new = false;
	uint8_t *data = NULL;
	unsigned file = 0;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0 || fstat(fd, &status) != 0)
		out_of_room();
	data = malloc((size_t)status.st_size + 1);
	if (data == NULL || read(fd, data, (size_t)status.st_size) != status.st_size)
		out_of_room();
	close(fd);
	file = number_of(&status, &is_new);
	add_name(DEED_NAME, name, file);
	add_write(file, 0, data, (size_t)status.st_size);
	add(DEED_SYNC)->file = file;
	free(data);
}

void record_begin(void)
{
	static const char *const names[] = { "clarion.db", "clarion.db-wal", "keyring" };

	for (size_t i = 0; i < record_count; i++)
		free(records[i].data);
	record_count = 0;
	file_count = 0;
	memset(file_of_descriptor, 0, sizeof file_of_descriptor);
	if (stat(".", &folder_status) != 0)
		out_of_room();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (access(names[i], F_OK) == 0)
			take_file(names[i]);
	add(DEED_SYNC_FOLDER);
	is_recording = true;
}

size_t record_mark(void)
{
	add(DEED_MARK);
	return record_count - 1;
}

size_t record_end(const struct record **ret_records)
{
	is_recording = false;
	*ret_records = records;
	return record_count;
}

void record_fail(size_t number)
{
	failing = number;
}

bool record_has_failed(void)
{
	return failing == 0;
}

/* --- the calls */

static bool fails(int fd)
{
	if (failing == 0 || file_at(fd) == NO_FILE || --failing > 0)
		return false;
	errno = EIO;
	return true;
}

static int open_recorded(int folder, const char *path, int flags, mode_t mode)
{
	bool is_made = is_recording && (flags & O_CREAT) != 0 && faccessat(folder, path, F_OK, 0) != 0;
	int fd = (int)syscall(SYS_openat, folder, path, flags, mode);

	on_opened(fd, path, is_made);
	return fd;
}

#define MODE_OF(flags, arguments, mode)                                                                      \
	do {                                                                                                 \
		va_start(arguments, flags);                                                                  \
		mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;                               \
		va_end(arguments);                                                                           \
	} while (0)

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	MODE_OF(flags, arguments, mode);
	return open_recorded(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	MODE_OF(flags, arguments, mode);
	return open_recorded(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	MODE_OF(flags, arguments, mode);
	return open_recorded(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	MODE_OF(flags, arguments, mode);
	return open_recorded(folder, path, flags, mode);
}

int close(int fd)
{
	if (file_at(fd) != NO_FILE)
		file_of_descriptor[fd] = NO_FILE;
	return (int)syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	ssize_t put = fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, len, at);

	if (put > 0 && file_at(fd) != NO_FILE && file_at(fd) != FOLDER)
		add_write(file_at(fd) - 1, (uint64_t)at, data, (size_t)put);
	return put;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	off_t at = file_at(fd) == NO_FILE ? 0 : lseek(fd, 0, SEEK_CUR);
	ssize_t put = syscall(SYS_write, fd, data, len);

	if (put > 0 && file_at(fd) != NO_FILE && file_at(fd) != FOLDER)
		add_write(file_at(fd) - 1, (uint64_t)at, data, (size_t)put);
	return put;
}

int ftruncate64(int fd, off64_t size)
{
	int rc = fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size);

	if (rc == 0 && file_at(fd) != NO_FILE && file_at(fd) != FOLDER) {
		struct record *record = add(DEED_RESIZE);

		record->file = file_at(fd) - 1;
		record->at = (uint64_t)size;
	}
	return rc;
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

/* Only noted: no power is really cut, and the disk's time would be lost. */
static int synced(int fd)
{
	if (fails(fd))
		return -1;
	if (file_at(fd) == FOLDER)
		add(DEED_SYNC_FOLDER);
	else if (file_at(fd) != NO_FILE)
		add(DEED_SYNC)->file = file_at(fd) - 1;
	return 0;
}

int fsync(int fd)
{
	return synced(fd);
}

int fdatasync(int fd)
{
	return synced(fd);
}

int unlinkat(int folder, const char *path, int flags)
{
	int rc = (int)syscall(SYS_unlinkat, folder, path, flags);

	if (rc == 0 && is_recording && flags == 0 && counts(last_part(path)))
		add_name(DEED_UNNAME, path, 0);
	return rc;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int renameat2(int old_folder, const char *old, int new_folder, const char *new, unsigned flags)
{
	struct stat status;
	bool is_new = false;
	int rc = (int)syscall(SYS_renameat2, old_folder, old, new_folder, new, flags);

	if (rc == 0 && is_recording && fstatat(new_folder, new, &status, 0) == 0) {
		add_name(DEED_UNNAME, old, 0);
		records[record_count - 1].with_next = true;
		add_name(DEED_NAME, new, number_of(&status, &is_new));
	}
	return rc;
}
