/* The end of a report: by hand, or because it was kept as long as its desk wants. Nothing opens it any more,
 * nothing of it is left, and everybody who asks is told so. */
#include "store_scene.h"

#include <event2/event.h>
#include <sqlite3.h>

#define DAY      86400
#define HOUR     3600
#define DEADLINE 10000 /* turns of the loop */
#define DISK_MAX (16 * 1024 * 1024)
#define KEY      "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static unsigned fetch(struct scene *scene, const struct sealed *sealed, enum person officer)
{
	return scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed->report, .signer = officer })
		->status;
}

/* Its row as it lies there, with the wrapped data key kept by the caller. */
static void row_of(struct scene *scene, const struct sealed *sealed, struct backend_report *ret_row,
	uint8_t ret_wrapped[WRAPPED_KEY_BYTES])
{
	struct report_facts *facts = NULL;

	assert_int_equal(report_find(&scene->store, sealed->id, &facts, ret_row), 1);
	memcpy(ret_wrapped, facts->wrapped_key, WRAPPED_KEY_BYTES);
	facts_free(facts);
}

static struct tombstone by_hand(struct scene *scene, const struct backend_report *row)
{
	return (struct tombstone){ .when = time_cut(store_now(&scene->store), HOUR),
		.why = WHY_ADMINS,
		.epoch = row->epoch,
		.desk = "intake",
		.by = "ada",
		.reason = "she asked for it" };
}

static void destroy(struct scene *scene, const struct sealed *sealed)
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

static bool has_chores(const struct store *store)
{
	return store->remains_left || store->log_to_empty || retention_is_looking(store);
}

static void do_chores(struct scene *scene)
{
	for (int turn = 0; has_chores(&scene->store) || backend_in_group(scene->store.backend); turn++) {
		assert_true(turn < DEADLINE);
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	}
}

static int64_t number_of(const char *sql)
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

static bool lies_on_disk(const void *bytes, size_t len)
{
	static const char *const names[] = { NAME, NAME "-wal" };
	bool found = false;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct buffer disk = buffer_of(DISK_MAX);
		FILE *file = fopen(names[i], "rb");
		static uint8_t some[64 * 1024];
		size_t got;

		assert_non_null(file);
		while ((got = fread(some, 1, sizeof some, file)) > 0)
			buffer_put(&disk, some, got);
		fclose(file);
		assert_int_equal(buffer_ok(&disk), 0);
		found = found || (disk.len > 0 && memmem(disk.data, disk.len, bytes, len) != NULL);
		buffer_free(&disk);
	}
	return found;
}

static void acknowledge(struct scene *scene, const struct sealed *sealed)
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

/* The data key goes at once, from database and log; what was sealed under it soon after. */
static void test_nothing_is_left_of_it(void **state)
{
	struct scene *scene = *state;
	struct sealed gone, kept;
	struct backend_report row;
	struct report_facts *facts = NULL;
	struct buffer header = buffer_of(AGE_HEADER_MAX), chunk = buffer_of(CHUNK_BYTES + SEAL_OVERHEAD);
	uint8_t wrapped[WRAPPED_KEY_BYTES];

	seal_report(scene, "intake", 300000, 0, &gone);
	seal_report(scene, "intake", 1000, 0, &kept);
	assert_int_equal(scene_send(scene, &gone)->status, 201);
	assert_int_equal(scene_send(scene, &kept)->status, 201);
	acknowledge(scene, &gone);
	row_of(scene, &gone, &row, wrapped);
	assert_int_equal(backend_header(scene->store.backend, row.body, &header), 0);
	assert_int_equal(backend_chunk(scene->store.backend, row.body, 2, &chunk), 0);
	for (int moved = 0; moved < 2; moved++) {
		assert_true(lies_on_disk(wrapped, sizeof wrapped)); /* the search finds it where it is */
		assert_true(lies_on_disk(header.data, 100));
		assert_true(lies_on_disk(chunk.data, 100));
		assert_int_equal(backend_checkpoint(scene->store.backend), 0);
	}
	destroy(scene, &gone);
	assert_int_equal(report_find(&scene->store, gone.id, &facts, &row), 0);
	assert_int_equal(number_of("SELECT count(*) FROM events"), 1);
	do_chores(scene);
	assert_int_equal(backend_checkpoint(scene->store.backend), 0);
	assert_false(lies_on_disk(wrapped, sizeof wrapped));
	assert_false(lies_on_disk(wrapped, 24));
	assert_false(lies_on_disk(header.data, 100));
	assert_false(lies_on_disk(chunk.data, 100));
	assert_int_equal(number_of("SELECT count(*) FROM events"), 0);
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 1);
	assert_int_equal(number_of("SELECT count(*) FROM remains"), 0);
	assert_int_equal(fetch(scene, &kept, OLGA), 200);
	buffer_free(&header);
	buffer_free(&chunk);
	sealed_free(&gone);
	sealed_free(&kept);
}

