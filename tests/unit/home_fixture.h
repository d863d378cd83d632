/* A home in a folder of its own, removed afterwards; and invocations as a command line gives them. */
#ifndef TESTS_HOME_FIXTURE_H
#define TESTS_HOME_FIXTURE_H

#include "client/home.h"
#include "client/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int fixture_setup(void **state)
{
	static char path[64];

	(void)snprintf(path, sizeof path, "/tmp/clarion-unit-XXXXXX");
	if (mkdtemp(path) == NULL || proto_init() != 0)
		return -1;
	*state = path;
	return 0;
}

/* Calls visit for each file of the folder; returns how many there are. */
static inline size_t fixture_files(const char *folder, void (*visit)(const char *folder, const char *name))
{
	DIR *directory = opendir(folder);
	size_t count = 0;

	for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		if (visit != NULL)
			visit(folder, entry->d_name);
	}
	if (directory != NULL)
		(void)closedir(directory);
	return count;
}

static inline void fixture_unlink(const char *folder, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path);
}

static inline int fixture_teardown(void **state)
{
	(void)fixture_files(*state, fixture_unlink);
	return rmdir(*state);
}

static inline void fixture_write(
	const char *folder, const char *name, const void *data, size_t len, char ret_path[512])
{
	int fd;

	(void)snprintf(ret_path, 512, "%s/%s", folder, name);
	fd = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

#endif
