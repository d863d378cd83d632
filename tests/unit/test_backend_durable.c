/* What of the database survives a crash, a full disk and a failed write, and what it refuses to open. */
#include "backend_fixture.h"
#include "backend_sqlite.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define CHUNK_LEN   (64 * 1024)
#define LIMIT_BYTES (1024 * 1024)
#define PAGE_LEN    4096
#define SCHEMA_NOW  4

static uint8_t chunk[CHUNK_LEN];

/* In a process that is killed: one report that was committed, one that wasn't. */
static void write_and_be_killed(void)
{
	struct backend *backend = NULL;
	struct backend_report kept = report_of(1, 5), lost = report_of(2, 5);
	struct fault fault;

	if (backend_open(NAME, &backend, &fault) == 0 && backend_begin(backend) == 0 &&
		backend_add_report(backend, &kept) == 0 && backend_commit(backend) == 0 &&
		backend_begin(backend) == 0 && backend_add_report(backend, &lost) == 0)
		raise(SIGKILL);
	_exit(1);
}

static void test_a_kill_loses_only_what_was_not_committed(void **state)
{
	struct backend *backend;
	struct backend_report found;
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0)
		write_and_be_killed();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	backend = opened();
	assert_int_equal(find(backend, 1, &found), 0);
	assert_int_equal(find(backend, 2, &found), -1);
	assert_int_equal(backend_error(backend), BACKEND_MISSING);
	backend_close(backend);
}

static void test_a_group_can_be_taken_back(void **state)
{
	struct backend *backend = opened();
	struct backend_report first = report_of(1, 5), found;

	(void)state;
	assert_int_equal(backend_begin(backend), 0);
	assert_true(backend_in_group(backend));
	assert_int_equal(backend_add_report(backend, &first), 0);
	assert_int_equal(find(backend, 1, &found), 0); /* reads see the group */
	backend_rollback(backend);
	assert_false(backend_in_group(backend));
	assert_int_equal(find(backend, 1, &found), -1);
	assert_int_equal(add(backend, 2, 5), first.seq); /* the seq was never seen: it is free again */
	backend_close(backend);
}

/* Chunks until the database refuses; how many it took. */
static uint32_t fill(struct backend *backend)
{
	uint32_t number = 0;

	while (number < 1000 && backend_add_chunk(backend, 9, number, chunk, sizeof chunk) == 0)
		number++;
	return number;
}

static void test_the_limit_is_full_and_can_be_raised(void **state)
{
	struct backend *backend = opened();
	struct backend_report found;
	uint32_t taken;

	(void)state;
	add(backend, 1, 5);
	backend_limit(backend, LIMIT_BYTES);
	assert_int_equal(backend_begin(backend), 0);
	taken = fill(backend);
	assert_int_equal(backend_error(backend), BACKEND_FULL);
	assert_in_range(taken, 8, LIMIT_BYTES / CHUNK_LEN);
	backend_rollback(backend);
	assert_int_equal(backend_error(backend), BACKEND_FULL); /* why stays known */
	assert_int_equal(find(backend, 1, &found), 0);
	assert_true(backend_bytes(backend) < LIMIT_BYTES);
	add(backend, 2, 5);
	backend_limit(backend, 0);
	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(fill(backend), 1000);
	assert_int_equal(backend_commit(backend), 0);
	assert_true(backend_bytes(backend) > 1000 * CHUNK_LEN);
	backend_close(backend);
}

