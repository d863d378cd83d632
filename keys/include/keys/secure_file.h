/* Files that are born private, whole or not at all, and never overwritten unless that is said.
 *
 * folder and path are as for openat: AT_FDCWD and any path, or an open folder and a name in it. On -1 errno
 * says which kind of failure it is, for the caller's exit code: ENOENT, EEXIST, ENOMEM, EFBIG (longer than
 * max), EAGAIN (somebody else holds the lock), or what the system said. Faults name the path. */
#ifndef KEYS_SECURE_FILE_H
#define KEYS_SECURE_FILE_H

#include "proto/base.h"

/* *ret_data is sodium_malloc memory of *ret_len bytes (at least 1 is allocated); free with sodium_free. Only
 * a regular file is read. */
MUST_USE int secure_file_read(
	int folder, const char *path, size_t max, uint8_t **ret_data, size_t *ret_len, struct fault *fault);

/* A new file of mode 0600, durable with its name when this returns. Where the name is taken the old file
 * stays as it is, and errno is EEXIST. */
MUST_USE int secure_file_create(
	int folder, const char *path, const void *data, size_t len, struct fault *fault);

/* The same name with new content, durable; a crash leaves the old or the new content. Made where it isn't
 * there. */
MUST_USE int secure_file_replace(
	int folder, const char *path, const void *data, size_t len, struct fault *fault);

/* A new folder of mode 0700, its name durable. */
MUST_USE int secure_folder_create(int folder, const char *path, struct fault *fault);

/* The one process at a time that works in this folder. Waits up to that many seconds. Ends with
 * close(*ret_lock), or with the process. */
MUST_USE int secure_folder_lock(
	int folder, const char *path, unsigned seconds, int *ret_lock, struct fault *fault);

#endif