/* A crash right behind the commit: what remains is cleared away by the next start. */
static void test_a_crash_leaves_no_remains(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	destroy(scene, &sealed);
	scene_restart(scene);
	assert_true(number_of("SELECT count(*) FROM chunks") > 1);
	assert_true(scene->store.remains_left);
	do_chores(scene);
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 0);
	assert_int_equal(fetch(scene, &sealed, OLGA), 410);
	sealed_free(&sealed);
}

static void test_everybody_is_told(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, other;
	struct tombstone tombstone;
	const struct scene_answer *answer;

	seal_report(scene, "intake", 1000, 0, &sealed);
	seal_report(scene, "legal", 1000, 0, &other);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 0);
	destroy(scene, &sealed);
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.report, .signer = OLGA });
	assert_int_equal(answer->status, 410);
	assert_true(answer_says(answer, "destroyed"));
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.events, .signer = OLGA });
	assert_true(answer_says(answer, "destroyed"));
	assert_true(answer_says(scene_send(scene, &sealed), "destroyed"));
	answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_POST, .path = sealed.upload, .upload_key = KEY });
	assert_true(answer_says(answer, "destroyed"));
	/* One that never was is one that never was. */
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = other.report, .signer = OLGA });
	assert_true(answer_says(answer, "not-permitted"));
	assert_int_equal(scene_send(scene, &other)->status, 201);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_string_equal(tombstone.by, "ada");
	assert_string_equal(tombstone.reason, "she asked for it");
	assert_string_equal(tombstone.desk, "intake");
	assert_int_equal(tombstone.why, WHY_ADMINS);
	sealed_free(&sealed);
	sealed_free(&other);
}

/* Officers of another desk learn nothing from a tombstone. */
static void test_another_desk_is_told_nothing(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	const struct scene_answer *answer;

	seal_report(scene, "legal", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	{
		struct backend_report row;
		uint8_t wrapped[WRAPPED_KEY_BYTES];
		struct tombstone tombstone;

		row_of(scene, &sealed, &row, wrapped);
		tombstone = by_hand(scene, &row);
		snprintf(tombstone.desk, sizeof tombstone.desk, "legal");
		assert_int_equal(backend_begin(scene->store.backend), 0);
		assert_int_equal(report_destroy(&scene->store, &row, &tombstone), 0);
		assert_int_equal(backend_commit(scene->store.backend), 0);
	}
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.report, .signer = OLGA });
	assert_true(answer_says(answer, "not-permitted"));
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.report, .signer = MARIA });
	assert_true(answer_says(answer, "destroyed"));
	sealed_free(&sealed);
}

/* Officers count on it: what comes later has a higher number, also where the highest was destroyed. */
static void test_a_number_is_not_given_again(void **state)
{
	struct scene *scene = *state;
	struct sealed first, second;
	struct backend_report row;
	uint8_t wrapped[WRAPPED_KEY_BYTES];
	uint64_t seq;

	seal_report(scene, "intake", 1000, 0, &first);
	seal_report(scene, "intake", 1000, 0, &second);
	assert_int_equal(scene_send(scene, &first)->status, 201);
	row_of(scene, &first, &row, wrapped);
	seq = row.seq;
	destroy(scene, &first);
	scene_restart(scene);
	assert_int_equal(scene_send(scene, &second)->status, 201);
	row_of(scene, &second, &row, wrapped);
	assert_true(row.seq > seq);
	sealed_free(&first);
	sealed_free(&second);
}

