/* A copy of the database while it is being written: file and log as they are, read through a connection that
 * reads, so that nothing of what it sees is overwritten meanwhile. No temporary file is needed.
 *
 * While a connection reads at a place of the log, a checkpoint copies into the file only what lies before
 * that place, and the log isn't begun anew. So the file as it is met, and then the log as it is met, are a
 * database after a crash: SQLite makes of them the state of the last commit that the log holds whole. */
#include "backend_sqlite.h"

#include <stdlib.h>

struct snapshot {
	struct backend *backend;
	sqlite3 *reader;
};

static int file_of(const struct snapshot *snapshot, enum snapshot_file which, sqlite3_file **ret_file)
{
	int wanted = which == SNAPSHOT_DATABASE ? SQLITE_FCNTL_FILE_POINTER : SQLITE_FCNTL_JOURNAL_POINTER;
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(snapshot->reader, "main", wanted, &file) != SQLITE_OK || file == NULL ||
		file->pMethods == NULL)
		return -1;
	*ret_file = file;
	return 0;
}

int snapshot_take(struct backend *backend, struct snapshot **ret_snapshot)
{
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	const char *name = sqlite3_db_filename(backend->database, "main");

	if (snapshot == NULL || name == NULL ||
		sqlite3_open_v2(name, &snapshot->reader, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
			SQLITE_OK ||
		sqlite3_exec(snapshot->reader,
			"PRAGMA query_only = ON; PRAGMA cache_size = -256; BEGIN;"
			"SELECT count(*) FROM sqlite_schema;",
			NULL, NULL, NULL) != SQLITE_OK) {
		snapshot_free(snapshot);
		return -1;
	}
	snapshot->backend = backend;
	backend->snapshots++;
	*ret_snapshot = snapshot;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	if (snapshot->backend != NULL)
		snapshot->backend->snapshots--;
	sqlite3_close(snapshot->reader);
	free(snapshot);
}

int snapshot_size(const struct snapshot *snapshot, enum snapshot_file which, uint64_t *ret_size)
{
	sqlite3_file *file;
	sqlite3_int64 size;

	if (file_of(snapshot, which, &file) != 0 || file->pMethods->xFileSize(file, &size) != SQLITE_OK ||
		size < 0)
		return -1;
	*ret_size = (uint64_t)size;
	return 0;
}

int snapshot_read(
	const struct snapshot *snapshot, enum snapshot_file which, uint64_t at, uint8_t *bytes, size_t len)
{
	sqlite3_file *file;
	int code;

	if (file_of(snapshot, which, &file) != 0)
		return -1;
	code = file->pMethods->xRead(file, bytes, (int)len, (sqlite3_int64)at);
	/* A log that has become shorter meanwhile: what is missing is zeros, and no frame of anybody's. */
	return code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ ? 0 : -1;
}
