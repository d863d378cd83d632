/* Alerts climb in the store: who is woken at which minute, through restarts, floods, outages and full disks.
 */
#include "escalation_fixture.h"

/* --- the table, to the minute */

static const struct row immediate[] = { { 0, "o" }, { 5, "o" }, { 10, "o" }, { 15, "ot" }, { 20, "ot" },
	{ 25, "ot" }, { 30, "hot" }, { 35, "hot" }, { 40, "hot" }, { 45, "hot" }, { 50, "hot" },
	{ 55, "hot" }, { 60, "hmot" }, { 65, "hmot" }, { 70, "hmot" } };
static const struct row urgent[] = { { 0, "o" }, { 20, "o" }, { 40, "o" }, { 60, "ot" }, { 80, "ot" },
	{ 90, "h" }, { 100, "hot" }, { 120, "hmot" }, { 140, "hmot" } };
static const struct row priority[] = { { 0, "o" }, { 1440, "ot" }, { 2880, "hot" }, { 4320, "hmot" },
	{ 5760, "hmot" } };
static const struct row record[] = { { 22 * 60, "o" }, { 46 * 60, "o" }, { 70 * 60, "o" }, { 72 * 60, "t" },
	{ 94 * 60, "ot" }, { 118 * 60, "ot" }, { 142 * 60, "ot" }, { 166 * 60, "ot" }, { 168 * 60, "h" },
	{ 190 * 60, "hot" } };

static const struct table {
	enum urgency urgency;
	const struct row *rows;
	size_t count;
} tables[] = {
	{ URGENCY_IMMEDIATE, immediate, COUNT_OF(immediate) },
	{ URGENCY_WITHHELD, immediate, COUNT_OF(immediate) },
	{ URGENCY_URGENT, urgent, COUNT_OF(urgent) },
	{ URGENCY_PRIORITY, priority, COUNT_OF(priority) },
	{ URGENCY_RECORD, record, COUNT_OF(record) },
};

static void run_table(struct scene *scene, const struct table *table, bool restarts)
{
	struct sealed sealed;
	int64_t began = send(scene, table->urgency, &sealed);

	expect_rows(scene, began, table->rows, table->count, restarts);
	sealed_free(&sealed);
}

TABLE_TEST(immediate, 0)
TABLE_TEST(withheld, 1)
TABLE_TEST(urgent, 2)
TABLE_TEST(priority, 3)
TABLE_TEST(record, 4)

static void test_each_climb_is_in_the_audit_log_once(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);

	for (int64_t minute = 0; minute <= 120; minute += 5)
		scene_set_now(scene, began + minute * MINUTE);
	assert_int_equal(audited(scene, "\"kind\":\"climbed\""), 3);
	assert_int_equal(
		audited(scene, "\"details\":\"the fallback desk\",\"key\":null,\"kind\":\"climbed\""), 1);
	assert_int_equal(audited(scene, "\"kind\":\"unanswered\""), 1);
	assert_int_equal(audited(scene, "\"kind\":\"stalled\""), 0);
	sealed_free(&sealed);
}

/* --- floods */

static void test_a_flood_is_one_page_and_every_report_is_on_the_list(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[6];
	struct alert_list alerts;
	int64_t began = send(scene, URGENCY_URGENT, &sealed[0]);

	expect_woken("o");
	send(scene, URGENCY_URGENT, &sealed[1]);
	send(scene, URGENCY_PRIORITY, &sealed[2]);
	expect_woken("");
	/* The first immediate waits for nothing; those behind it do. */
	send(scene, URGENCY_IMMEDIATE, &sealed[3]);
	assert_int_equal(woken.urgency, URGENCY_IMMEDIATE);
	expect_woken("o");
	send(scene, URGENCY_IMMEDIATE, &sealed[4]);
	send(scene, URGENCY_WITHHELD, &sealed[5]);
	expect_woken("");
	parse(list(scene, "desks/intake/alerts", OLGA), &alerts);
	assert_int_equal(alerts.count, 6);
	alert_list_free(&alerts);
	scene_set_now(scene, began + 5 * MINUTE - JUST_BEFORE);
	restart(scene);
	expect_woken("");
	/* What waited, and three repeats: one page. */
	scene_set_now(scene, began + 5 * MINUTE);
	assert_int_equal(woken.urgency, URGENCY_IMMEDIATE);
	expect_woken("o");
	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		sealed_free(&sealed[i]);
}

