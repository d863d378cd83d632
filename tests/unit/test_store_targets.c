/* What is promised once somebody has acknowledged: a first contact and the triage, each alerted at its minute
 * where it is missed, through restarts, clock jumps and whatever else is done with the case meanwhile. */
#include "escalation_fixture.h"

/* Acknowledged two minutes after it came; who was woken until then is forgotten. */
static void open_dossier(struct scene *scene, enum urgency urgency, struct dossier *dossier)
{
	int64_t began;

	*dossier = (struct dossier){ .scene = scene };
	began = send(scene, urgency, &dossier->sealed);
	dossier->acknowledged = began + 2 * MINUTE;
	scene_set_now(scene, dossier->acknowledged);
	post(dossier, EVENT_ACK);
	woken.count = 0;
	woken.who[0] = '\0';
}

static void go_to(struct dossier *dossier, int64_t minute)
{
	scene_set_now(dossier->scene, dossier->acknowledged + minute * MINUTE);
}

/* Nothing is done after the acknowledgement: first contact, triage, and between them that nothing is done. */
static const struct row immediate[] = { { 45, "ot" }, { 60, "o" }, { 90, "hot" }, { 105, "hot" },
	{ 120, "ot" }, { 135, "hot" } };
static const struct row urgent[] = { { 6 * 60, "ot" }, { 8 * 60, "o" }, { 12 * 60, "hot" }, { 16 * 60, "ot" },
	{ 18 * 60, "hot" }, { 22 * 60, "hot" }, { 24 * 60, "hot" } };
static const struct row priority[] = { { 2 * 1440, "ot" }, { 4 * 1440, "hot" }, { 6 * 1440, "hot" },
	{ 7 * 1440, "o" }, { 8 * 1440, "hot" } };
static const struct row record[] = { { 11 * 1440, "ot" }, { 22 * 1440, "hot" }, { 33 * 1440, "hot" } };

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
	struct dossier dossier;

	open_dossier(scene, table->urgency, &dossier);
	expect_rows(dossier.scene, dossier.acknowledged, table->rows, table->count, restarts);
	sealed_free(&dossier.sealed);
}

TABLE_TEST(immediate, 0)
TABLE_TEST(withheld, 1)
TABLE_TEST(urgent, 2)
TABLE_TEST(priority, 3)
TABLE_TEST(record, 4)

/* The one that is met falls away, and the other one keeps its minute. */
static void test_what_is_done_is_asked_for_no_more(void **state)
{
	/* Ten minutes after the acknowledgement, from which it counts that nothing is done. */
	static const struct row contacted[] = { { 70, "o" }, { 105, "ot" }, { 130, "ot" }, { 190, "hot" },
		{ 210, "hot" } };
	static const struct row triaged[] = { { 45, "ot" }, { 70, "o" }, { 90, "hot" } };
	struct dossier dossier;

	open_dossier(*state, URGENCY_IMMEDIATE, &dossier);
	go_to(&dossier, 10);
	post(&dossier, EVENT_CONTACT);
	expect_rows(dossier.scene, dossier.acknowledged, contacted, COUNT_OF(contacted), true);
	post(&dossier, EVENT_CLOSE);
	go_to(&dossier, 3000);
	expect_woken("");
	sealed_free(&dossier.sealed);
	open_dossier(*state, URGENCY_IMMEDIATE, &dossier);
	go_to(&dossier, 10);
	post(&dossier, EVENT_TRIAGE);
	expect_rows(dossier.scene, dossier.acknowledged, triaged, COUNT_OF(triaged), true);
	/* Both met, and at work: nobody is alerted. */
	post(&dossier, EVENT_CONTACT);
	post(&dossier, EVENT_ACTIVATE);
	go_to(&dossier, 3000);
	expect_woken("");
	sealed_free(&dossier.sealed);
}

