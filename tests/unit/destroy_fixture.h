/* What the tests of a report's end share. */
#ifndef TESTS_DESTROY_FIXTURE_H
#define TESTS_DESTROY_FIXTURE_H

#include "store_scene.h"

#include <event2/event.h>
#include <sqlite3.h>

#define DAY      86400
#define HOUR     3600
#define DEADLINE 10000 /* turns of the loop */

static inline unsigned fetch(struct scene *scene, const struct sealed *sealed, enum person officer)
{
	return scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed->report, .signer = officer })
		->status;
}

/* Its row as it lies there, with the wrapped data key kept by the caller. */
static inline void row_of(struct scene *scene, const struct sealed *sealed, struct backend_report *ret_row,
	uint8_t ret_wrapped[WRAPPED_KEY_BYTES])
{
	struct report_facts *facts = NULL;

	assert_int_equal(report_find(&scene->store, sealed->id, &facts, ret_row), 1);
	memcpy(ret_wrapped, facts->wrapped_key, WRAPPED_KEY_BYTES);
	facts_free(facts);
}

static inline struct tombstone by_hand(struct scene *scene, const struct backend_report *row)
{
	return (struct tombstone){ .when = time_cut(store_now(&scene->store), HOUR),
		.why = WHY_ADMINS,
		.epoch = row->epoch,
		.desk = "intake",
		.by = "ada",
		.reason = "she asked for it" };
}

static inline void destroy(struct scene *scene, const struct sealed *sealed)
{
	struct backend_report row;
	uint8_t wrapped[WRAPPED_KEY_BYTES];
	struct tombstone tombstone;

	row_of(scene, sealed, &row, wrapped);
	tombstone = by_hand(scene, &row);
	assert_int_equal(backend_begin(scene->store.backend), 0);
	assert_int_equal(report_destroy(&scene->store, &row, &tombstone), 0);
	assert_int_equal(backend_commit(scene->store.backend), 0);
}

static inline bool has_chores(const struct store *store)
{
	return store->remains_left || store->log_to_empty || retention_is_looking(store);
}

static inline void do_chores(struct scene *scene)
{
	for (int turn = 0; has_chores(&scene->store) || backend_in_group(scene->store.backend); turn++) {
		assert_true(turn < DEADLINE);
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	}
}

static inline int64_t number_of(const char *sql)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t number;

	assert_int_equal(sqlite3_open_v2(NAME, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return number;
}

static inline void change(const char *sql)
{
	sqlite3 *database = NULL;

	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

static inline void acknowledge(struct scene *scene, const struct sealed *sealed)
{
	struct buffer ack = buffer_of(EVENT_MAX);

	write_ack(scene, sealed, OLGA, 1, &ack);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = sealed->events,
						  .body = ack.data,
						  .len = ack.len,
						  .signer = OLGA })
				 ->status,
		201);
	buffer_free(&ack);
}

static inline void close_report(struct scene *scene, const struct sealed *sealed)
{
	struct report_facts *facts = NULL;
	struct backend_report row;

	assert_int_equal(report_find(&scene->store, sealed->id, &facts, &row), 1);
	facts->state = STATE_CLOSED;
	facts->changed = time_cut(store_now(&scene->store), HOUR);
	assert_int_equal(backend_begin(scene->store.backend), 0);
	assert_int_equal(report_save(&scene->store, facts), 0);
	assert_int_equal(backend_commit(scene->store.backend), 0);
	facts_free(facts);
}

#endif