static void test_it_is_final_once_the_epoch_is_gone(void **state)
{
	struct scene *scene = *state;
	struct keyring *keyring = scene->keyring;
	struct sealed sealed;
	struct tombstone tombstone;
	struct fault fault;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	destroy(scene, &sealed);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_false(tombstone_is_final(&scene->store, &tombstone));
	keyring->storage[1].epoch = 2;
	randombytes_buf(keyring->storage[1].key, STORAGE_KEY_BYTES);
	keyring->storage_count = 2;
	seal_free(scene->store.seal);
	assert_int_equal(seal_new(keyring, &scene->store.seal, &fault), 0);
	assert_int_equal(rewrap_begin(&scene->store), 0);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_false(tombstone_is_final(&scene->store, &tombstone));
	while (rewrap_is_running(&scene->store))
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	keyring->storage[0] = keyring->storage[1];
	keyring->storage_count = 1;
	seal_free(scene->store.seal);
	assert_int_equal(seal_new(keyring, &scene->store.seal, &fault), 0);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_true(tombstone_is_final(&scene->store, &tombstone));
	assert_int_equal(tombstone.epoch, 1);
	sealed_free(&sealed);
}

static void change(const char *sql)
{
	sqlite3 *database = NULL;

	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

/* A row that somebody puts back from a backup is destroyed again, at the next start. */
static void test_what_is_put_back_is_destroyed_again(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, kept;

	seal_report(scene, "intake", 1000, 0, &sealed);
	seal_report(scene, "intake", 1000, 0, &kept);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_int_equal(scene_send(scene, &kept)->status, 201);
	change("CREATE TABLE backup AS SELECT * FROM reports ORDER BY body LIMIT 1");
	change("CREATE TABLE backup_chunks AS SELECT * FROM chunks ORDER BY place LIMIT 1");
	destroy(scene, &sealed);
	do_chores(scene);
	change("INSERT INTO reports SELECT * FROM backup");
	change("INSERT INTO chunks SELECT * FROM backup_chunks");
	assert_int_equal(number_of("SELECT count(*) FROM reports"), 2);
	scene_restart(scene);
	assert_int_equal(number_of("SELECT count(*) FROM reports"), 1);
	do_chores(scene);
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 1);
	assert_int_equal(fetch(scene, &sealed, OLGA), 410);
	assert_int_equal(fetch(scene, &kept, OLGA), 200);
	sealed_free(&sealed);
	sealed_free(&kept);
}

/* Facts from a backup open, and are known by the events that they know nothing of; a header from a backup by
 * the facts. */
static void test_a_row_from_a_backup_is_noticed(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_facts *facts = NULL;
	struct backend_report row;
	uint8_t older[200] = { 1 };

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	change("CREATE TABLE backup AS SELECT * FROM reports");
	acknowledge(scene, &sealed);
	assert_int_equal(fetch(scene, &sealed, OLGA), 200);
	change("CREATE TABLE newest AS SELECT * FROM reports");
	change("UPDATE reports SET facts = (SELECT facts FROM backup)");
	assert_int_equal(fetch(scene, &sealed, OLGA), 503);
	change("UPDATE reports SET facts = (SELECT facts FROM newest)");
	assert_int_equal(fetch(scene, &sealed, OLGA), 200);
	/* As one that was replaced since would be: sealed under the same key for the same place. */
	assert_int_equal(report_find(&scene->store, sealed.id, &facts, &row), 1);
	assert_int_equal(backend_begin(scene->store.backend), 0);
	assert_int_equal(report_keep_header(&scene->store, facts, older, sizeof older), 0);
	assert_int_equal(backend_commit(scene->store.backend), 0);
	facts_free(facts);
	assert_int_equal(fetch(scene, &sealed, OLGA), 503);
	change("UPDATE reports SET header = (SELECT header FROM newest)");
	assert_int_equal(fetch(scene, &sealed, OLGA), 200);
	sealed_free(&sealed);
}

/* --- retention */

static void close_report(struct scene *scene, const struct sealed *sealed)
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

/* So much later the store looks at what it has. */
static void pass_days(struct scene *scene, int64_t days)
{
	scene->store.start_wall += days * DAY;
	retention_look(&scene->store);
	assert_true(retention_is_looking(&scene->store));
	do_chores(scene);
}

static bool is_expiring(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = "desks/intake/expiring", .signer = OLGA });

	assert_int_equal(answer->status, 200);
	return memmem(answer->body.data, answer->body.len, sealed->hex, strlen(sealed->hex)) != NULL;
}

static int64_t kept_days(const struct scene *scene)
{
	return roster_desk(scene->store.roster, "intake")->retention_days;
}

