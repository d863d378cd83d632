/* Rows of the SQLite backend. */
#include "backend_sqlite.h"

#include <string.h>

#define CHUNK_NUMBER_BITS 20                               /* a million chunks or events of one report */
#define FIRST_RECORD      ((1U << CHUNK_NUMBER_BITS) - 16) /* above what the store takes of events */
#define NAME_MAX_BYTES    64                               /* as long as a name on a shelf is */

uint64_t backend_place(uint64_t body, uint32_t number)
{
	return body << CHUNK_NUMBER_BITS | number;
}

static void bind_report(sqlite3_stmt *statement, const struct backend_report *report)
{
	bind_number(statement, 1, report->body);
	if (report->seq != 0)
		bind_number(statement, 2, report->seq);
	bind_blob(statement, 3, report->id, sizeof report->id);
	if (report->is_open)
		bind_blob(statement, 4, report->open_desk, sizeof report->open_desk);
	bind_number(statement, 5, report->epoch);
	bind_blob(statement, 6, report->data_key.data, report->data_key.len);
	bind_blob(statement, 7, report->facts.data, report->facts.len);
	bind_blob(statement, 8, report->header.data, report->header.len);
}

static int add_row(struct backend *backend, struct backend_report *report, uint64_t seq)
{
	sqlite3_stmt *statement = backend_use(backend, S_ADD_REPORT);
	struct backend_report row = *report;

	row.body = backend->next;
	row.seq = seq;
	bind_report(statement, &row);
	if (backend_run(backend, statement) != 0)
		return -1;
	backend->next++;
	backend->bytes += report->facts.len + report->header.len;
	report->body = row.body;
	report->seq = seq;
	return 0;
}

int backend_add_report(struct backend *backend, struct backend_report *report)
{
	return add_row(backend, report, backend->next);
}

int backend_add_upload(struct backend *backend, struct backend_report *upload)
{
	return add_row(backend, upload, 0);
}

/* A statement with a report's fields that must hit exactly one row. */
static int change_one(struct backend *backend, enum statement which, const struct backend_report *report)
{
	sqlite3_stmt *statement = backend_use(backend, which);

	bind_report(statement, report);
	if (backend_run(backend, statement) != 0)
		return -1;
	if (sqlite3_changes(backend->database) != 1) {
		backend->error = BACKEND_MISSING;
		return -1;
	}
	return 0;
}

int backend_finish_upload(struct backend *backend, struct backend_report *upload)
{
	struct backend_report row = *upload;

	row.seq = backend->next;
	if (change_one(backend, S_FINISH, &row) != 0)
		return -1;
	upload->seq = backend->next++;
	return 0;
}

int backend_change(struct backend *backend, const struct backend_report *report)
{
	return change_one(backend, report->header.len == 0 ? S_CHANGE : S_CHANGE_HEADER, report);
}

int backend_relist(struct backend *backend, const struct backend_report *report)
{
	return change_one(backend, S_RELIST, report);
}

int backend_take_number(struct backend *backend, uint64_t *ret_number)
{
	sqlite3_stmt *statement = backend_use(backend, S_COUNT_ON);

	bind_number(statement, 1, backend->next + 1);
	if (backend_run(backend, statement) != 0)
		return -1;
	*ret_number = backend->next++;
	return 0;
}

int backend_drop_upload(struct backend *backend, uint64_t body)
{
	sqlite3_stmt *statement = backend_use(backend, S_DROP_CHUNKS);

	bind_number(statement, 1, backend_place(body, 0));
	bind_number(statement, 2, backend_place(body + 1, 0) - 1);
	if (backend_run(backend, statement) != 0)
		return -1;
	statement = backend_use(backend, S_DROP_REPORT);
	bind_number(statement, 1, body);
	return backend_run(backend, statement);
}

