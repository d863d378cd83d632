/* The connection, its statements, and groups. The rows are in backend_rows.c. */
#include "backend_sqlite.h"

#include "backend_schema.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME     "lock"
#define LOCK_TRIES    60 /* of 50 ms: the one before may still be ending */
#define BUSY_MS       2000
#define FRAME_BYTES   (4096 + 24)
#define PAGE_BYTES    4096
#define FOUND_MAX     (64 * 1024) /* key and facts of a row; the store writes less than a tenth */
#define LOG_SIZE_KEPT "67108864"  /* as the store lets it grow: room that is there already syncs faster */

static const char *const sql[STATEMENTS] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_ROLLBACK] = "ROLLBACK",
	[S_PAGES] = "PRAGMA page_count",
	[S_FREE_PAGES] = "PRAGMA freelist_count",
	[S_NEXT] = "SELECT max((SELECT ifnull(max(body), 0) FROM reports) + 1,"
		   " (SELECT ifnull(max(seq), 0) FROM reports WHERE seq > body) + 1, (SELECT next FROM "
		   "counter))",
	[S_ADD_REPORT] = "INSERT INTO reports (body, seq, id, open_desk, epoch, data_key, facts, header)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[S_FINISH] = "UPDATE reports SET seq = ?2, open_desk = ?4, facts = ?7, header = ?8 WHERE body = ?1 "
		     "AND seq IS NULL",
	[S_DROP_REPORT] = "DELETE FROM reports WHERE body = ?1 AND seq IS NULL",
	[S_DROP_CHUNKS] = "DELETE FROM chunks WHERE place BETWEEN ?1 AND ?2",
	[S_FIND] = "SELECT body, seq, id, open_desk, epoch, data_key, facts FROM reports WHERE id = ?1",
	[S_NEWEST] = "SELECT body, seq, id, open_desk, epoch, data_key, facts FROM reports"
		     " ORDER BY body DESC LIMIT 1",
	[S_HEADER] = "SELECT header FROM reports WHERE body = ?1",
	[S_CHANGE] = "UPDATE reports SET open_desk = ?4, facts = ?7 WHERE body = ?1",
	[S_CHANGE_HEADER] = "UPDATE reports SET open_desk = ?4, facts = ?7, header = ?8 WHERE body = ?1",
	[S_OPEN] = "SELECT body, seq, id, open_desk, epoch, data_key, facts FROM reports"
		   " WHERE open_desk = ?1 AND seq > ?2 ORDER BY seq",
	[S_PENDING] = "SELECT body, seq, id, open_desk, epoch, data_key, facts FROM reports WHERE seq IS "
		      "NULL ORDER BY body",
	[S_ADD_CHUNK] = "INSERT INTO chunks (place, data) VALUES (?1, ?2)",
	[S_CHUNK] = "SELECT data FROM chunks WHERE place = ?1",
	[S_CHANGE_CHUNK] = "UPDATE chunks SET data = ?2 WHERE place = ?1",
	[S_ADD_EVENT] = "INSERT INTO events (place, data) VALUES (?1, ?2)",
	[S_EVENT] = "SELECT data FROM events WHERE place = ?1",
	[S_PUT_RECORD] = "INSERT INTO events (place, data) VALUES (?1, ?2)"
			 " ON CONFLICT (place) DO UPDATE SET data = excluded.data",
	[S_DROP_RECORD] = "DELETE FROM events WHERE place = ?1",
	[S_ADD_MESSAGE] = "INSERT INTO messages (box, data) VALUES (?1, ?2)",
	[S_BOX] = "SELECT seq, data FROM messages WHERE box = ?1 ORDER BY seq",
	[S_EMPTY_BOX] = "DELETE FROM messages WHERE box = ?1",
	[S_PUT] = "INSERT INTO shelf (shelf, name, data) VALUES (?1, ?2, ?3)"
		  " ON CONFLICT (shelf, name) DO UPDATE SET data = excluded.data",
	[S_GET] = "SELECT data FROM shelf WHERE shelf = ?1 AND name = ?2",
	[S_REMOVE] = "DELETE FROM shelf WHERE shelf = ?1 AND name = ?2",
	[S_REMOVE_SOME] = "DELETE FROM shelf WHERE shelf = ?1 AND name IN"
			  " (SELECT name FROM shelf WHERE shelf = ?1 AND name BETWEEN ?2 AND ?3"
			  " ORDER BY name LIMIT ?4)",
	[S_SHELF] = "SELECT name, data FROM shelf WHERE shelf = ?1 ORDER BY name",
	[S_SHELF_AFTER] = "SELECT name, data FROM shelf WHERE shelf = ?1 AND name > ?2 ORDER BY name",
	[S_COUNT] =
		"SELECT (SELECT count(*) FROM reports) - (SELECT count(*) FROM reports WHERE seq IS NULL)",
	[S_COUNT_ALL] = "SELECT (SELECT count(*) FROM reports) + (SELECT count(*) FROM messages)"
			" + (SELECT count(*) FROM shelf)",
	[S_COUNT_OPEN] = "SELECT count(*) FROM reports WHERE open_desk IS NOT NULL",
	[S_OLD_KEYS] = "SELECT body, seq, id, open_desk, epoch, data_key, x'' FROM reports"
		       " WHERE epoch < ?1 AND (epoch, body) > (?2, ?3) ORDER BY epoch, body",
	[S_CHANGE_KEY] = "UPDATE reports SET epoch = ?2, data_key = ?3 WHERE body = ?1",
	[S_OLD_MESSAGES] = "SELECT 0, seq, box, data FROM messages WHERE substr(data, 1, 4) < ?1"
			   " AND (substr(data, 1, 4), seq) > (?2, ?3) ORDER BY substr(data, 1, 4), seq",
	[S_CHANGE_MESSAGE] = "UPDATE messages SET data = ?2 WHERE seq = ?1",
	[S_OLD_NAMED] = "SELECT shelf, 0, name, data FROM shelf WHERE substr(data, 1, 4) < ?1"
			" AND (substr(data, 1, 4), shelf, name) > (?2, ?3, ?4)"
			" ORDER BY substr(data, 1, 4), shelf, name",
	[S_COUNT_OLD_KEYS] = "SELECT count(*) FROM reports WHERE epoch < ?1",
	/* From x'00000001': what lies there without an epoch is empty. */
	[S_COUNT_OLD_MESSAGES] = "SELECT count(*) FROM messages WHERE substr(data, 1, 4) >= x'00000001'"
				 " AND substr(data, 1, 4) < ?1",
	[S_COUNT_OLD_NAMED] = "SELECT count(*) FROM shelf WHERE substr(data, 1, 4) >= x'00000001'"
			      " AND substr(data, 1, 4) < ?1",
	[S_COUNT_ON] = "UPDATE counter SET next = max(next, ?1)",
	[S_DESTROY] = "DELETE FROM reports WHERE body = ?1",
	[S_REMAINS] = "INSERT INTO remains (body) VALUES (?1)",
	[S_FIND_REMAINS] = "SELECT body FROM remains ORDER BY body LIMIT 1",
	[S_DROP_EVENTS] = "DELETE FROM events WHERE place IN"
			  " (SELECT place FROM events WHERE place BETWEEN ?1 AND ?2 LIMIT ?3)",
	[S_DROP_SOME_CHUNKS] = "DELETE FROM chunks WHERE place IN"
			       " (SELECT place FROM chunks WHERE place BETWEEN ?1 AND ?2 LIMIT ?3)",
	[S_DROP_REMAINS] = "DELETE FROM remains WHERE body = ?1",
	[S_RELIST] = "UPDATE reports SET seq = ?2, open_desk = ?4, facts = ?7 WHERE body = ?1",
	/* Where an index is asked for the row's own values and its number, and has no such entry. */
	[S_ASTRAY] =
		"SELECT body, seq, id, open_desk, epoch, data_key, facts FROM reports AS r NOT INDEXED"
		" WHERE body BETWEEN ?1 AND ?2 AND NOT ("
		" EXISTS (SELECT 1 FROM reports AS i INDEXED BY reports_id"
		" WHERE i.id = r.id AND i.body = r.body)"
		" AND EXISTS (SELECT 1 FROM reports AS i INDEXED BY reports_epoch"
		" WHERE i.epoch = r.epoch AND i.body = r.body)"
		" AND (r.open_desk IS NULL OR EXISTS (SELECT 1 FROM reports AS i INDEXED BY reports_open"
		" WHERE i.open_desk = r.open_desk AND i.seq = r.seq AND i.body = r.body))"
		" AND (r.seq IS NOT NULL OR EXISTS (SELECT 1 FROM reports AS i INDEXED BY reports_pending"
		" WHERE i.seq IS NULL AND i.body = r.body))"
		" AND (r.seq IS NULL OR r.seq <= r.body OR EXISTS (SELECT 1 FROM reports AS i"
		" INDEXED BY reports_late WHERE i.seq > i.body AND i.seq = r.seq AND i.body = r.body)))",
	[S_ASTRAY_MESSAGES] = "SELECT 0, seq, box, data FROM messages AS m NOT INDEXED"
			      " WHERE seq BETWEEN ?1 AND ?2 AND NOT ("
			      " EXISTS (SELECT 1 FROM messages AS i INDEXED BY messages_box"
			      " WHERE i.box = m.box AND i.seq = m.seq)"
			      " AND EXISTS (SELECT 1 FROM messages AS i INDEXED BY messages_epoch"
			      " WHERE substr(i.data, 1, 4) = substr(m.data, 1, 4) AND i.seq = m.seq))",
	[S_BETWEEN] = "SELECT body, seq, id, open_desk, epoch, data_key, facts FROM reports"
		      " WHERE body BETWEEN ?1 AND ?2 ORDER BY body",
};

