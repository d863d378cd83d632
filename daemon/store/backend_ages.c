/* Rows of the SQLite backend by the epoch they are sealed under, what is left of destroyed reports, and rows
 * that an index doesn't lead to. */
#include "backend_sqlite.h"

#include <string.h>

#define EPOCH_BYTES 4

/* As it stands at the start of a sealed row. */
static void epoch_bytes(uint32_t epoch, uint8_t ret_bytes[EPOCH_BYTES])
{
	for (int i = 0; i < EPOCH_BYTES; i++)
		ret_bytes[i] = (uint8_t)(epoch >> (8 * (EPOCH_BYTES - 1 - i)));
}

int backend_each_old_key(struct backend *backend, uint32_t below, const struct backend_report *behind,
	backend_each_report *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_OLD_KEYS);

	bind_number(statement, 1, below);
	bind_number(statement, 2, behind->epoch);
	bind_number(statement, 3, behind->body);
	return backend_each_row(backend, statement, each, context);
}

int backend_change_key(
	struct backend *backend, uint64_t body, uint32_t epoch, const uint8_t *data, size_t len)
{
	sqlite3_stmt *statement = backend_use(backend, S_CHANGE_KEY);

	bind_number(statement, 1, body);
	bind_number(statement, 2, epoch);
	bind_blob(statement, 3, data, len);
	return backend_run(backend, statement);
}

static int each_old(struct backend *backend, sqlite3_stmt *statement, backend_each_old *each, void *context)
{
	struct backend_row row;
	int step;

	while ((step = backend_step(backend, statement)) == 1) {
		row.shelf = (uint64_t)sqlite3_column_int64(statement, 0);
		row.seq = (uint64_t)sqlite3_column_int64(statement, 1);
		row.name = column_view(statement, 2);
		row.data = column_view(statement, 3);
		if (each(context, &row) != 0) {
			step = 0;
			break;
		}
	}
	backend_done(statement);
	return step;
}

/* Where the last one was; where there was none, before the first that has an epoch. */
static void behind_epoch(const struct backend_row *behind, uint8_t ret_bytes[EPOCH_BYTES])
{
	epoch_bytes(0, ret_bytes);
	if (behind->data.len >= EPOCH_BYTES)
		memcpy(ret_bytes, behind->data.data, EPOCH_BYTES);
}

int backend_each_old_message(struct backend *backend, uint32_t below, const struct backend_row *behind,
	backend_each_old *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_OLD_MESSAGES);
	uint8_t until[EPOCH_BYTES], from[EPOCH_BYTES];

	epoch_bytes(below, until);
	behind_epoch(behind, from);
	bind_blob(statement, 1, until, sizeof until);
	bind_blob(statement, 2, from, sizeof from);
	bind_number(statement, 3, behind->seq);
	return each_old(backend, statement, each, context);
}

int backend_each_old_named(struct backend *backend, uint32_t below, const struct backend_row *behind,
	backend_each_old *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_OLD_NAMED);
	uint8_t until[EPOCH_BYTES], from[EPOCH_BYTES];

	epoch_bytes(below, until);
	behind_epoch(behind, from);
	bind_blob(statement, 1, until, sizeof until);
	bind_blob(statement, 2, from, sizeof from);
	bind_number(statement, 3, behind->shelf);
	bind_blob(statement, 4, behind->name.data, behind->name.len);
	return each_old(backend, statement, each, context);
}

int backend_change_row(
	struct backend *backend, const struct backend_row *row, const uint8_t *data, size_t len)
{
	sqlite3_stmt *statement;

	if (row->shelf != 0)
		return backend_put(
			backend, (enum backend_shelf)row->shelf, row->name.data, row->name.len, data, len);
	statement = backend_use(backend, S_CHANGE_MESSAGE);
	bind_number(statement, 1, row->seq);
	bind_blob(statement, 2, data, len);
	return backend_run(backend, statement);
}