static void test_closed_reports_are_kept_so_long(void **state)
{
	struct scene *scene = *state;
	struct sealed closed, open;
	struct tombstone tombstone;
	const int64_t days = kept_days(scene);

	assert_true(days > 30);
	seal_report(scene, "intake", 1000, 0, &closed);
	seal_report(scene, "intake", 1000, 0, &open);
	assert_int_equal(scene_send(scene, &closed)->status, 201);
	assert_int_equal(scene_send(scene, &open)->status, 201);
	close_report(scene, &closed);
	pass_days(scene, days - 31);
	assert_false(is_expiring(scene, &closed));
	pass_days(scene, 2);
	assert_true(is_expiring(scene, &closed));
	assert_false(is_expiring(scene, &open));
	assert_int_equal(fetch(scene, &closed, OLGA), 200);
	pass_days(scene, 28);
	assert_int_equal(fetch(scene, &closed, OLGA), 200);
	pass_days(scene, 1);
	assert_int_equal(fetch(scene, &closed, OLGA), 410);
	assert_int_equal(fetch(scene, &open, OLGA), 200);
	assert_false(is_expiring(scene, &closed));
	assert_int_equal(tombstone_find(&scene->store, closed.id, &tombstone), 1);
	assert_int_equal(tombstone.why, WHY_RETENTION);
	assert_string_equal(tombstone.desk, "intake");
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 1);
	pass_days(scene, 2 * days);
	assert_int_equal(fetch(scene, &open, OLGA), 200);
	sealed_free(&closed);
	sealed_free(&open);
}

/* What came in between counts anew, and a report that was opened again is kept. */
static void test_what_comes_in_between_counts_anew(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_facts *facts = NULL;
	struct backend_report row;
	const int64_t days = kept_days(scene);

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	pass_days(scene, days + 10);
	acknowledge(scene, &sealed);
	assert_int_equal(report_find(&scene->store, sealed.id, &facts, &row), 1);
	assert_int_equal(facts->changed, time_cut(store_now(&scene->store), HOUR));
	facts_free(facts);
	close_report(scene, &sealed);
	pass_days(scene, days - 2);
	close_report(scene, &sealed); /* as a note does */
	pass_days(scene, days - 2);
	assert_int_equal(fetch(scene, &sealed, OLGA), 200);
	pass_days(scene, 3);
	assert_int_equal(fetch(scene, &sealed, OLGA), 410);
	sealed_free(&sealed);
}

/* Many at once, over several steps and restarts. */
static void test_many_expire_together(void **state)
{
	struct scene *scene = *state;
	enum { MANY = 70 };
	static struct sealed sealed[MANY];

	for (size_t i = 0; i < MANY; i++) {
		seal_report(scene, "intake", 1000, 0, &sealed[i]);
		assert_int_equal(scene_send(scene, &sealed[i])->status, 201);
		close_report(scene, &sealed[i]);
	}
	scene->next = 0; /* ids of requests are used again */
	for (size_t i = 0; i < SCENE_ANSWERS; i++)
		scene->answers[i].is_here = false;
	pass_days(scene, kept_days(scene) + 1);
	assert_int_equal(number_of("SELECT count(*) FROM reports"), 0);
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 0);
	scene_restart(scene);
	assert_int_equal(number_of("SELECT count(*) FROM shelf WHERE shelf = 4"), MANY);
	for (size_t i = 0; i < MANY; i++)
		sealed_free(&sealed[i]);
}

/* Where the commit fails, nothing is destroyed. */
static void test_a_failed_commit_destroys_nothing(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	close_report(scene, &sealed);
	scene->store.start_wall += (kept_days(scene) + 1) * DAY;
	scene_break_disk(scene, true);
	retention_look(&scene->store);
	while (retention_is_looking(&scene->store))
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	scene_run(scene);
	scene_break_disk(scene, false);
	assert_int_equal(fetch(scene, &sealed, OLGA), 200);
	scene->store.chores_paused_until = 0;
	pass_days(scene, 1);
	assert_int_equal(fetch(scene, &sealed, OLGA), 410);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_nothing_is_left_of_it),
		IN_SCENE(test_a_crash_leaves_no_remains),
		IN_SCENE(test_everybody_is_told),
		IN_SCENE(test_another_desk_is_told_nothing),
		IN_SCENE(test_a_number_is_not_given_again),
		IN_SCENE(test_it_is_final_once_the_epoch_is_gone),
		IN_SCENE(test_what_is_put_back_is_destroyed_again),
		IN_SCENE(test_a_row_from_a_backup_is_noticed),
		IN_SCENE(test_closed_reports_are_kept_so_long),
		IN_SCENE(test_what_comes_in_between_counts_anew),
		IN_SCENE(test_many_expire_together),
		IN_SCENE(test_a_failed_commit_destroys_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
