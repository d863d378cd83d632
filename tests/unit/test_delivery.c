/* Wake-ups by the operator's command: it is one for everybody, so one run wakes all who wait, and whoever
 * asks while it runs, or hangs, waits for the next run and no longer. */
#include "cmocka_all.h"

#include "delivery.h"

#include "keys/clock.h"

#include <event2/event.h>
#include <string.h>

#define WAKES_MAX 8

static struct scene {
	struct event_base *base;
	struct notify_settings settings;
	struct deliveries *deliveries;
	unsigned runs;
	bool is_refused;
	enum wake_outcome told[WAKES_MAX];
	unsigned count;
} scene;

static void told(void *context, uint64_t number, enum wake_outcome outcome)
{
	(void)context;
	assert_true(number < WAKES_MAX);
	scene.told[number] = outcome;
	scene.count++;
}

static int ask_to_run(void *context)
{
	(void)context;
	scene.runs++;
	return scene.is_refused ? -1 : 0;
}

static int begin(void **state)
{
	struct fault fault;

	(void)state;
	memset(&scene, 0, sizeof scene);
	scene.settings.text = (char[]){ "Look." };
	scene.settings.seconds = 2;
	scene.base = event_base_new();
	if (scene.base == NULL || clock_open(&fault) != 0)
		return -1;
	scene.deliveries = deliveries_new(scene.base, &scene.settings, told, ask_to_run, NULL);
	return scene.deliveries == NULL ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	deliveries_free(scene.deliveries);
	event_base_free(scene.base);
	return 0;
}

static void ask(uint64_t number)
{
	const struct message_wake wake = {
		.number = number, .kind = WAKE_COMMAND, .address = "", .desk = "", .urgency = URGENCY_URGENT
	};

	deliveries_begin(scene.deliveries, &wake);
}

/* Until the pause between two runs is over. */
static void let_pause_pass(unsigned runs)
{
	const int64_t until = clock_boot_ms() + 5000;

	while (scene.runs < runs && clock_boot_ms() < until)
		assert_true(event_base_loop(scene.base, EVLOOP_ONCE) >= 0);
	assert_int_equal(scene.runs, runs);
}

static void test_who_asks_meanwhile_gets_the_next_run(void **state)
{
	(void)state;
	assert_int_equal(deliveries_ran(scene.deliveries, true), -1);
	ask(1);
	ask(2);
	ask(3);
	assert_int_equal(scene.runs, 1);
	assert_int_equal(scene.count, 0);
	/* It hung, and was ended. */
	assert_int_equal(deliveries_ran(scene.deliveries, false), 0);
	assert_int_equal(scene.count, 1);
	assert_int_equal(scene.told[1], WAKE_LATER);
	let_pause_pass(2);
	ask(4);
	assert_int_equal(deliveries_ran(scene.deliveries, true), 0);
	assert_int_equal(scene.count, 3);
	assert_int_equal(scene.told[2], WAKE_DELIVERED);
	assert_int_equal(scene.told[3], WAKE_DELIVERED);
	let_pause_pass(3);
	assert_int_equal(deliveries_ran(scene.deliveries, true), 0);
	assert_int_equal(scene.told[4], WAKE_DELIVERED);
	assert_int_equal(deliveries_ran(scene.deliveries, true), -1);
}

static void test_where_nothing_can_be_run_all_come_later(void **state)
{
	(void)state;
	scene.is_refused = true;
	ask(1);
	assert_int_equal(scene.told[1], WAKE_LATER);
	scene.is_refused = false;
	ask(2);
	assert_int_equal(scene.runs, 2);
	/* The store that asked is gone: nobody is told. */
	deliveries_forget(scene.deliveries);
	assert_int_equal(deliveries_ran(scene.deliveries, true), 0);
	assert_int_equal(scene.count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_who_asks_meanwhile_gets_the_next_run, begin, end),
		cmocka_unit_test_setup_teardown(test_where_nothing_can_be_run_all_come_later, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