/* -1 for a row that this program can't have written. */
static int read_report(sqlite3_stmt *statement, struct backend_report *ret_report)
{
	struct backend_view id = column_view(statement, 2), desk = column_view(statement, 3);

	memset(ret_report, 0, sizeof *ret_report);
	ret_report->body = (uint64_t)sqlite3_column_int64(statement, 0);
	ret_report->seq = (uint64_t)sqlite3_column_int64(statement, 1);
	ret_report->epoch = (uint32_t)sqlite3_column_int64(statement, 4);
	ret_report->data_key = column_view(statement, 5);
	ret_report->facts = column_view(statement, 6);
	ret_report->is_open = desk.data != NULL;
	if (id.len != sizeof ret_report->id ||
		(ret_report->is_open && desk.len != sizeof ret_report->open_desk))
		return -1;
	memcpy(ret_report->id, id.data, id.len);
	if (ret_report->is_open)
		memcpy(ret_report->open_desk, desk.data, desk.len);
	return 0;
}

/* A statement left at its row would hold the log where it was: no checkpoint gets past a reader. So the views
 * point into a copy. */
static int keep_found(struct backend *backend, struct backend_report *report)
{
	struct buffer *found = &backend->found;

	buffer_clear(found);
	buffer_put(found, report->data_key.data, report->data_key.len);
	buffer_put(found, report->facts.data, report->facts.len);
	if (buffer_ok(found) != 0)
		return -1;
	report->data_key.data = found->data;
	report->facts.data = found->data + report->data_key.len;
	return 0;
}

/* The row of a query that finds one. */
static int find_row(struct backend *backend, sqlite3_stmt *statement, struct backend_report *ret_report)
{
	struct backend_report report;
	int step = backend_step(backend, statement);

	if (step == 0)
		backend->error = BACKEND_MISSING;
	else if (step == 1 && (read_report(statement, &report) != 0 || keep_found(backend, &report) != 0))
		backend->error = BACKEND_BROKEN;
	backend_done(statement);
	if (backend->error != BACKEND_FINE)
		return -1;
	*ret_report = report;
	return 0;
}

int backend_find(
	struct backend *backend, const uint8_t id[BLIND_INDEX_BYTES], struct backend_report *ret_report)
{
	sqlite3_stmt *statement = backend_use(backend, S_FIND);

	bind_blob(statement, 1, id, BLIND_INDEX_BYTES);
	return find_row(backend, statement, ret_report);
}

int backend_newest(struct backend *backend, struct backend_report *ret_report)
{
	return find_row(backend, backend_use(backend, S_NEWEST), ret_report);
}

/* The one blob of a query that finds one row. */
static int read_blob(struct backend *backend, sqlite3_stmt *statement, struct buffer *out)
{
	int step = backend_step(backend, statement);
	struct backend_view view;

	if (step == 1) {
		view = column_view(statement, 0);
		buffer_put(out, view.data, view.len);
		if (buffer_ok(out) != 0)
			backend->error = BACKEND_BROKEN;
	} else if (step == 0) {
		backend->error = BACKEND_MISSING;
	}
	backend_done(statement);
	return backend->error == BACKEND_FINE ? 0 : -1;
}

int backend_header(struct backend *backend, uint64_t body, struct buffer *out)
{
	sqlite3_stmt *statement = backend_use(backend, S_HEADER);

	bind_number(statement, 1, body);
	return read_blob(backend, statement, out);
}

int backend_each_row(
	struct backend *backend, sqlite3_stmt *statement, backend_each_report *each, void *context)
{
	struct backend_report report;
	int step;

	while ((step = backend_step(backend, statement)) == 1) {
		if (read_report(statement, &report) != 0) {
			backend->error = BACKEND_BROKEN;
			step = -1;
			break;
		}
		if (each(context, &report) != 0) {
			step = 0;
			break;
		}
	}
	backend_done(statement);
	return step;
}