/* The kernel refuses to let any file grow: the commit's writes to the log fail. */
static void test_a_commit_that_could_not_write_fails(void **state)
{
	struct backend *backend = opened();
	struct backend_report report = report_of(2, 5), found;
	struct rlimit before, none;

	(void)state;
	add(backend, 1, 5);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(backend_add_report(backend, &report), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(backend_commit(backend), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(backend_error(backend), BACKEND_BROKEN);
	backend_rollback(backend);
	assert_int_equal(find(backend, 2, &found), -1);
	assert_int_equal(find(backend, 1, &found), 0);
	assert_int_equal(add(backend, 2, 5), report.seq);
	backend_close(backend);
}

static void write_chunks(struct backend *backend, uint64_t body, uint32_t count)
{
	for (uint32_t number = 0; number < count; number++) {
		assert_int_equal(backend_begin(backend), 0);
		assert_int_equal(backend_add_chunk(backend, body, number, chunk, sizeof chunk), 0);
		assert_int_equal(backend_commit(backend), 0);
	}
}

static void test_the_log_empties_though_a_row_was_found(void **state)
{
	struct backend *backend = opened();
	struct backend_report found;
	sqlite3 *other = NULL;
	int in_log = 0, moved = 0;

	(void)state;
	add(backend, 1, 5);
	assert_int_equal(backend_checkpoint(backend), 0);
	assert_int_equal(backend_log_bytes(backend), 0);
	assert_int_equal(find(backend, 1, &found), 0);
	write_chunks(backend, 1, 20);
	assert_true(backend_log_bytes(backend) > 20 * CHUNK_LEN);
	/* As the checkpoint role does it: a connection that has read knows the log. */
	assert_int_equal(sqlite3_open(NAME, &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(other, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_wal_checkpoint_v2(other, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved),
		SQLITE_OK);
	assert_true(in_log > 0);
	assert_int_equal(moved, in_log);
	sqlite3_close(other);
	write_chunks(backend, 2, 1);
	assert_int_equal(find(backend, 1, &found), 0);
	assert_int_equal(backend_checkpoint(backend), 0);
	assert_int_equal(backend_log_bytes(backend), 0);
	backend_close(backend);
}

static void test_a_second_store_is_refused(void **state)
{
	struct backend *backend = opened(), *second = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(backend_open(NAME, &second, &fault), -1);
	assert_null(second);
	assert_non_null(strstr(fault.text, "another clariond"));
	backend_close(backend);
	backend_close(opened()); /* the lock ends with the one that held it */
}

static void copy_file(const char *from, const char *to)
{
	char data[1024];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t len;

	assert_true(in != NULL && out != NULL);
	while ((len = fread(data, 1, sizeof data, in)) > 0)
		assert_int_equal(fwrite(data, 1, len, out), len);
	assert_int_equal(fclose(in) | fclose(out), 0);
}

static void assert_same_file(const char *one, const char *other)
{
	FILE *first = fopen(one, "rb"), *second = fopen(other, "rb");
	int byte;

	assert_true(first != NULL && second != NULL);
	do {
		byte = fgetc(first);
		assert_int_equal(fgetc(second), byte);
	} while (byte != EOF);
	assert_int_equal(fclose(first) | fclose(second), 0);
}

/* A newer program was killed: part of its database is still in the log. Neither file is touched. */
static void test_a_newer_schema_is_refused(void **state)
{
	struct backend *backend = opened();
	struct fault fault;

	(void)state;
	add(backend, 1, 5);
	assert_int_equal(
		sqlite3_exec(backend->database, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	copy_file(NAME, "killed.db");
	copy_file(NAME "-wal", "killed.db-wal");
	copy_file("killed.db", "kept");
	copy_file("killed.db-wal", "kept-wal");
	backend_close(backend);
	backend = NULL;
	assert_int_equal(backend_open("killed.db", &backend, &fault), -1);
	assert_null(backend);
	assert_non_null(strstr(fault.text, "of schema 99"));
	assert_non_null(strstr(fault.text, "up to 4"));
	assert_non_null(strstr(fault.text, "run the newer program"));
	assert_same_file("killed.db", "kept");
	assert_same_file("killed.db-wal", "kept-wal");
}

/* Somebody looks into the database with a tool of her own, and holds it. */
static void test_a_locked_database_is_said_and_taken_again(void **state)
{
	struct backend *backend = opened();
	sqlite3 *other = NULL;
	struct fault fault;

	(void)state;
	add(backend, 1, 5);
	sqlite3_busy_timeout(backend->database, 10);
	assert_int_equal(sqlite3_open(NAME, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(backend_begin(backend), -1);
	assert_int_equal(backend_error(backend), BACKEND_BROKEN);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	add(backend, 2, 5);
	backend_close(backend);
	backend = NULL;
	assert_int_equal(
		sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(backend_open(NAME, &backend, &fault), -1);
	assert_non_null(strstr(fault.text, "another program holds the database"));
	sqlite3_close(other);
	backend_close(opened());
}

static void test_a_damaged_database_is_not_an_empty_one(void **state)
{
	struct backend *backend = opened();
	struct fault fault;
	struct stat status;
	int fd;

	(void)state;
	add(backend, 1, 5);
	assert_int_equal(backend_checkpoint(backend), 0);
	backend_close(backend);
	backend = NULL;
	memset(chunk, 0xff, sizeof chunk);
	fd = open(NAME, O_WRONLY);
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	for (off_t at = PAGE_LEN; at < status.st_size; at += PAGE_LEN)
		assert_int_equal(pwrite(fd, chunk, PAGE_LEN, at), PAGE_LEN);
	close(fd);
	assert_int_equal(backend_open(NAME, &backend, &fault), -1);
	assert_null(backend);
	assert_non_null(strstr(fault.text, "restore a backup"));
}

/* The number that a pragma of one connection gives. */
static int pragma_of(sqlite3 *database, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int number;

	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* The first start was cut off: the file is there, and none of the schema's steps was taken. */
static void test_a_schema_that_was_not_begun_is_completed(void **state)
{
	sqlite3 *database = NULL;
	struct backend *backend;
	struct backend_report found;

	(void)state;
	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(database, "PRAGMA journal_mode = WAL; VACUUM", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(pragma_of(database, "PRAGMA user_version"), 0);
	sqlite3_close(database);
	backend = opened();
	add(backend, 1, 5);
	assert_int_equal(find(backend, 1, &found), 0);
	assert_int_equal(pragma_of(backend->database, "PRAGMA user_version"), SCHEMA_NOW);
	backend_close(backend);
}

/* A step that fails leaves the version where it was, and says so. */
static void test_a_step_that_fails_is_not_taken(void **state)
{
	sqlite3 *database = NULL;
	struct backend *backend = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(database, "CREATE TABLE messages (other TEXT)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(backend_open(NAME, &backend, &fault), -1);
	assert_non_null(strstr(fault.text, "can't be brought to schema 1"));
	assert_int_equal(pragma_of(database, "PRAGMA user_version"), 0);
	assert_int_equal(pragma_of(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'reports'"), 0);
	sqlite3_close(database);
}

static void test_what_the_connection_promises(void **state)
{
	struct backend *backend = opened();
	sqlite3_stmt *statement = NULL;

	(void)state;
	assert_int_equal(sqlite3_prepare_v2(backend->database, "SELECT journal_mode FROM pragma_journal_mode",
				 -1, &statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "wal");
	sqlite3_finalize(statement);
	assert_int_equal(pragma_of(backend->database, "PRAGMA synchronous"), 2); /* FULL */
	assert_int_equal(pragma_of(backend->database, "PRAGMA secure_delete"), 1);
	assert_int_equal(pragma_of(backend->database, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(pragma_of(backend->database, "PRAGMA page_size"), PAGE_LEN);
	assert_int_equal(pragma_of(backend->database, "PRAGMA user_version"), SCHEMA_NOW);
	backend_close(backend);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_FOLDER(test_a_kill_loses_only_what_was_not_committed),
		IN_FOLDER(test_a_group_can_be_taken_back),
		IN_FOLDER(test_the_limit_is_full_and_can_be_raised),
		IN_FOLDER(test_a_commit_that_could_not_write_fails),
		IN_FOLDER(test_the_log_empties_though_a_row_was_found),
		IN_FOLDER(test_a_second_store_is_refused),
		IN_FOLDER(test_a_newer_schema_is_refused),
		IN_FOLDER(test_a_locked_database_is_said_and_taken_again),
		IN_FOLDER(test_a_damaged_database_is_not_an_empty_one),
		IN_FOLDER(test_a_schema_that_was_not_begun_is_completed),
		IN_FOLDER(test_a_step_that_fails_is_not_taken),
		IN_FOLDER(test_what_the_connection_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
