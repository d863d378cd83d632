/* Preloaded into nginx for the comparison: its WebDAV PUT writes a temporary file and renames it without any
 * sync. Here the file is synced before the rename and its folder after it, which is what "durable" means for
 * a report. */
#include <dlfcn.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd != -1) {
		fsync(fd);
		close(fd);
	}
}

int rename(const char *from, const char *to)
{
	static int (*next)(const char *, const char *);
	char folder[4096];
	int rc;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "rename");
	sync_path(from, 0);
	rc = next(from, to);
	snprintf(folder, sizeof folder, "%s", to);
	sync_path(dirname(folder), O_DIRECTORY);
	return rc;
}