sqlite3_stmt *backend_use(struct backend *backend, enum statement which)
{
	sqlite3_stmt *statement = backend->statements[which];

	backend->error = BACKEND_FINE;
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

void bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t len)
{
	/* A value that can't be bound shows as NULL, which every column that matters refuses. */
	(void)sqlite3_bind_blob64(statement, at, data == NULL ? "" : data, len, SQLITE_STATIC);
}

void bind_number(sqlite3_stmt *statement, int at, uint64_t value)
{
	(void)sqlite3_bind_int64(statement, at, (sqlite3_int64)value);
}

struct backend_view column_view(sqlite3_stmt *statement, int at)
{
	return (struct backend_view){ sqlite3_column_blob(statement, at),
		(size_t)sqlite3_column_bytes(statement, at) };
}

/* The disk takes nothing more; what is there can be read. */
static bool is_read_only(int code)
{
	return (code & 0xff) == SQLITE_IOERR && (log_file_error() == EROFS || log_file_error() == EDQUOT);
}

static int note_error(struct backend *backend, int code)
{
	bool read_only = is_read_only(code);

	backend->error = read_only || (code & 0xff) == SQLITE_FULL ? BACKEND_FULL : BACKEND_BROKEN;
	if (read_only)
		log_plain(LOG_ERROR, "disk_read_only");
	else if ((code & 0xff) == SQLITE_BUSY)
		log_plain(LOG_ERROR, "database_locked");
	/* What SQLite found no report can be named for: a page of its own is damaged, or the disk fails. */
	else if (backend->error == BACKEND_BROKEN)
		log_event(
			LOG_ERROR, "database_error", "code=%d", sqlite3_extended_errcode(backend->database));
	return -1;
}

