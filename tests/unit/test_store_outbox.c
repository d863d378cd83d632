/* Wake-ups: each reaches notify once its group is durable, comes again until notify says that it was
 * delivered, through any end, and climbs where it is given up. */
#include "notify_end.h"

#include "audit.h"

static void test_a_report_wakes_its_desk(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;
	struct sealed sealed;

	choose(scene, "olga", "smtp:olga@example.org", 0);
	choose(scene, "maria", "smtp:maria@example.org", 0);
	attach(scene, &end);
	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	assert_string_equal(end.wakes[0].address, "olga@example.org");
	assert_string_equal(end.wakes[0].desk, "intake");
	assert_int_equal(end.wakes[0].urgency, URGENCY_URGENT);
	say(&end, end.wakes[0].number, WAKE_DELIVERED);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	/* The same report again is none. */
	assert_int_equal(scene_send(scene, &sealed)->status, 200);
	pass(scene, HOUR);
	assert_int_equal(end.count, 1);
	sealed_free(&sealed);
	detach(&end);
}

static void test_a_held_report_wakes_when_it_is_released(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;
	struct sealed sealed;

	choose(scene, "olga", "smtp:olga@example.org", 0);
	attach(scene, &end);
	seal_report(scene, "intake", 1000, store_now(&scene->store) + HOUR, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	scene_run(scene);
	assert_int_equal(end.count, 0);
	scene->store.start_wall += 2 * HOUR;
	releases_run(&scene->store);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	sealed_free(&sealed);
	detach(&end);
}

static void test_nobody_who_chose_nothing(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	attach(scene, &end);
	wake(scene, "olga", URGENCY_IMMEDIATE);
	wake(scene, "nobody", URGENCY_IMMEDIATE);
	assert_int_equal(end.count, 0);
	assert_false(outbox_reaches(&scene->store, "olga"));
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	detach(&end);
}

static void test_through_the_end_of_notify_and_store(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	choose(scene, "olga", "ntfy:https://push.example.org/secret", 0);
	wake(scene, "olga", URGENCY_URGENT);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake")); /* there is no notify yet */
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	detach(&end);
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 1); /* again, to the next one */
	detach(&end);
	scene_restart(scene);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	assert_int_equal(end.wakes[0].kind, WAKE_NTFY);
	assert_string_equal(end.wakes[0].address, "https://push.example.org/secret");
	say(&end, end.wakes[0].number, WAKE_DELIVERED);
	detach(&end);
	scene_restart(scene);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
}

static void test_once_for_the_same_and_again_for_what_came_meanwhile(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	choose(scene, "olga", "command", 0);
	wake(scene, "olga", URGENCY_URGENT);
	wake(scene, "olga", URGENCY_URGENT);
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	wake(scene, "olga", URGENCY_URGENT); /* it is on its way: who knows what she saw */
	assert_int_equal(end.count, 1);
	say(&end, end.wakes[0].number, WAKE_DELIVERED);
	pass(scene, 60);
	assert_int_equal(end.count, 2);
	say(&end, end.wakes[1].number, WAKE_DELIVERED);
	pass(scene, HOUR);
	assert_int_equal(end.count, 2);
	detach(&end);
}

static void test_tried_again_with_growing_pauses(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;
	int64_t last = 0, began;

	choose(scene, "olga", "command", 0);
	attach(scene, &end);
	wake(scene, "olga", URGENCY_URGENT);
	began = store_now(&scene->store);
	for (size_t tries = 1; tries <= 7; tries++) {
		const int64_t failed = store_now(&scene->store);

		assert_int_equal(end.count, tries);
		say(&end, end.wakes[tries - 1].number, WAKE_LATER);
		assert_int_equal(end.count, tries);
		while (end.count == tries)
			pass(scene, 5);
		last = store_now(&scene->store) - failed;
		assert_true(last <= 400);
	}
	assert_true(last >= 225); /* five minutes, less a quarter */
	assert_true(store_now(&scene->store) - began < HOUR);
	/* Whoever hangs is as whoever says so. */
	pass(scene, 181);
	assert_int_equal(end.count, 8);
	pass(scene, 400);
	assert_int_equal(end.count, 9);
	detach(&end);
}

struct seen_lost {
	size_t count;
	char officer[NAME_SIZE], desk[NAME_SIZE];
	enum urgency urgency;
	int fails;
};
static struct seen_lost seen_lost;

static int on_lost(struct store *store, const struct outbox_lost *lost)
{
	if (seen_lost.fails-- > 0)
		return -1;
	assert_true(backend_in_group(store->backend));
	seen_lost.count++;
	snprintf(seen_lost.officer, sizeof seen_lost.officer, "%s", lost->officer);
	snprintf(seen_lost.desk, sizeof seen_lost.desk, "%s", lost->desk);
	seen_lost.urgency = lost->urgency;
	return 0;
}

