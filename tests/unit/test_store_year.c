/* A desk over a week; with arguments, REPORTS DAYS SEED, over as long as is wanted (docs/architecture.md,
 * "Tests"). */
#include "desk_year.h"

#include <stdio.h>

static struct desk_year options = { .reports = 150, .days = 7, .seed = 20261124 };

static int begin(void **state)
{
	scene_shape_roster = desk_year_roster;
	return scene_begin(state);
}

static void test_no_alert_is_left_and_no_page_is_lost_or_doubled(void **state)
{
	struct desk_year_result result;

	desk_year_run(*state, &options, &result);
	print_message("%u reports: %u climbed, %u to the fallback desk, %u were forgotten, %u late; %u "
		      "wake-ups; %u "
		      "crashes, %u outages, %u times no room\n",
		result.acknowledged, result.climbed, result.fell_back, result.stalled, result.late,
		result.wakes, result.crashes, result.outages, result.refusals);
	print_message("%u wake-ups asked for, %u delivered, %u of them again, %u given up; %u cuts\n",
		result.network.asked, result.network.delivered, result.network.again, result.network.lost,
		result.network.cuts);
	/* A run in which nothing goes wrong shows nothing. */
	assert_true(result.climbed > 0 && result.fell_back > 0 && result.crashes > 0 && result.outages > 0 &&
		    result.refusals > 0 && result.late > 0 && result.network.again > 0 &&
		    result.network.lost > 0 && result.network.cuts > 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_no_alert_is_left_and_no_page_is_lost_or_doubled, begin, scene_end),
	};

	if (argc == 4) {
		options.reports = (unsigned)strtoul(argv[1], NULL, 10);
		options.days = (unsigned)strtoul(argv[2], NULL, 10);
		options.seed = strtoull(argv[3], NULL, 10);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
