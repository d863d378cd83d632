#include "backend_schema.h"

#include <stdio.h>

/* Step N brings version N to N + 1. A step is never changed once it has been released: a new one is added. */
static const char *const steps[] = {
	/* 0 to 1: what issue 2 stores. Blind indexes, numbers and sealed bytes; nothing in the clear. An
	 * upload that isn't complete has no seq; a report that is closed has no open_desk. */
	"CREATE TABLE reports (body INTEGER PRIMARY KEY, seq INTEGER, id BLOB NOT NULL, open_desk BLOB, "
	"epoch INTEGER NOT NULL,"
	" data_key BLOB NOT NULL, facts BLOB NOT NULL, header BLOB);"
	"CREATE UNIQUE INDEX reports_id ON reports (id);"
	"CREATE INDEX reports_open ON reports (open_desk, seq) WHERE open_desk IS NOT NULL;"
	"CREATE INDEX reports_late ON reports (seq) WHERE seq > body;"
	"CREATE INDEX reports_pending ON reports (body) WHERE seq IS NULL;"
	"CREATE TABLE chunks (place INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE events (place INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE messages (seq INTEGER PRIMARY KEY AUTOINCREMENT, box BLOB NOT NULL, data BLOB NOT "
	"NULL);"
	"CREATE INDEX messages_box ON messages (box, seq);"
	"CREATE TABLE shelf (shelf INTEGER, name BLOB, data BLOB NOT NULL, PRIMARY KEY (shelf, name)) "
	"WITHOUT ROWID;",
	/* 1 to 2: rows by the storage epoch they are sealed under, so that a rotation knows what is left to
	 * seal again without having kept count; what is left of destroyed reports; and numbers that are never
	 * given twice, though the highest report may be destroyed. */
	"CREATE INDEX reports_epoch ON reports (epoch);"
	"CREATE INDEX messages_epoch ON messages (substr(data, 1, 4));"
	"CREATE INDEX shelf_epoch ON shelf (substr(data, 1, 4));"
	"CREATE TABLE remains (body INTEGER PRIMARY KEY);"
	"CREATE TABLE counter (next INTEGER NOT NULL);"
	"INSERT INTO counter (next) VALUES (1);",
	/* 2 to 3: the tables stay. What is sealed in their rows has got other layouts (facts.c reads the
	 * earlier ones): a program from before would call every report damaged, and now refuses instead. So
	 * each new layout of sealed rows needs a step here too. */
	"",
	/* 3 to 4: the same, for facts that tell what was promised to a report's sender. */
	"",
};

#define SCHEMA_VERSION ((int)COUNT_OF(steps))

static int execute(sqlite3 *database, const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

static int read_version(sqlite3 *database, int *ret_version)
{
	sqlite3_stmt *statement = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW) {
		*ret_version = sqlite3_column_int(statement, 0);
		rc = 0;
	}
	sqlite3_finalize(statement);
	return rc;
}

/* A file system that can't do WAL would quietly leave another mode, and with it what is promised on a power
 * cut. */
static bool is_write_ahead(sqlite3 *database)
{
	sqlite3_stmt *statement = NULL;
	bool is_wal = false;

	if (sqlite3_prepare_v2(database, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		is_wal = sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
	sqlite3_finalize(statement);
	return is_wal;
}

static int take_step(sqlite3 *database, int version)
{
	char mark[48];
	int rc;

	snprintf(mark, sizeof mark, "PRAGMA user_version = %d", version + 1);
	rc = execute(database, "BEGIN IMMEDIATE");
	if (rc == 0)
		rc = execute(database, steps[version]);
	if (rc == 0)
		rc = execute(database, mark);
	if (rc == 0)
		rc = execute(database, "COMMIT");
	if (rc != 0)
		sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Before anything is changed. What lies in the log of a newer program isn't moved into the database either.
 */
static int refuse_newer(sqlite3 *database, int version, struct fault *fault)
{
	(void)sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return fault_set(fault,
		"the database is of schema %d, and this program knows up to %d: run the newer program",
		version, SCHEMA_VERSION);
}

static int cant_read(sqlite3 *database, struct fault *fault)
{
	if (sqlite3_errcode(database) == SQLITE_BUSY)
		return fault_set(fault, "another program holds the database: end it, then start again");
	return fault_set(
		fault, "the database can't be read (%s): restore a backup", sqlite3_errmsg(database));
}

int schema_settle(sqlite3 *database, struct fault *fault)
{
	int version = 0;

	if (read_version(database, &version) == 0 && version > SCHEMA_VERSION)
		return refuse_newer(database, version, fault);
	/* secure_delete before anything is written; autocheckpoint off because another process does it. */
	if (execute(database,
		    "PRAGMA page_size = 4096; PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL;"
		    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16000;"
		    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = "
		    "ON;") != 0 ||
		read_version(database, &version) != 0)
		return cant_read(database, fault);
	if (!is_write_ahead(database))
		return fault_set(
			fault, "the database's file system can't keep a write-ahead log: use another one");
	for (; version < SCHEMA_VERSION; version++) {
		if (take_step(database, version) != 0)
			return fault_set(fault, "the database can't be brought to schema %d (%s)",
				version + 1, sqlite3_errmsg(database));
	}
	return 0;
}