int backend_each_open(struct backend *backend, const uint8_t desk[BLIND_INDEX_BYTES], uint64_t after,
	backend_each_report *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_OPEN);

	bind_blob(statement, 1, desk, BLIND_INDEX_BYTES);
	bind_number(statement, 2, after > INT64_MAX ? INT64_MAX : after);
	return backend_each_row(backend, statement, each, context);
}

int backend_each_upload(struct backend *backend, backend_each_report *each, void *context)
{
	return backend_each_row(backend, backend_use(backend, S_PENDING), each, context);
}

static int put_numbered(
	struct backend *backend, enum statement which, uint64_t place, const uint8_t *data, size_t len)
{
	sqlite3_stmt *statement = backend_use(backend, which);

	bind_number(statement, 1, place);
	bind_blob(statement, 2, data, len);
	backend->bytes += len;
	return backend_run(backend, statement);
}

static int get_numbered(struct backend *backend, enum statement which, uint64_t place, struct buffer *out)
{
	sqlite3_stmt *statement = backend_use(backend, which);

	bind_number(statement, 1, place);
	return read_blob(backend, statement, out);
}

int backend_add_chunk(
	struct backend *backend, uint64_t body, uint32_t number, const uint8_t *data, size_t len)
{
	return put_numbered(backend, S_ADD_CHUNK, backend_place(body, number), data, len);
}

int backend_change_chunk(
	struct backend *backend, uint64_t body, uint32_t number, const uint8_t *data, size_t len)
{
	return put_numbered(backend, S_CHANGE_CHUNK, backend_place(body, number), data, len);
}

int backend_chunk(struct backend *backend, uint64_t body, uint32_t number, struct buffer *out)
{
	return get_numbered(backend, S_CHUNK, backend_place(body, number), out);
}

int backend_add_event(
	struct backend *backend, uint64_t body, uint32_t number, const uint8_t *data, size_t len)
{
	return put_numbered(backend, S_ADD_EVENT, backend_place(body, number), data, len);
}

int backend_event(struct backend *backend, uint64_t body, uint32_t number, struct buffer *out)
{
	return get_numbered(backend, S_EVENT, backend_place(body, number), out);
}

int backend_put_record(
	struct backend *backend, uint64_t body, uint32_t which, const uint8_t *data, size_t len)
{
	return put_numbered(backend, S_PUT_RECORD, backend_place(body, FIRST_RECORD + which), data, len);
}

int backend_record(struct backend *backend, uint64_t body, uint32_t which, struct buffer *out)
{
	return get_numbered(backend, S_EVENT, backend_place(body, FIRST_RECORD + which), out);
}

int backend_drop_record(struct backend *backend, uint64_t body, uint32_t which)
{
	sqlite3_stmt *statement = backend_use(backend, S_DROP_RECORD);

	bind_number(statement, 1, backend_place(body, FIRST_RECORD + which));
	return backend_run(backend, statement);
}

int backend_add_message(struct backend *backend, const uint8_t box[BLIND_INDEX_BYTES], const uint8_t *data,
	size_t len, uint64_t *ret_seq)
{
	sqlite3_stmt *statement = backend_use(backend, S_ADD_MESSAGE);

	bind_blob(statement, 1, box, BLIND_INDEX_BYTES);
	bind_blob(statement, 2, data, len);
	if (backend_run(backend, statement) != 0)
		return -1;
	*ret_seq = (uint64_t)sqlite3_last_insert_rowid(backend->database);
	return 0;
}

int backend_each_in_box(struct backend *backend, const uint8_t box[BLIND_INDEX_BYTES],
	backend_each_message *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_BOX);
	int step;

	bind_blob(statement, 1, box, BLIND_INDEX_BYTES);
	while ((step = backend_step(backend, statement)) == 1) {
		struct backend_view data = column_view(statement, 1);

		if (each(context, (uint64_t)sqlite3_column_int64(statement, 0), data.data, data.len) != 0) {
			step = 0;
			break;
		}
	}
	backend_done(statement);
	return step;
}

