/* The calendar of what is published. */
#include "cmocka_all.h"

#include "period.h"

#include "proto/time.h"

#include <stdio.h>
#include <string.h>

static int64_t at(const char *day)
{
	char text[TIME_SIZE + 8];
	int64_t seconds = -1;

	(void)snprintf(text, sizeof text, "%sT00:00:00Z", day);
	assert_int_equal(time_parse(text, strlen(text), &seconds), 0);
	return seconds;
}

static void is(struct period period, const char *first, const char *last)
{
	char its_first[DATE_SIZE], its_last[DATE_SIZE];

	period_dates(period, its_first, its_last);
	assert_string_equal(its_first, first);
	assert_string_equal(its_last, last);
}

static void periods_are_whole_quarters(void **state)
{
	(void)state;
	is(period_of_quarters(at("2020-02-10"), at("2020-05-11")), "2020-01-01", "2020-06-30");
	is(period_of_quarters(at("2026-12-31"), at("2026-12-31")), "2026-10-01", "2026-12-31");
	is(period_of_last_year(at("2026-12-01")), "2025-10-01", "2026-12-31");
	is(period_of_last_year(at("2027-01-01")), "2026-01-01", "2027-03-31");
}

static void a_period_is_final_two_weeks_after_its_end(void **state)
{
	struct period spring = period_of_quarters(at("2026-04-01"), at("2026-06-30"));

	(void)state;
	assert_false(period_is_final(spring, at("2026-07-15") - 1));
	assert_true(period_is_final(spring, at("2026-07-15")));
}

static void reprisals_are_counted_by_their_own_years(void **state)
{
	struct period winter = period_of_quarters(at("2026-01-01"), at("2026-03-31"));
	struct period spring = period_of_quarters(at("2026-04-01"), at("2026-06-30"));
	int64_t later = at("2027-01-01");

	(void)state;
	is(period_of_reprisals(winter, later), "2024-05-01", "2025-04-30");
	is(period_of_reprisals(spring, later), "2025-05-01", "2026-04-30");
	is(period_of_reprisals(spring, at("2026-04-30")), "2025-05-01", "2026-04-30");
	is(period_of_reprisals(spring, at("2026-05-01")), "2026-05-01", "2027-04-30");
}

static void periods_overlap_or_not(void **state)
{
	struct period winter = period_of_quarters(at("2026-01-01"), at("2026-03-31"));
	struct period spring = period_of_quarters(at("2026-04-01"), at("2026-06-30"));
	struct period half = period_of_quarters(at("2026-01-01"), at("2026-06-30"));

	(void)state;
	assert_false(periods_overlap(winter, spring));
	assert_true(periods_overlap(winter, half) && periods_overlap(half, spring));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_are_whole_quarters),
		cmocka_unit_test(a_period_is_final_two_weeks_after_its_end),
		cmocka_unit_test(reprisals_are_counted_by_their_own_years),
		cmocka_unit_test(periods_overlap_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
