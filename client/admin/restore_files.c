#include "restore_files.h"

#include "keys/secure_file.h"
#include "proto/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_FOLDER   "daemon/store"
#define WORKING_FOLDER "daemon/store.restoring"
#define STORE_PREFIX   "daemon/store/"
#define DATABASE_NAME                                                                                        \
	(&BACKUP_DATABASE[sizeof STORE_PREFIX - 1]) /* as the backup names them, in the folder */
#define LOG_NAME (&BACKUP_LOG[sizeof STORE_PREFIX - 1])

static int made_nothing(struct failure *failure, const char *what)
{
	return failure_set(failure, EX_CANTCREAT, "%s: %s", what, error_words(errno));
}

/* 0 where it is missing or empty. */
static int check_store(int home, struct failure *failure)
{
	int folder = openat(home, STORE_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	const struct dirent *entry;
	bool is_empty = true;
	DIR *list;

	if (folder == -1 && errno == ENOENT)
		return 0;
	list = folder == -1 ? NULL : fdopendir(folder);
	if (list == NULL) {
		if (folder != -1)
			(void)close(folder);
		return made_nothing(failure, STORE_FOLDER " can't be read");
	}
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			is_empty = false;
	}
	(void)closedir(list);
	if (is_empty)
		return 0;
	return failure_set(failure, EX_CANTCREAT,
		STORE_FOLDER " isn't empty, and nothing is overwritten: stop the daemon and move it away");
}

/* What an attempt that was cut off has left is nobody's. */
static void remove_working(int home)
{
	int folder = openat(home, WORKING_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *list = folder == -1 ? NULL : fdopendir(folder);
	const struct dirent *entry;

	if (list == NULL) {
		if (folder != -1)
			(void)close(folder);
		return;
	}
	while ((entry = readdir(list)) != NULL)
		(void)unlinkat(folder, entry->d_name, 0);
	(void)closedir(list);
	(void)unlinkat(home, WORKING_FOLDER, AT_REMOVEDIR);
}

int restored_begin(const struct admin *admin, struct restored *ret_restored, struct failure *failure)
{
	struct restored restored = { .admin = admin, .folder = -1, .file = -1 };
	int home = home_descriptor(admin->home);

	if (check_store(home, failure) != 0)
		return -1;
	remove_working(home);
	if ((mkdirat(home, DAEMON_FOLDER, 0700) != 0 && errno != EEXIST) ||
		mkdirat(home, WORKING_FOLDER, 0700) != 0)
		return made_nothing(failure, "nothing can be made in the home");
	restored.folder = openat(home, WORKING_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (restored.folder == -1)
		return made_nothing(failure, "nothing can be made in the home");
	*ret_restored = restored;
	return 0;
}

/* --- entries */

/* A further part of a file that is longer than an archive's entry may be: `clarion.db.1`. */
static void cut_part(char *name)
{
	char *dot = strrchr(name, '.');

	if (dot != NULL && dot[1] >= '0' && dot[1] <= '9')
		*dot = '\0';
}

static int begin_store_file(struct restored *restored, const char *name, struct fault *fault)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;

	(void)snprintf(restored->name, sizeof restored->name, "%s", name + strlen(STORE_PREFIX));
	cut_part(restored->name);
	if (strcmp(restored->name, name + strlen(STORE_PREFIX)) != 0)
		flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	if (strcmp(restored->name, DATABASE_NAME) != 0 && strcmp(restored->name, LOG_NAME) != 0)
		return fault_set(
			fault, "the backup holds a file that this version doesn't know: use the newer one");
	restored->file = openat(restored->folder, restored->name, flags, 0600);
	if (restored->file == -1)
		return fault_set(fault, "the store's files can't be written: %s", error_words(errno));
	restored->has_database = true;
	return 0;
}

static int on_entry(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct restored *restored = context;
	struct restored_small *small = &restored->small[restored->small_count];

	if (strncmp(name, STORE_PREFIX, strlen(STORE_PREFIX)) == 0)
		return begin_store_file(restored, name, fault);
	if (restored->small_count == RESTORED_SMALL_MAX || size > BACKUP_SMALL_MAX)
		return fault_set(fault, "the backup holds more than a backup may: take another copy of it");
	memcpy(small->name, name, strlen(name) + 1);
	small->content = buffer_of(BACKUP_SMALL_MAX);
	restored->filling = small;
	restored->small_count++;
	return 0;
}

static int on_content(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct restored *restored = context;

	if (restored->filling != NULL) {
		buffer_put(&restored->filling->content, data, len);
		return buffer_ok(&restored->filling->content) == 0 ? 0 : fault_set(fault, "memory is short");
	}
	while (len > 0) {
		ssize_t put = write(restored->file, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return fault_set(fault, "the store's files can't be written: %s", error_words(errno));
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

static int on_entry_end(void *context, struct fault *fault)
{
	struct restored *restored = context;
	int rc = 0;

	restored->filling = NULL;
	if (restored->file == -1)
		return 0;
	if (fsync(restored->file) != 0)
		rc = fault_set(fault, "the store's files can't be written: %s", error_words(errno));
	(void)close(restored->file);
	restored->file = -1;
	return rc;
}

struct archive_handler restored_handler(struct restored *restored)
{
	return (struct archive_handler){ .context = restored,
		.on_entry = on_entry,
		.on_content = on_content,
		.on_entry_end = on_entry_end };
}

const struct buffer *restored_small(const struct restored *restored, const char *name)
{
	for (size_t i = 0; i < restored->small_count; i++) {
		if (strcmp(restored->small[i].name, name) == 0)
			return &restored->small[i].content;
	}
	return NULL;
}

int restored_add(
	struct restored *restored, const char *name, const void *data, size_t len, struct failure *failure)
{
	struct fault fault;

	if (secure_file_create(restored->folder, name, data, len, &fault) == 0)
		return 0;
	return admin_file_failure(failure, errno, &fault);
}

int restored_commit(struct restored *restored, struct failure *failure)
{
	int home = home_descriptor(restored->admin->home);
	int daemon = openat(home, DAEMON_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	/* A rename takes an empty folder's place. */
	if (daemon == -1 || fsync(restored->folder) != 0 ||
		renameat(home, WORKING_FOLDER, home, STORE_FOLDER) != 0 || fsync(daemon) != 0)
		rc = made_nothing(failure, "the store can't be put in its place");
	if (daemon != -1)
		(void)close(daemon);
	if (rc == 0) {
		(void)close(restored->folder);
		restored->folder = -1;
	}
	return rc;
}

void restored_free(struct restored *restored)
{
	for (size_t i = 0; i < restored->small_count; i++)
		buffer_free(&restored->small[i].content);
	if (restored->file != -1)
		(void)close(restored->file);
	if (restored->folder == -1)
		return;
	(void)close(restored->folder);
	restored->folder = -1;
	remove_working(home_descriptor(restored->admin->home));
}