static void test_given_up_it_climbs(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	memset(&seen_lost, 0, sizeof seen_lost);
	outbox_on_lost(&scene->store, on_lost);
	choose(scene, "olga", "command", 0);
	attach(scene, &end);
	wake(scene, "olga", URGENCY_IMMEDIATE);
	for (size_t told = 0; seen_lost.count == 0 && told < WAKES; pass(scene, 30))
		for (; told < end.count; told++)
			say(&end, end.wakes[told].number, WAKE_LATER);
	assert_int_equal(seen_lost.count, 1);
	assert_string_equal(seen_lost.officer, "olga");
	assert_string_equal(seen_lost.desk, "intake");
	assert_int_equal(seen_lost.urgency, URGENCY_IMMEDIATE);
	assert_true(end.count >= 5);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	/* One that is refused climbs at once; the first time the disk is full. */
	seen_lost = (struct seen_lost){ .fails = 1 };
	wake(scene, "olga", URGENCY_RECORD);
	say(&end, end.wakes[end.count - 1].number, WAKE_REFUSED);
	assert_int_equal(seen_lost.count, 0);
	scene_run(scene);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	say(&end, end.wakes[end.count - 1].number, WAKE_REFUSED);
	assert_int_equal(seen_lost.count, 1);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	detach(&end);
}

static int find_lost(void *context, const struct audit_row *row)
{
	size_t *found = context;

	if (memmem(row->json, row->json_len, "wake-lost", 9) != NULL)
		++*found;
	return 0;
}

/* Without a handler the next tier is woken. Both stand in the audit log. */
static void test_without_a_handler_the_next_tier_is_woken(void **state)
{
	struct scene *scene = *state;
	struct roster *roster = scene->store.roster;
	struct notify_end end;
	size_t found = 0;

	assert_int_equal(fixture_officer(roster, "nora", "intake", 7), 0);
	roster->officers[roster->officer_count - 1].tier = 3;
	choose(scene, "olga", "command", 0);
	choose(scene, "nora", "smtp:nora@example.org", 0);
	attach(scene, &end);
	wake(scene, "olga", URGENCY_PRIORITY);
	say(&end, end.wakes[0].number, WAKE_REFUSED);
	assert_int_equal(end.count, 2);
	assert_string_equal(end.wakes[1].address, "nora@example.org");
	assert_int_equal(end.wakes[1].urgency, URGENCY_PRIORITY);
	/* There is nobody above her. */
	say(&end, end.wakes[1].number, WAKE_REFUSED);
	pass(scene, HOUR);
	assert_int_equal(end.count, 2);
	assert_int_equal(audit_each(&scene->store, 0, find_lost, &found), 0);
	assert_int_equal(found, 2);
	detach(&end);
}

static void test_a_number_that_was_never_given_ends_the_channel(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	choose(scene, "olga", "command", 0);
	attach(scene, &end);
	wake(scene, "olga", URGENCY_URGENT);
	say(&end, end.wakes[0].number + 1, WAKE_DELIVERED);
	assert_true(end.ended);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	detach(&end);
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	/* One that is over already is nothing. */
	say(&end, end.wakes[0].number - 1, WAKE_DELIVERED);
	assert_false(end.ended);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	detach(&end);
}

static void test_what_did_not_become_durable_wakes_nobody(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	choose(scene, "olga", "command", 0);
	attach(scene, &end);
	assert_int_equal(group_open(&scene->store), 0);
	assert_int_equal(outbox_wake(&scene->store, "olga", "intake", URGENCY_URGENT), 0);
	group_fail(&scene->store);
	scene_run(scene);
	pass(scene, HOUR);
	assert_int_equal(end.count, 0);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	assert_true(outbox_reaches(&scene->store, "olga"));
	detach(&end);
}

/* Off, or out of the roster: what still waits climbs. */
static void test_a_way_that_is_gone(void **state)
{
	struct scene *scene = *state;
	struct wake_way way;

	memset(&seen_lost, 0, sizeof seen_lost);
	outbox_on_lost(&scene->store, on_lost);
	choose(scene, "olga", "smtp:olga@example.org", 0);
	choose(scene, "gone", "smtp:gone@example.org", 0);
	assert_int_equal(wake_way_find(&scene->store, "olga", &way), 1);
	assert_string_equal(way.address, "olga@example.org");
	wake_ways_tidy(&scene->store);
	scene_run(scene);
	assert_false(outbox_reaches(&scene->store, "gone"));
	assert_int_equal(wake_way_find(&scene->store, "gone", &way), 0);
	wake(scene, "olga", URGENCY_URGENT);
	assert_int_equal(group_open(&scene->store), 0);
	assert_int_equal(wake_way_forget(&scene->store, "olga"), 0);
	struct notify_end end;
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 0);
	assert_int_equal(seen_lost.count, 1);
	detach(&end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_report_wakes_its_desk),
		IN_SCENE(test_a_held_report_wakes_when_it_is_released),
		IN_SCENE(test_nobody_who_chose_nothing),
		IN_SCENE(test_through_the_end_of_notify_and_store),
		IN_SCENE(test_once_for_the_same_and_again_for_what_came_meanwhile),
		IN_SCENE(test_tried_again_with_growing_pauses),
		IN_SCENE(test_given_up_it_climbs),
		IN_SCENE(test_without_a_handler_the_next_tier_is_woken),
		IN_SCENE(test_a_number_that_was_never_given_ends_the_channel),
		IN_SCENE(test_what_did_not_become_durable_wakes_nobody),
		IN_SCENE(test_a_way_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