int backend_step(struct backend *backend, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : note_error(backend, code);
}

int backend_run(struct backend *backend, sqlite3_stmt *statement)
{
	int step = backend_step(backend, statement);

	if (step == 1)
		sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return step < 0 ? -1 : 0;
}

void backend_done(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

static int on_log(void *context, sqlite3 *database, const char *name, int frames)
{
	struct backend *backend = context;

	(void)database;
	(void)name;
	backend->log_frames = (uint64_t)frames;
	return SQLITE_OK;
}

/* One store at a time, whatever started it. */
static int take_lock(struct backend *backend, struct fault *fault)
{
	const struct timespec step = { .tv_nsec = 50 * 1000 * 1000 };

	backend->lock_fd = open(LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (backend->lock_fd == -1)
		return fault_set(fault, "the store's lock can't be opened: %s", strerror(errno));
	for (int try = 0; flock(backend->lock_fd, LOCK_EX | LOCK_NB) != 0; try++) {
		if (errno != EWOULDBLOCK || try == LOCK_TRIES)
			return fault_set(fault, "another clariond uses this database: stop it first");
		nanosleep(&step, NULL);
	}
	return 0;
}

static int prepare(struct backend *backend, struct fault *fault)
{
	for (int i = 0; i < STATEMENTS; i++) {
		if (sqlite3_prepare_v3(backend->database, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &backend->statements[i], NULL) != SQLITE_OK)
			return fault_set(
				fault, "the database can't be used (%s)", sqlite3_errmsg(backend->database));
	}
	return 0;
}

int backend_count_on(struct backend *backend)
{
	sqlite3_stmt *statement = backend_use(backend, S_NEXT);

	if (backend_step(backend, statement) != 1)
		return -1;
	backend->next = (uint64_t)sqlite3_column_int64(statement, 0);
	backend_done(statement);
	return 0;
}

int backend_open(const char *name, struct backend **ret_backend, struct fault *fault)
{
	struct backend *backend = calloc(1, sizeof *backend);
	int rc = -1;

	if (backend == NULL)
		return fault_set(fault, "memory is short");
	backend->found = buffer_of(FOUND_MAX);
	if (take_lock(backend, fault) != 0)
		goto cleanup;
	if (sqlite3_open_v2(name, &backend->database,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		    gathering_vfs_name()) != SQLITE_OK) {
		rc = fault_set(fault, "the database can't be opened: %s", sqlite3_errmsg(backend->database));
		goto cleanup;
	}
	/* Where a file can't be opened for writing, SQLite opens it for reading and says nothing. */
	if (sqlite3_db_readonly(backend->database, "main") != 0) {
		rc = fault_set(fault, "the database can't be opened for writing: is the disk read-only, or "
				      "the file another user's?");
		goto cleanup;
	}
	sqlite3_busy_timeout(backend->database, BUSY_MS);
	if (schema_settle(backend->database, fault) != 0 || prepare(backend, fault) != 0)
		goto cleanup;
	sqlite3_wal_hook(backend->database, on_log, backend);
	if (backend_count_on(backend) != 0 ||
		sqlite3_exec(backend->database, "PRAGMA journal_size_limit = " LOG_SIZE_KEPT, NULL, NULL,
			NULL) != SQLITE_OK) {
		rc = fault_set(fault, "the database can't be read: restore a backup");
		goto cleanup;
	}
	*ret_backend = backend;
	backend = NULL;
	rc = 0;
cleanup:
	backend_close(backend);
	return rc;
}

void backend_close(struct backend *backend)
{
	if (backend == NULL)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(backend->statements[i]);
	sqlite3_close(backend->database);
	if (backend->lock_fd > 0)
		close(backend->lock_fd);
	buffer_free(&backend->found);
	free(backend);
}

void backend_limit(struct backend *backend, uint64_t bytes)
{
	char pragma[64];

	snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %llu",
		(unsigned long long)(bytes == 0 ? 4294967294u : bytes / PAGE_BYTES));
	(void)sqlite3_exec(backend->database, pragma, NULL, NULL, NULL);
}

static int count_pages(struct backend *backend, enum statement which, uint64_t *ret_count)
{
	sqlite3_stmt *statement = backend_use(backend, which);

	if (backend_step(backend, statement) != 1)
		return -1;
	*ret_count = (uint64_t)sqlite3_column_int64(statement, 0);
	backend_done(statement);
	return 0;
}

/* Asked once a group: between, what is written is added up. */
uint64_t backend_bytes(struct backend *backend)
{
	uint64_t pages, free_pages;

	if (!backend->bytes_known) {
		backend->bytes_known = count_pages(backend, S_PAGES, &pages) == 0 &&
				       count_pages(backend, S_FREE_PAGES, &free_pages) == 0;
		backend->bytes = backend->bytes_known ? (pages - free_pages) * PAGE_BYTES : 0;
	}
	return backend->bytes;
}

enum backend_error backend_error(const struct backend *backend)
{
	return backend->error;
}

int backend_begin(struct backend *backend)
{
	if (backend_run(backend, backend_use(backend, S_BEGIN)) != 0)
		return -1;
	backend->in_group = true;
	backend->bytes_known = false;
	backend->next_before = backend->next;
	return 0;
}

int backend_commit(struct backend *backend)
{
	if (backend_run(backend, backend_use(backend, S_COMMIT)) != 0)
		return -1;
	backend->in_group = false;
	return 0;
}

void backend_rollback(struct backend *backend)
{
	enum backend_error error = backend->error;

	/* SQLite may have rolled back by itself; where this fails too, the next begin fails and says so. */
	if (backend->in_group && sqlite3_get_autocommit(backend->database) == 0)
		sqlite3_step(backend_use(backend, S_ROLLBACK));
	if (backend->in_group)
		backend->next = backend->next_before;
	backend->in_group = false;
	backend->bytes_known = false;
	backend->error = error;
}

bool backend_in_group(const struct backend *backend)
{
	return backend->in_group;
}

int backend_checkpoint(struct backend *backend)
{
	int code;

	/* Whoever reads a snapshot won't be done within any wait. */
	sqlite3_busy_timeout(backend->database, backend->snapshots > 0 ? 0 : BUSY_MS);
	code = sqlite3_wal_checkpoint_v2(backend->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(backend->database, BUSY_MS);

	if (code == SQLITE_OK)
		backend->log_frames = 0;
	return code == SQLITE_OK ? 0 : note_error(backend, code);
}

bool backend_restart_log(struct backend *backend)
{
	int code;

	sqlite3_busy_timeout(backend->database, 0);
	code = sqlite3_wal_checkpoint_v2(backend->database, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	sqlite3_busy_timeout(backend->database, BUSY_MS);
	if (code == SQLITE_OK)
		backend->log_frames = 0;
	return code == SQLITE_OK;
}

void backend_rest(struct backend *backend)
{
	(void)sqlite3_db_release_memory(backend->database);
}

uint64_t backend_log_bytes(const struct backend *backend)
{
	return backend->log_frames * FRAME_BYTES;
}
