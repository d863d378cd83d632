/* Files of a home's folder, by name: read, replaced whole and durably, written once, read along. */
#ifndef DEFENDER_DISK_H
#define DEFENDER_DISK_H

#include "client/home.h"
#include "proto/buffer.h"

bool disk_has(const struct home *home, const char *name);

/* Appends to out; *ret_found false (and 0) where there is no such file. */
MUST_USE int disk_read(const struct home *home, const char *name, struct buffer *out, bool *ret_found,
	struct failure *failure);

/* Old or new content, whole, also after a power cut; the new one once it returned 0. */
MUST_USE int disk_replace(
	const struct home *home, const char *name, const void *data, size_t len, struct failure *failure);
MUST_USE int disk_remove(const struct home *home, const char *name, struct failure *failure);

/* The file's bytes where they lie, random ones in their place, durable. */
MUST_USE int disk_overwrite(const struct home *home, const char *name, struct failure *failure);

/* Calls back for each name of the folder but `.` and `..`, until it returns other than 0. */
MUST_USE int disk_each(const struct home *home, int (*each)(void *context, const char *name), void *context,
	struct failure *failure);
MUST_USE int disk_sync(const struct home *home, struct failure *failure);

/* A new file (what had its name goes); durable after its end, gone when freed without one. */
struct disk_writer;
MUST_USE int disk_writer_new(
	const struct home *home, const char *name, struct disk_writer **ret_writer, struct failure *failure);
MUST_USE int disk_writer_put(
	struct disk_writer *writer, const void *data, size_t len, struct failure *failure);
/* That many random bytes behind what was put, or nothing where the disk hasn't room to spare. */
void disk_writer_pad(struct disk_writer *writer, uint64_t len);
MUST_USE int disk_writer_end(struct disk_writer *writer, struct failure *failure);
void disk_writer_free(struct disk_writer *writer);

struct disk_reader;
MUST_USE int disk_reader_new(
	const struct home *home, const char *name, struct disk_reader **ret_reader, struct failure *failure);
/* Fewer than size bytes only at the end. */
MUST_USE int disk_reader_take(
	struct disk_reader *reader, void *bytes, size_t size, size_t *ret_len, struct failure *failure);
void disk_reader_free(struct disk_reader *reader);

#endif