/* Whoever writes note after note puts nothing off; nor does a case that goes on without a word to her. */
static void test_later_events_move_nothing(void **state)
{
	struct dossier dossier;

	open_dossier(*state, URGENCY_IMMEDIATE, &dossier);
	for (int64_t minute = 5; minute < 45; minute += 13) {
		go_to(&dossier, minute);
		post(&dossier, EVENT_NOTE);
	}
	post(&dossier, EVENT_TRIAGE);
	post(&dossier, EVENT_ACTIVATE);
	scene_set_now(*state, dossier.acknowledged + 45 * MINUTE - JUST_BEFORE);
	expect_woken("");
	go_to(&dossier, 45);
	expect_woken("ot");
	expect_stage(*state, ESCALATION_OVERDUE, 2);
	go_to(&dossier, 60);
	post(&dossier, EVENT_ASSIGN);
	go_to(&dossier, 90);
	expect_woken("hot");
	expect_stage(*state, ESCALATION_OVERDUE, 3);
	post(&dossier, EVENT_CONTACT);
	expect_stage(*state, ESCALATION_NONE, 0);
	assert_int_equal(audited(*state, "\"kind\":\"overdue\""), 2);
	assert_int_equal(audited(*state, "\"kind\":\"stalled\""), 0);
	sealed_free(&dossier.sealed);
}

/* An event that comes after an outage, before anybody was alerted, takes no miss away. */
static void test_an_outage_is_one_alert_whatever_comes_first(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;

	open_dossier(scene, URGENCY_URGENT, &dossier);
	scene->ahead += 13 * HOUR;
	scene_restart(scene);
	scene->store.escalation->wake = listen;
	post(&dossier, EVENT_NOTE);
	escalation_run(&scene->store);
	scene_run(scene);
	expect_woken("hot");
	expect_stage(scene, ESCALATION_OVERDUE, 3);
	restart(scene);
	expect_woken("");
	go_to(&dossier, 18 * 60);
	expect_woken("hot");
	sealed_free(&dossier.sealed);
}

/* Nobody is alerted that she wasn't reached who was reached before somebody acknowledged. */
static void test_a_contact_before_the_acknowledgement_counts(void **state)
{
	static const struct row rows[] = { { 60, "o" }, { 105, "ot" } };
	struct dossier dossier = { .scene = *state };
	int64_t began = send(*state, URGENCY_IMMEDIATE, &dossier.sealed);

	post(&dossier, EVENT_CONTACT);
	expect_stage(*state, ESCALATION_TIER_1, 1);
	dossier.acknowledged = began + 7 * MINUTE;
	scene_set_now(*state, dossier.acknowledged);
	post(&dossier, EVENT_ACK);
	expect_woken("oo");
	expect_rows(dossier.scene, dossier.acknowledged, rows, COUNT_OF(rows), false);
	sealed_free(&dossier.sealed);
}

/* Whoever gets a case from another desk, or takes it up again, has her own time. */
static void test_a_new_hand_has_her_own_time(void **state)
{
	static const struct row again[] = { { 45, "ot" }, { 60, "o" }, { 90, "hot" } };
	struct dossier dossier;

	open_dossier(*state, URGENCY_IMMEDIATE, &dossier);
	go_to(&dossier, 46);
	expect_woken("ot");
	post(&dossier, EVENT_CLOSE);
	go_to(&dossier, 500);
	expect_woken("");
	post(&dossier, EVENT_REOPEN);
	dossier.acknowledged += 500 * MINUTE;
	expect_stage(*state, ESCALATION_NONE, 0);
	expect_rows(dossier.scene, dossier.acknowledged, again, COUNT_OF(again), true);
	sealed_free(&dossier.sealed);
}

/* The desk's own number, three times the default. */
static void slow(struct roster *roster)
{
	whole_desk(roster);
	roster->desks[0].ack_minutes[URGENCY_IMMEDIATE] = 45;
}

static int begin_slow(void **state)
{
	shape = slow;
	return begin(state);
}

static void test_targets_follow_the_desks_numbers(void **state)
{
	static const struct row rows[] = { { 135, "ot" }, { 180, "o" }, { 270, "hot" }, { 315, "hot" } };
	struct dossier dossier;

	open_dossier(*state, URGENCY_IMMEDIATE, &dossier);
	expect_rows(dossier.scene, dossier.acknowledged, rows, COUNT_OF(rows), false);
	sealed_free(&dossier.sealed);
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
		IN_DESK(test_what_is_done_is_asked_for_no_more),
		IN_DESK(test_later_events_move_nothing),
		IN_DESK(test_an_outage_is_one_alert_whatever_comes_first),
		IN_DESK(test_a_contact_before_the_acknowledgement_counts),
		IN_DESK(test_a_new_hand_has_her_own_time),
		cmocka_unit_test_setup_teardown(test_targets_follow_the_desks_numbers, begin_slow, scene_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
