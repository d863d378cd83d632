/* Reports that end by themselves, because they were kept as long as their desk wants; and what somebody puts
 * back from a backup. */
#include "destroy_fixture.h"

#include "audit.h"

#include "proto/wrapping.h"

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

/* Rosters are renewed each month, and headers with them: what each begins anew would never end. */
static void test_a_new_header_is_no_content(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_facts *facts = NULL;
	struct backend_report row;
	struct wrapping *wrapping = wrapping_new();
	const uint8_t header[200] = { 1 };

	assert_non_null(wrapping);
	wrapping->roster = 1;
	assert_int_equal(wrapping_set_header(wrapping, header, sizeof header), 0);
	assert_int_equal(wrapping_set_first(wrapping, header, sizeof header), 0);
	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	close_report(scene, &sealed);
	pass_days(scene, kept_days(scene) - 1);
	assert_int_equal(report_find(&scene->store, sealed.id, &facts, &row), 1);
	assert_int_equal(backend_begin(scene->store.backend), 0);
	assert_int_equal(wrapping_keep(&scene->store, facts, wrapping), 0);
	assert_int_equal(backend_commit(scene->store.backend), 0);
	facts_free(facts);
	wrapping_free(wrapping);
	assert_int_equal(fetch(scene, &sealed, OLGA), 200);
	pass_days(scene, 1);
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

/* A row that somebody puts back from a backup is destroyed again, at the next start. */
static void test_what_is_put_back_is_destroyed_again(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, kept;
	struct audit_head head;

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
	audit_position(&scene->store, &head);
	assert_int_equal(head.number, audit_durable(&scene->store)); /* and it is said */
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_closed_reports_are_kept_so_long),
		IN_SCENE(test_what_comes_in_between_counts_anew),
		IN_SCENE(test_a_new_header_is_no_content),
		IN_SCENE(test_many_expire_together),
		IN_SCENE(test_a_failed_commit_destroys_nothing),
		IN_SCENE(test_what_is_put_back_is_destroyed_again),
		IN_SCENE(test_a_row_from_a_backup_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
