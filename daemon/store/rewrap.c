/* A rotated storage key: what is sealed under older epochs is sealed again under the newest, a few rows at a
 * time. What is left to do stands in the rows themselves, so that it goes on after any end. */
#include "epochs.h"
#include "store_state.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_AT_ONCE      256
#define ROWS_AT_ONCE      64
#define ROW_BYTES_AT_ONCE (64 * 1024) /* of messages and rosters, which are larger than keys */
#define ROWS_MAX          (ROW_BYTES_AT_ONCE + 2 * 1024 * 1024) /* the last one may be a roster */

enum pass { PASS_KEYS, PASS_MESSAGES, PASS_NAMED, PASS_CHECK, PASS_DONE };

/* The column that the rows of a shelf are sealed for; their identity is their name. */
static const enum column columns[] = {
	[SHELF_ROSTERS] = COLUMN_ROSTER,
	[SHELF_NONCES] = COLUMN_NONCE,
	[SHELF_OWN] = COLUMN_OWN,
	[SHELF_TOMBSTONES] = COLUMN_TOMBSTONE,
	[SHELF_INVITATIONS] = COLUMN_INVITATION,
	[SHELF_SPENT] = COLUMN_SPENT,
	[SHELF_AUDIT] = COLUMN_AUDIT,
	[SHELF_OUTBOX] = COLUMN_OUTBOX,
	[SHELF_WAKE_WAYS] = COLUMN_WAKE_WAY,
	[SHELF_OFFERS] = COLUMN_OFFER,
	[SHELF_PAGES] = COLUMN_PAGES,
	[SHELF_ROTAS] = COLUMN_ROTA,
};

struct wrapped {
	uint64_t body;
	uint32_t epoch;
	uint8_t id[BLIND_INDEX_BYTES];
	uint8_t key[WRAPPED_KEY_BYTES];
	size_t key_len;
};

struct rewrap {
	enum pass pass;
	uint64_t total, left, failed;
	uint64_t group; /* the last one that holds a part of the work */
	/* Behind which the next batch begins; its views point into last_row. */
	struct backend_report last_key;
	struct backend_row last;
	struct buffer last_row;
	/* The batch. */
	size_t count, wanted;
	struct wrapped keys[KEYS_AT_ONCE];
	struct backend_row rows[ROWS_AT_ONCE];
	struct buffer bytes;
};

static void begin_pass(struct rewrap *rewrap, enum pass pass)
{
	rewrap->pass = pass;
	memset(&rewrap->last_key, 0, sizeof rewrap->last_key);
	memset(&rewrap->last, 0, sizeof rewrap->last);
}

int rewrap_begin(struct store *store)
{
	struct rewrap *rewrap = store->rewrap;

	rewrap->failed = 0;
	begin_pass(rewrap, PASS_DONE);
	if (backend_count_old(
		    store->backend, seal_newest_epoch(store->seal), &rewrap->left, &rewrap->total) != 0)
		return -1;
	if (seal_oldest_epoch(store->seal) != seal_newest_epoch(store->seal)) {
		begin_pass(rewrap, PASS_KEYS);
		chores_wake(store);
	}
	return 0;
}

int rewrap_load(struct store *store)
{
	store->rewrap = calloc(1, sizeof *store->rewrap);
	if (store->rewrap == NULL)
		return -1;
	store->rewrap->last_row = buffer_of(ROWS_MAX);
	store->rewrap->bytes = buffer_of(ROWS_MAX);
	return rewrap_begin(store);
}

void rewrap_free(struct store *store)
{
	if (store->rewrap == NULL)
		return;
	buffer_free(&store->rewrap->last_row);
	buffer_free(&store->rewrap->bytes);
	free(store->rewrap);
	store->rewrap = NULL;
}

bool rewrap_is_running(const struct store *store)
{
	return store->rewrap->pass != PASS_DONE;
}

bool rewrap_wants_rows(const struct store *store)
{
	return store->rewrap->pass < PASS_CHECK;
}

void rewrap_progress(const struct store *store, struct rewrap_progress *ret_progress)
{
	const struct rewrap *rewrap = store->rewrap;

	*ret_progress = (struct rewrap_progress){ .epoch = seal_newest_epoch(store->seal),
		.total = rewrap->total,
		.done = rewrap->total > rewrap->left ? rewrap->total - rewrap->left : 0,
		.failed = rewrap->failed };
}

/* --- data keys */

static int collect_key(void *context, const struct backend_report *row)
{
	struct rewrap *rewrap = context;
	struct wrapped *wrapped = &rewrap->keys[rewrap->count++];

	wrapped->body = row->body;
	wrapped->epoch = row->epoch;
	memcpy(wrapped->id, row->id, sizeof wrapped->id);
	wrapped->key_len = row->data_key.len;
	if (row->data_key.len == sizeof wrapped->key)
		memcpy(wrapped->key, row->data_key.data, sizeof wrapped->key);
	return rewrap->count == rewrap->wanted;
}

/* One that doesn't open stays as it is, and keeps its epoch. */
static int renew_key(struct store *store, const struct wrapped *wrapped)
{
	struct rewrap *rewrap = store->rewrap;
	uint8_t renewed[WRAPPED_KEY_BYTES];

	if (seal_key_renew(
		    store->seal, wrapped->id, wrapped->epoch, wrapped->key, wrapped->key_len, renewed) != 0) {
		rewrap->failed++;
		return 0;
	}
	rewrap->left--;
	return backend_change_key(
		store->backend, wrapped->body, seal_newest_epoch(store->seal), renewed, sizeof renewed);
}

