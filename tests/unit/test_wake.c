/* What wakes an officer carries fixed facts only, and a lost line is tried again in growing steps. */
#include "cmocka_all.h"

#include "wake.h"
#include "watch_line.h"

#include <string.h>

static size_t count_of(char *const *environment, const char *entry)
{
	size_t count = 0;

	for (size_t at = 0; environment[at] != NULL; at++)
		count += strcmp(environment[at], entry) == 0;
	return count;
}

static void test_a_command_gets_three_facts_and_the_callers_environment(void **state)
{
	char path[] = "PATH=/bin", stale[] = "CLARION_DESK=other", secret[] = "CLARION_ANYTHING=x";
	char *const before[] = { path, stale, secret, NULL };
	const struct alert alert = {
		.seq = 17, .desk = "urgent", .urgency = URGENCY_WITHHELD, .report = "00ff"
	};
	char **made = wake_environment(before, &alert);
	size_t count = 0;

	(void)state;
	assert_non_null(made);
	while (made[count] != NULL)
		count++;
	assert_int_equal(count, 4);
	assert_int_equal(count_of(made, "PATH=/bin"), 1);
	assert_int_equal(count_of(made, "CLARION_SEQ=17"), 1);
	assert_int_equal(count_of(made, "CLARION_DESK=urgent"), 1);
	assert_int_equal(count_of(made, "CLARION_URGENCY=withheld"), 1);
	wake_environment_free(made);
	wake_environment_free(NULL);
}

static void test_pauses_grow_to_a_limit_and_differ(void **state)
{
	int64_t pause = 0;
	bool differ = false;

	(void)state;
	for (int round = 0; round < 40; round++) {
		int64_t next = watch_line_pause(pause);

		assert_in_range(next, RETRY_FIRST_MS * 3 / 4, RETRY_LAST_MS);
		if (round >= 12)
			assert_in_range(next, RETRY_LAST_MS * 3 / 4, RETRY_LAST_MS);
		differ = differ || next != watch_line_pause(pause);
		pause = next;
	}
	assert_true(differ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_gets_three_facts_and_the_callers_environment),
		cmocka_unit_test(test_pauses_grow_to_a_limit_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