int backend_count_old(struct backend *backend, uint32_t below, uint64_t *ret_count, uint64_t *ret_all)
{
	static const enum statement rows[] = { S_COUNT_OLD_MESSAGES, S_COUNT_OLD_NAMED };
	sqlite3_stmt *statement = backend_use(backend, S_COUNT_OLD_KEYS);
	uint64_t count = 0, sum = 0;
	uint8_t until[EPOCH_BYTES];

	bind_number(statement, 1, below);
	if (backend_count_one(backend, statement, &sum) != 0)
		return -1;
	epoch_bytes(below, until);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		statement = backend_use(backend, rows[i]);
		bind_blob(statement, 1, until, sizeof until);
		if (backend_count_one(backend, statement, &count) != 0)
			return -1;
		sum += count;
	}
	if (backend_count_one(backend, backend_use(backend, S_COUNT_ALL), &count) != 0)
		return -1;
	*ret_all = count;
	*ret_count = sum;
	return 0;
}

int backend_destroy(struct backend *backend, uint64_t body)
{
	sqlite3_stmt *statement = backend_use(backend, S_COUNT_ON);

	bind_number(statement, 1, backend->next);
	if (backend_run(backend, statement) != 0)
		return -1;
	statement = backend_use(backend, S_DESTROY);
	bind_number(statement, 1, body);
	if (backend_run(backend, statement) != 0)
		return -1;
	if (sqlite3_changes(backend->database) != 1) {
		backend->error = BACKEND_MISSING;
		return -1;
	}
	statement = backend_use(backend, S_REMAINS);
	bind_number(statement, 1, body);
	return backend_run(backend, statement);
}

/* *ret_dropped counts on. */
static int drop_some(
	struct backend *backend, enum statement which, uint64_t body, unsigned most, unsigned *ret_dropped)
{
	sqlite3_stmt *statement = backend_use(backend, which);

	bind_number(statement, 1, backend_place(body, 0));
	bind_number(statement, 2, backend_place(body + 1, 0) - 1);
	bind_number(statement, 3, most - *ret_dropped);
	if (backend_run(backend, statement) != 0)
		return -1;
	*ret_dropped += (unsigned)sqlite3_changes(backend->database);
	return 0;
}

int backend_remains(struct backend *backend, bool *ret_some, uint64_t *ret_body)
{
	sqlite3_stmt *statement = backend_use(backend, S_FIND_REMAINS);
	int step = backend_step(backend, statement);

	if (step < 0)
		return -1;
	*ret_some = step == 1;
	if (step == 1)
		*ret_body = (uint64_t)sqlite3_column_int64(statement, 0);
	backend_done(statement);
	return 0;
}

int backend_drop_remains(struct backend *backend, unsigned most, bool *ret_done)
{
	unsigned dropped = 0;

	while (dropped < most) {
		sqlite3_stmt *statement;
		bool some;
		uint64_t body;

		if (backend_remains(backend, &some, &body) != 0)
			return -1;
		if (!some) {
			*ret_done = true;
			return 0;
		}
		if (drop_some(backend, S_DROP_SOME_CHUNKS, body, most, &dropped) != 0 ||
			drop_some(backend, S_DROP_EVENTS, body, most, &dropped) != 0)
			return -1;
		if (dropped == most)
			break;
		statement = backend_use(backend, S_DROP_REMAINS);
		bind_number(statement, 1, body);
		if (backend_run(backend, statement) != 0)
			return -1;
		dropped++;
	}
	*ret_done = false;
	return 0;
}

int backend_each_between(
	struct backend *backend, uint64_t first, uint64_t last, backend_each_report *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_BETWEEN);

	bind_number(statement, 1, first);
	bind_number(statement, 2, last);
	return backend_each_row(backend, statement, each, context);
}

uint64_t backend_next(const struct backend *backend)
{
	return backend->next;
}

static void bind_range(sqlite3_stmt *statement, uint64_t first, uint64_t last)
{
	bind_number(statement, 1, first);
	bind_number(statement, 2, last > INT64_MAX ? INT64_MAX : last);
}

int backend_each_astray(
	struct backend *backend, uint64_t first, uint64_t last, backend_each_report *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_ASTRAY);

	bind_range(statement, first, last);
	return backend_each_row(backend, statement, each, context);
}

int backend_each_astray_message(
	struct backend *backend, uint64_t first, uint64_t last, backend_each_old *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_ASTRAY_MESSAGES);

	bind_range(statement, first, last);
	return each_old(backend, statement, each, context);
}

int backend_reindex(struct backend *backend)
{
	int code = sqlite3_exec(backend->database, "REINDEX", NULL, NULL, NULL);

	if (code != SQLITE_OK) {
		backend->error = BACKEND_BROKEN;
		return -1;
	}
	return backend_count_on(backend);
}
