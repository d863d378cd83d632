/* What a backup held, on its way into the home: the store's files in a folder beside the store, until all is
 * known to be right; everything else in memory. */
#ifndef ADMIN_RESTORE_FILES_H
#define ADMIN_RESTORE_FILES_H

#include "admin.h"

#include "proto/archive.h"

#define RESTORED_SMALL_MAX 16

struct restored_small {
	char name[ARCHIVE_NAME_SIZE];
	struct buffer content;
};

struct restored {
	const struct admin *admin;
	int folder; /* HOME/daemon/store.restoring */
	int file;   /* the one being written, or -1 */
	char name[ARCHIVE_NAME_SIZE];
	struct restored_small *filling; /* the entry that goes into memory, or NULL */
	struct restored_small small[RESTORED_SMALL_MAX];
	size_t small_count;
	bool has_database;
};

/* Makes the folder; 73 where the store isn't empty. */
MUST_USE int restored_begin(
	const struct admin *admin, struct restored *ret_restored, struct failure *failure);
/* What backup_read hands its entries to. */
struct archive_handler restored_handler(struct restored *restored);
/* NULL where the backup held no such file. */
const struct buffer *restored_small(const struct restored *restored, const char *name);
/* One more file of the store's. */
MUST_USE int restored_add(
	struct restored *restored, const char *name, const void *data, size_t len, struct failure *failure);
/* The folder becomes daemon/store. */
MUST_USE int restored_commit(struct restored *restored, struct failure *failure);
/* Without restored_commit everything is removed again. */
void restored_free(struct restored *restored);

#endif
