/* What the files of the SQLite backend share. */
#ifndef STORE_BACKEND_SQLITE_H
#define STORE_BACKEND_SQLITE_H

#include "backend.h"

#include <sqlite3.h>

enum statement {
	S_BEGIN,
	S_COMMIT,
	S_ROLLBACK,
	S_PAGES,
	S_FREE_PAGES,
	S_NEXT,
	S_ADD_REPORT,
	S_FINISH,
	S_DROP_REPORT,
	S_DROP_CHUNKS,
	S_FIND,
	S_NEWEST,
	S_HEADER,
	S_CHANGE,
	S_CHANGE_HEADER,
	S_OPEN,
	S_PENDING,
	S_ADD_CHUNK,
	S_CHUNK,
	S_CHANGE_CHUNK,
	S_ADD_EVENT,
	S_EVENT,
	S_PUT_RECORD,
	S_DROP_RECORD,
	S_ADD_MESSAGE,
	S_BOX,
	S_EMPTY_BOX,
	S_PUT,
	S_GET,
	S_REMOVE,
	S_SHELF,
	S_REMOVE_SOME,
	S_SHELF_AFTER,
	S_COUNT,
	S_COUNT_OPEN,
	S_COUNT_ALL,
	S_OLD_KEYS,
	S_CHANGE_KEY,
	S_OLD_MESSAGES,
	S_CHANGE_MESSAGE,
	S_OLD_NAMED,
	S_COUNT_OLD_KEYS,
	S_COUNT_OLD_MESSAGES,
	S_COUNT_OLD_NAMED,
	S_COUNT_ON,
	S_DESTROY,
	S_REMAINS,
	S_FIND_REMAINS,
	S_DROP_EVENTS,
	S_DROP_SOME_CHUNKS,
	S_DROP_REMAINS,
	S_BETWEEN,
	S_RELIST,
	S_ASTRAY,
	S_ASTRAY_MESSAGES,
	STATEMENTS,
};

struct backend {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENTS];
	int lock_fd;
	bool in_group;
	enum backend_error error;
	uint64_t next;        /* the next body or seq: both come from one counter */
	uint64_t next_before; /* as the group began */
	uint64_t log_frames;
	unsigned snapshots; /* that are being read: the log can't be emptied meanwhile */
	bool bytes_known;
	uint64_t bytes;      /* in use when last looked, and what was written since */
	struct buffer found; /* what the last backend_find's views point into */
};

/* backend_log_file.c: the system's way to files, but the log is written in one piece before each sync. NULL
 * where it can't be: then SQLite takes the system's own. */
const char *gathering_vfs_name(void);
/* The errno of the last write to a log; 0 where it succeeded. */
int log_file_error(void);

/* A statement ready to be bound, and its end: reset, with the error noted. */
sqlite3_stmt *backend_use(struct backend *backend, enum statement which);
/* Runs it to its end: 0 where it was done, -1 else. */
MUST_USE int backend_run(struct backend *backend, sqlite3_stmt *statement);
/* One step: 1 a row, 0 the end (and reset), -1 an error (and reset). */
MUST_USE int backend_step(struct backend *backend, sqlite3_stmt *statement);
void backend_done(sqlite3_stmt *statement);
/* Reads the counter of bodies and seqs. */
MUST_USE int backend_count_on(struct backend *backend);
void bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t len);
void bind_number(sqlite3_stmt *statement, int at, uint64_t value);
struct backend_view column_view(sqlite3_stmt *statement, int at);

/* --- backend_rows.c, for backend_ages.c */
/* Where the chunks and events of a body begin. */
uint64_t backend_place(uint64_t body, uint32_t number);
MUST_USE int backend_each_row(
	struct backend *backend, sqlite3_stmt *statement, backend_each_report *each, void *context);
MUST_USE int backend_count_one(struct backend *backend, sqlite3_stmt *statement, uint64_t *ret_count);

#endif
