/* The live list: what stands above what, and how old. */
#include "cmocka_all.h"

#include "board.h"

#include <string.h>

static struct alert alert_of(enum urgency urgency, int64_t accepted, int64_t due)
{
	return (struct alert){ .urgency = urgency,
		.accepted = accepted,
		.has_due = due != 0,
		.due = due,
		.seq = (uint64_t)accepted };
}

static void the_most_urgent_and_the_nearest_stand_first(void **state)
{
	/* In the order in which they belong. */
	const struct alert order[] = {
		alert_of(URGENCY_WITHHELD, 50, 60),
		alert_of(URGENCY_IMMEDIATE, 10, 100),
		alert_of(URGENCY_IMMEDIATE, 5, 0),
		alert_of(URGENCY_URGENT, 1, 20),
		alert_of(URGENCY_PRIORITY, 2, 3),
		alert_of(URGENCY_PRIORITY, 3, 0),
		alert_of(URGENCY_PRIORITY, 4, 0),
		alert_of(URGENCY_RECORD, 1, 2),
	};

	(void)state;
	for (size_t one = 0; one < COUNT_OF(order); one++)
		for (size_t other = 0; other < COUNT_OF(order); other++)
			assert_int_equal(
				board_order(&order[one], &order[other]), one < other ? -1 : one > other);
}

static void ages_are_told_in_two_units_at_most(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = { { -5, "0 min" }, { 59, "0 min" }, { 3599, "59 min" }, { 3600, "1 h 00 min" },
		{ 172799, "47 h 59 min" }, { 172800, "2 d" } };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		char text[BOARD_AGE_SIZE];

		board_age(cases[at].seconds, text);
		assert_string_equal(text, cases[at].text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_urgent_and_the_nearest_stand_first),
		cmocka_unit_test(ages_are_told_in_two_units_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
