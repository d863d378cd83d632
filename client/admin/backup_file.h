/* A backup as a file: an age file around an archive (proto/backup.h), written and read as it streams, in
 * little memory. */
#ifndef ADMIN_BACKUP_FILE_H
#define ADMIN_BACKUP_FILE_H

#include "client/failure.h"
#include "proto/age_recipient.h"
#include "proto/archive.h"
#include "proto/roster.h"

/* --- writing */

struct backup_writer;

/* A new file, sealed to every admin of the roster. 73 where the name is taken. */
MUST_USE int backup_create(const char *path, const struct roster *roster, struct backup_writer **ret_writer,
	struct failure *failure);
/* An entry of this size, then its content in any number of pieces. */
MUST_USE int backup_put_entry(
	struct backup_writer *writer, const char *name, uint64_t size, struct failure *failure);
MUST_USE int backup_put(struct backup_writer *writer, const void *data, size_t len, struct failure *failure);
/* Both for what is in memory. */
MUST_USE int backup_put_whole(struct backup_writer *writer, const char *name, const void *data, size_t len,
	struct failure *failure);
/* The end; durable when this returns 0. */
MUST_USE int backup_finish(struct backup_writer *writer, struct failure *failure);
/* How long the file is. */
uint64_t backup_length(const struct backup_writer *writer);
/* Without backup_finish the file is removed again. NULL-safe. */
void backup_writer_free(struct backup_writer *writer);

/* --- reading */

/* Hands what is inside to the handler. 66 where the file isn't there, 77 where it isn't sealed to this
 * identity, 65 where it is cut, changed or no backup; the handler's own failures are 65 too, with its fault.
 */
MUST_USE int backup_read(const char *path, const struct age_identity *identity,
	const struct archive_handler *handler, struct failure *failure);

#endif