int backend_empty_box(struct backend *backend, const uint8_t box[BLIND_INDEX_BYTES])
{
	sqlite3_stmt *statement = backend_use(backend, S_EMPTY_BOX);

	bind_blob(statement, 1, box, BLIND_INDEX_BYTES);
	return backend_run(backend, statement);
}

static sqlite3_stmt *use_named(struct backend *backend, enum statement which, enum backend_shelf shelf,
	const uint8_t *name, size_t name_len)
{
	sqlite3_stmt *statement = backend_use(backend, which);

	bind_number(statement, 1, (uint64_t)shelf);
	bind_blob(statement, 2, name, name_len);
	return statement;
}

int backend_put(struct backend *backend, enum backend_shelf shelf, const uint8_t *name, size_t name_len,
	const uint8_t *data, size_t len)
{
	sqlite3_stmt *statement = use_named(backend, S_PUT, shelf, name, name_len);

	bind_blob(statement, 3, data, len);
	return backend_run(backend, statement);
}

int backend_get(struct backend *backend, enum backend_shelf shelf, const uint8_t *name, size_t name_len,
	struct buffer *out)
{
	return read_blob(backend, use_named(backend, S_GET, shelf, name, name_len), out);
}

int backend_remove(struct backend *backend, enum backend_shelf shelf, const uint8_t *name, size_t name_len)
{
	return backend_run(backend, use_named(backend, S_REMOVE, shelf, name, name_len));
}

int backend_remove_some(struct backend *backend, enum backend_shelf shelf, const uint8_t *start,
	size_t start_len, uint32_t limit, uint32_t *ret_removed)
{
	sqlite3_stmt *statement = use_named(backend, S_REMOVE_SOME, shelf, start, start_len);
	uint8_t last[NAME_MAX_BYTES];

	if (start_len > sizeof last)
		return -1;
	memset(last, UINT8_MAX, sizeof last);
	memcpy(last, start, start_len);
	bind_blob(statement, 3, last, sizeof last);
	bind_number(statement, 4, limit);
	if (backend_run(backend, statement) != 0)
		return -1;
	*ret_removed = (uint32_t)sqlite3_changes(backend->database);
	return 0;
}

/* Steps through names and data until each returns other than 0. */
static int each_named(
	struct backend *backend, sqlite3_stmt *statement, backend_each_named *each, void *context)
{
	int step;

	while ((step = backend_step(backend, statement)) == 1) {
		struct backend_view name = column_view(statement, 0), data = column_view(statement, 1);

		if (each(context, name.data, name.len, data.data, data.len) != 0) {
			step = 0;
			break;
		}
	}
	backend_done(statement);
	return step;
}

int backend_each(struct backend *backend, enum backend_shelf shelf, backend_each_named *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_SHELF);

	bind_number(statement, 1, (uint64_t)shelf);
	return each_named(backend, statement, each, context);
}

int backend_each_after(struct backend *backend, enum backend_shelf shelf, const struct backend_view *after,
	backend_each_named *each, void *context)
{
	sqlite3_stmt *statement = backend_use(backend, S_SHELF_AFTER);

	bind_number(statement, 1, (uint64_t)shelf);
	bind_blob(statement, 2, after->data, after->len);
	return each_named(backend, statement, each, context);
}

int backend_count_one(struct backend *backend, sqlite3_stmt *statement, uint64_t *ret_count)
{
	if (backend_step(backend, statement) != 1)
		return -1;
	*ret_count = (uint64_t)sqlite3_column_int64(statement, 0);
	backend_done(statement);
	return 0;
}

int backend_count(struct backend *backend, uint64_t *ret_reports, uint64_t *ret_open)
{
	if (backend_count_one(backend, backend_use(backend, S_COUNT), ret_reports) != 0)
		return -1;
	return backend_count_one(backend, backend_use(backend, S_COUNT_OPEN), ret_open);
}
