/* Files that the configuration names, read whole. Keys go to guarded memory. */
#ifndef SUPERVISOR_FILES_H
#define SUPERVISOR_FILES_H

#include "proto/base.h"

#include <sys/types.h>

struct file_bytes {
	uint8_t *data;
	size_t len;
	bool guarded; /* data is sodium_malloc memory */
};

struct folder_file {
	char *name; /* below the folder, subfolders separated by slashes */
	struct file_bytes bytes;
};

struct folder_files {
	struct folder_file *at;
	size_t count;
	size_t total; /* bytes */
};

struct folder_limits {
	size_t files;
	size_t file_bytes;
	size_t total_bytes;
};

MUST_USE int file_read(const char *path, size_t max, struct file_bytes *ret_bytes, struct fault *fault);

/* The same for a file that nobody but its owner may read. */
MUST_USE int file_read_key(const char *path, size_t max, struct file_bytes *ret_bytes, struct fault *fault);
void file_bytes_free(struct file_bytes *bytes);

/* Every regular file below the folder, in no order; names that begin with a dot are left out. ret_files is
 * empty before and to be freed in any case. */
MUST_USE int folder_read(const char *path, const struct folder_limits *limits, struct folder_files *ret_files,
	struct fault *fault);
void folder_files_free(struct folder_files *files);

MUST_USE int folder_check(const char *path, struct fault *fault);

/* Gives a folder and the files in it to a user, where the folder isn't that user's yet. */
MUST_USE int folder_give(const char *path, uid_t user, gid_t group, struct fault *fault);

#endif
