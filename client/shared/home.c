#include "client/home.h"

#include "keys/secure_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct home {
	char path[PATH_MAX];
	int folder;
	int lock;
	bool is_temporary;
};

static int find_path(const struct invocation *invocation, char ret_path[PATH_MAX], struct failure *failure)
{
	const char *data = getenv("XDG_DATA_HOME"), *own = getenv("HOME");
	int len = -1;

	if (invocation->home != NULL)
		len = snprintf(ret_path, PATH_MAX, "%s", invocation->home);
	else if (data != NULL && data[0] == '/')
		len = snprintf(ret_path, PATH_MAX, "%s/%s", data, invocation->folder);
	else if (own != NULL && own[0] == '/')
		len = snprintf(ret_path, PATH_MAX, "%s/.local/share/%s", own, invocation->folder);
	if (len <= 0 || len >= PATH_MAX)
		return failure_set(
			failure, EX_USAGE, "there is no folder to work in: give one with --home DIR");
	return 0;
}

/* Folders above the home get the ordinary mode: they may be ~/.local/share itself. */
static int make_folders(char *path, struct failure *failure)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0755);
		*slash = '/';
		if (rc != 0 && errno != EEXIST)
			return failure_set(
				failure, EX_CANTCREAT, "the home can't be made: %s", error_words(errno));
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return failure_set(failure, EX_CANTCREAT, "the home can't be made: %s", error_words(errno));
	return 0;
}

int home_lock(struct home *home, struct failure *failure)
{
	struct fault fault;

	if (home->lock != -1)
		return 0;
	if (secure_folder_lock(home->folder, ".", HOME_LOCK_SECONDS, &home->lock, &fault) == 0)
		return 0;
	home->lock = -1;
	if (errno == EAGAIN)
		return failure_set(
			failure, EX_TEMPFAIL, "another program works in the home: try again when it is done");
	return failure_set(failure, EX_CANTCREAT, "the home can't be locked: %s", error_words(errno));
}

void home_unlock(struct home *home)
{
	if (home->lock != -1)
		(void)close(home->lock);
	home->lock = -1;
}

int home_open(const struct invocation *invocation, enum home_wish wish, struct home **ret_home,
	struct failure *failure)
{
	struct home *home = calloc(1, sizeof *home);

	if (home == NULL)
		return failure_memory(failure);
	home->folder = home->lock = -1;
	if (find_path(invocation, home->path, failure) != 0 ||
		(wish == HOME_CREATE && make_folders(home->path, failure) != 0)) {
		home_close(home);
		return -1;
	}
	home->folder = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (home->folder == -1) {
		home_close(home);
		if (wish == HOME_EXISTING && errno == ENOENT)
			return failure_set(failure, EX_NOINPUT,
				"there is no home there: make one first (%s --help)", invocation->program);
		return failure_set(failure, EX_NOINPUT, "the home can't be opened: %s", error_words(errno));
	}
	if (home_lock(home, failure) != 0) {
		home_close(home);
		return -1;
	}
	*ret_home = home;
	return 0;
}

int home_open_temporary(struct home **ret_home, struct failure *failure)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };
	struct home *home = calloc(1, sizeof *home);

	if (home == NULL)
		return failure_memory(failure);
	home->folder = home->lock = -1;
	for (size_t at = 0; at < COUNT_OF(places) && !home->is_temporary; at++) {
		(void)snprintf(home->path, sizeof home->path, "%s/XXXXXX", places[at]);
		home->is_temporary = mkdtemp(home->path) != NULL;
	}
	if (home->is_temporary)
		home->folder = open(home->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (home->folder == -1) {
		home_close(home);
		return failure_set(
			failure, EX_CANTCREAT, "no temporary folder can be made: look at /dev/shm and /tmp");
	}
	*ret_home = home;
	return 0;
}

static void remove_all(const struct home *home)
{
	int folder = openat(home->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = folder == -1 ? NULL : fdopendir(folder);
	const struct dirent *entry;

	while (stream != NULL && (entry = readdir(stream)) != NULL)
		(void)unlinkat(home->folder, entry->d_name, 0);
	if (stream != NULL)
		(void)closedir(stream);
	else if (folder != -1)
		(void)close(folder);
	(void)rmdir(home->path);
}

void home_close(struct home *home)
{
	int saved = errno;

	if (home == NULL)
		return;
	home_unlock(home);
	if (home->is_temporary && home->folder != -1)
		remove_all(home);
	if (home->folder != -1)
		(void)close(home->folder);
	free(home);
	errno = saved;
}

const char *home_path(const struct home *home)
{
	return home->path;
}

int home_descriptor(const struct home *home)
{
	return home->folder;
}
