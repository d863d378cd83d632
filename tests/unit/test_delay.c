/* What --delay takes, and when a moment has come. */
#include "cmocka_all.h"

#include "delay.h"

#include <sodium.h>
#include <stdio.h>

#define NOW INT64_C(1790000000)

static int run_nothing(const struct invocation *invocation, struct failure *failure)
{
	(void)invocation;
	(void)failure;
	return 0;
}

static const struct program_option options[] = { { "delay", "TIME", "", false }, { "out", "FILE", "", false },
	{ "memory", "INVITATION", "", false } };
static const struct verb verbs[] = { { "report", "", "", run_nothing, options, COUNT_OF(options), 0, 0,
	false } };
static const struct program program = { "clarion", "", verbs, 1 };

/* -1, or the seconds. */
static int64_t delay_with(const char *value, const char *more)
{
	char words[5][32] = { "clarion", "report", "--delay", "", "" };
	char *argv[] = { words[0], words[1], words[2], words[3], words[4], NULL };
	struct invocation invocation = { .program = NULL };
	struct failure failure;
	const struct verb *verb;
	int64_t seconds = 0;
	int rc, argc = more == NULL ? 4 : 5;

	(void)snprintf(words[3], sizeof words[3], "%s", value);
	(void)snprintf(words[4], sizeof words[4], "%s", more == NULL ? "" : more);
	assert_int_equal(program_parse(&program, argc, argv, &verb, &invocation, &failure), 0);
	rc = delay_of(invocation.arguments, &seconds, &failure);
	if (rc != 0)
		assert_int_equal(failure.exit_code, EX_USAGE);
	invocation_free(&invocation);
	return rc == 0 ? seconds : -1;
}

static void test_times(void **state)
{
	static const char *const wrong[] = { "0m", "6", "h", "6s", "-1h", "1.5h", "8d", "999999999999999999m",
		"6 h", "" };

	(void)state;
	assert_int_equal(delay_with("1m", NULL), 60);
	assert_int_equal(delay_with("90m", NULL), 5400);
	assert_int_equal(delay_with("6h", NULL), 21600);
	assert_int_equal(delay_with("7d", NULL), DELAY_MAX_S);
	for (size_t at = 0; at < COUNT_OF(wrong); at++)
		assert_int_equal(delay_with(wrong[at], NULL), -1);
	assert_int_equal(delay_with("6h", "--out=x"), -1);
	assert_int_equal(delay_with("6h", "--memory=x"), -1);
}

static void test_moments(void **state)
{
	int64_t first = delay_moment(NOW, DELAY_MAX_S);
	bool differ = false;

	(void)state;
	for (int run = 0; run < 1000; run++) {
		int64_t moment = delay_moment(NOW, 3600);

		assert_true(moment > NOW && moment <= NOW + 3600);
		differ |= delay_moment(NOW, DELAY_MAX_S) != first;
	}
	assert_true(differ);
	assert_false(delay_is_over(NOW + 1, NOW));
	assert_true(delay_is_over(NOW, NOW) && delay_is_over(0, NOW));
	/* The clock was set back by a year. */
	assert_true(delay_is_over(NOW, NOW - INT64_C(31536000)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_moments),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