static int renew_keys(struct store *store)
{
	struct rewrap *rewrap = store->rewrap;

	if (backend_each_old_key(store->backend, seal_newest_epoch(store->seal), &rewrap->last_key,
		    collect_key, rewrap) != 0)
		return -1;
	for (size_t i = 0; i < rewrap->count; i++) {
		if (renew_key(store, &rewrap->keys[i]) != 0)
			return -1;
		rewrap->last_key.body = rewrap->keys[i].body;
		rewrap->last_key.epoch = rewrap->keys[i].epoch;
	}
	return 0;
}

/* --- messages, and what lies on shelves */

static int collect_row(void *context, const struct backend_row *row)
{
	struct rewrap *rewrap = context;

	rewrap->rows[rewrap->count++] = *row;
	buffer_put(&rewrap->bytes, row->name.data, row->name.len);
	buffer_put(&rewrap->bytes, row->data.data, row->data.len);
	return rewrap->count == rewrap->wanted || rewrap->count == ROWS_AT_ONCE ||
	       rewrap->bytes.len >= ROW_BYTES_AT_ONCE;
}

/* The bytes have moved while they were collected. */
static void point_rows(struct rewrap *rewrap)
{
	const uint8_t *at = rewrap->bytes.data;

	for (size_t i = 0; i < rewrap->count; i++) {
		struct backend_row *row = &rewrap->rows[i];

		row->name.data = at;
		at += row->name.len;
		row->data.data = at;
		at += row->data.len;
	}
}

static int place_of(const struct backend_row *row, struct place *ret_place)
{
	*ret_place = (struct place){
		.column = COLUMN_MESSAGE, .identity = row->name.data, .identity_len = row->name.len
	};
	if (row->shelf == 0)
		return 0;
	if (row->shelf >= COUNT_OF(columns) || columns[row->shelf] == 0)
		return -1;
	ret_place->column = columns[row->shelf];
	return 0;
}

static int renew_row(struct store *store, const struct backend_row *row)
{
	struct rewrap *rewrap = store->rewrap;
	struct buffer renewed = buffer_of(row->data.len);
	struct place place;
	int rc = 0;

	if (place_of(row, &place) != 0 ||
		seal_row_renew(store->seal, &place, row->data.data, row->data.len, &renewed) != 0) {
		rewrap->failed++;
	} else {
		rewrap->left--;
		rc = backend_change_row(store->backend, row, renewed.data, renewed.len);
	}
	buffer_free(&renewed);
	return rc;
}

static void remember(struct rewrap *rewrap, const struct backend_row *row)
{
	buffer_clear(&rewrap->last_row);
	buffer_put(&rewrap->last_row, row->name.data, row->name.len);
	buffer_put(&rewrap->last_row, row->data.data, row->data.len);
	rewrap->last = *row;
	rewrap->last.name.data = rewrap->last_row.data;
	rewrap->last.data.data = rewrap->last_row.data + row->name.len;
}

static int renew_rows(struct store *store)
{
	struct rewrap *rewrap = store->rewrap;
	uint32_t epoch = seal_newest_epoch(store->seal);
	int rc;

	buffer_clear(&rewrap->bytes);
	rc = rewrap->pass == PASS_MESSAGES
		     ? backend_each_old_message(store->backend, epoch, &rewrap->last, collect_row, rewrap)
		     : backend_each_old_named(store->backend, epoch, &rewrap->last, collect_row, rewrap);
	if (rc != 0 || buffer_ok(&rewrap->bytes) != 0)
		return -1;
	point_rows(rewrap);
	for (size_t i = 0; i < rewrap->count; i++) {
		if (renew_row(store, &rewrap->rows[i]) != 0)
			return -1;
	}
	if (rewrap->count > 0)
		remember(rewrap, &rewrap->rows[rewrap->count - 1]);
	return buffer_ok(&rewrap->last_row);
}

int rewrap_step(struct store *store, unsigned rows)
{
	struct rewrap *rewrap = store->rewrap;
	int rc;

	rewrap->count = 0;
	rewrap->wanted = rows < KEYS_AT_ONCE ? rows : KEYS_AT_ONCE;
	rewrap->group = store->group_number;
	rc = rewrap->pass == PASS_KEYS ? renew_keys(store) : renew_rows(store);
	if (rc == 0 && rewrap->count == 0)
		begin_pass(rewrap, rewrap->pass + 1);
	return rc;
}

void rewrap_rolled_back(struct store *store)
{
	if (store->rewrap->group == store->group_number && rewrap_begin(store) != 0)
		log_plain(LOG_WARNING, "rewrap_not_counted");
}

/* Once everything is durable: a row that came in under an old epoch, or didn't open, keeps all of them. */
static void check(struct store *store)
{
	struct rewrap *rewrap = store->rewrap;

	begin_pass(rewrap, PASS_DONE);
	/* They are counted through an index: a row that it has lost would lose its key. */
	(void)indexes_check(store, 0, UINT64_MAX);
	if (backend_count_old(
		    store->backend, seal_newest_epoch(store->seal), &rewrap->left, &rewrap->total) != 0)
		log_plain(LOG_WARNING, "rewrap_not_counted");
	else if (rewrap->left > 0)
		log_event(LOG_ERROR, "old_epochs_kept", "rows=%" PRIu64, rewrap->left);
	else
		epochs_drop(store);
}

void rewrap_look(struct store *store)
{
	struct rewrap *rewrap = store->rewrap;

	if (rewrap->pass == PASS_DONE && rewrap->left == 0)
		epochs_drop(store);
}

void rewrap_maybe_end(struct store *store)
{
	if (store->rewrap->pass == PASS_CHECK && !backend_in_group(store->backend))
		check(store);
}