/* What waits for its page is on the disk. */
static void test_a_page_that_waits_outlives_a_crash(void **state)
{
	struct scene *scene = *state;
	struct sealed first, second;
	int64_t began = send(scene, URGENCY_URGENT, &first);

	expect_woken("o");
	scene_set_now(scene, began + MINUTE);
	send(scene, URGENCY_URGENT, &second);
	expect_woken("");
	restart(scene);
	scene_set_now(scene, began + 5 * MINUTE - JUST_BEFORE);
	expect_woken("");
	scene_set_now(scene, began + 5 * MINUTE);
	expect_woken("o");
	restart(scene);
	scene_set_now(scene, began + 20 * MINUTE - JUST_BEFORE);
	expect_woken("");
	sealed_free(&first);
	sealed_free(&second);
}

/* A check-in ends at any second; steps go by the minute, or one would be due again and again until it is
 * over. */
static void test_a_missed_check_in_is_alerted_once_a_step(void **state)
{
	struct scene *scene = *state;
	int64_t release = time_cut(store_now(&scene->store), MINUTE) + HOUR + 30;
	struct sealed sealed;
	uint64_t groups;

	scene->urgency = URGENCY_IMMEDIATE;
	seal_report(scene, "intake", 1000, release, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	expect_woken("");
	scene->store.start_wall += release - store_now(&scene->store);
	releases_run(&scene->store);
	scene_run(scene);
	expect_woken("o");
	groups = scene->store.group_number;
	scene_set_now(scene, release + 5 * MINUTE);
	expect_woken("o");
	assert_in_range(scene->store.group_number - groups, 1, 3);
	sealed_free(&sealed);
}

static void test_an_outage_is_raised_at_once_in_one_page(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[5];
	struct alert_list alerts;
	int64_t began = 0;

	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		began = send(scene, URGENCY_IMMEDIATE, &sealed[i]);
	expect_woken("o");
	scene->ahead += 40 * MINUTE;
	restart(scene);
	expect_woken("hot");
	parse(list(scene, "desks/intake/alerts", OLGA), &alerts);
	assert_int_equal(alerts.count, COUNT_OF(sealed));
	for (size_t i = 0; i < alerts.count; i++)
		assert_int_equal(alerts.alerts[i].tier, 3);
	alert_list_free(&alerts);
	/* And goes on where it would have been. */
	scene_set_now(scene, began + 45 * MINUTE - JUST_BEFORE);
	expect_woken("");
	scene_set_now(scene, began + 45 * MINUTE + 1);
	expect_woken("hot");
	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		sealed_free(&sealed[i]);
}

/* --- failures */

/* A step that can't be kept is taken later; none is taken twice. */
static void test_a_full_disk_puts_a_step_off(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);

	expect_woken("o");
	woken.is_refused = true;
	scene_set_now(scene, began + 15 * MINUTE);
	expect_woken("");
	expect_stage(scene, ESCALATION_TIER_1, 1);
	assert_int_equal(audited(scene, "\"kind\":\"climbed\""), 0);
	woken.is_refused = false;
	scene_set_now(scene, began + 16 * MINUTE);
	expect_woken("ot");
	expect_stage(scene, ESCALATION_TIER_2, 2);
	assert_int_equal(audited(scene, "\"kind\":\"climbed\""), 1);
	scene_set_now(scene, began + 20 * MINUTE);
	scene_set_now(scene, began + 21 * MINUTE);
	expect_woken("ot");
	sealed_free(&sealed);
}

/* A desk of one tier, which isn't the first: she is woken from the start, and it goes on to nobody. */
static void only_hedda(struct roster *roster)
{
	add_officer(roster, "hedda", HEDDA, 4);
	assert_int_equal(roster_remove_officer(roster, "olga"), 0);
}

static int begin_with_hedda(void **state)
{
	shape = only_hedda;
	return begin(state);
}

static void test_an_empty_tier_is_stood_in_for(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);

	expect_woken("h");
	scene_set_now(scene, began + 5 * MINUTE);
	expect_woken("h");
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_DESK(test_immediate),
		IN_DESK(test_immediate_across_restarts),
		IN_DESK(test_withheld),
		IN_DESK(test_withheld_across_restarts),
		IN_DESK(test_urgent),
		IN_DESK(test_urgent_across_restarts),
		IN_DESK(test_priority),
		IN_DESK(test_priority_across_restarts),
		IN_DESK(test_record),
		IN_DESK(test_record_across_restarts),
		IN_DESK(test_each_climb_is_in_the_audit_log_once),
		IN_DESK(test_a_flood_is_one_page_and_every_report_is_on_the_list),
		IN_DESK(test_a_page_that_waits_outlives_a_crash),
		IN_DESK(test_a_missed_check_in_is_alerted_once_a_step),
		IN_DESK(test_an_outage_is_raised_at_once_in_one_page),
		IN_DESK(test_a_full_disk_puts_a_step_off),
		cmocka_unit_test_setup_teardown(
			test_an_empty_tier_is_stood_in_for, begin_with_hedda, scene_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
