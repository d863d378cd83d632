/* The frame of the people's programs: which verb, which options, which refusals. */
#include "cmocka_all.h"

#include "client/program.h"

#include <stdio.h>
#include <string.h>

static int run_nothing(const struct invocation *invocation, struct failure *failure)
{
	(void)invocation;
	(void)failure;
	return 0;
}

static const struct program_option send_options[] = {
	{ "desk", "DESK", "the desk", false },
	{ "attach", "FILE", "evidence", true },
	{ "fast", NULL, "at once", false },
};

static const struct verb verbs[] = {
	{ "send", "[REPORT]", "sends", run_nothing, send_options, COUNT_OF(send_options), 0, 1, false },
	{ "join", "INVITATION", "joins", run_nothing, NULL, 0, 1, 1, true },
	{ "desk add", "DESK", "adds", run_nothing, NULL, 0, 1, 1, false },
	{ "desk list", "", "lists", run_nothing, NULL, 0, 0, 0, false },
};
static const struct program program = { "clarion", "For tests.", verbs, COUNT_OF(verbs) };

#define ARGUMENTS_MAX 12

struct parsed {
	const struct verb *verb;
	struct invocation invocation;
	struct failure failure;
	int rc;
};

/* Words are separated by one space; the program is started as /usr/bin/weather. */
static struct parsed parse(const char *line)
{
	static char text[256];
	char *argv[ARGUMENTS_MAX + 1] = { NULL };
	static char name[] = "/usr/bin/weather";
	struct parsed parsed = { 0 };
	int argc = 0;

	argv[argc++] = name;
	(void)snprintf(text, sizeof text, "%s", line);
	for (char *at = text; at != NULL && *at != '\0' && argc < ARGUMENTS_MAX; argc++) {
		argv[argc] = at;
		at = strchr(at, ' ');
		if (at != NULL)
			*at++ = '\0';
	}
	parsed.rc = program_parse(&program, argc, argv, &parsed.verb, &parsed.invocation, &parsed.failure);
	return parsed;
}

static void refuses(const char *line)
{
	struct parsed parsed = parse(line);

	assert_int_equal(parsed.rc, -1);
	assert_int_equal(parsed.failure.exit_code, EX_USAGE);
	assert_null(parsed.verb);
	assert_non_null(strstr(parsed.failure.fault.text, ": "));
	invocation_free(&parsed.invocation);
}

static void test_options_stand_anywhere(void **state)
{
	struct parsed parsed = parse("send --attach a --json one --desk=main --attach b --fast");
	const struct arguments *arguments = parsed.invocation.arguments;

	(void)state;
	assert_int_equal(parsed.rc, 0);
	assert_ptr_equal(parsed.verb, &verbs[0]);
	assert_string_equal(parsed.invocation.program, "weather");
	assert_true(parsed.invocation.json);
	assert_null(parsed.invocation.home);
	assert_string_equal(arguments_option(arguments, "desk"), "main");
	assert_int_equal(arguments_times(arguments, "attach"), 2);
	assert_string_equal(arguments_option_at(arguments, "attach", 1), "b");
	assert_null(arguments_option_at(arguments, "attach", 2));
	assert_true(arguments_flag(arguments, "fast"));
	assert_int_equal(arguments_operands(arguments), 1);
	assert_string_equal(arguments_operand(arguments, 0), "one");
	assert_null(arguments_operand(arguments, 1));
	invocation_free(&parsed.invocation);
}

static void test_common_options(void **state)
{
	struct parsed parsed = parse("join --home h --passphrase-file p -");

	(void)state;
	assert_int_equal(parsed.rc, 0);
	assert_string_equal(parsed.invocation.home, "h");
	assert_string_equal(parsed.invocation.passphrase_file, "p");
	assert_string_equal(arguments_operand(parsed.invocation.arguments, 0), "-");
	invocation_free(&parsed.invocation);
}

static void test_verbs_of_two_words(void **state)
{
	struct parsed parsed = parse("desk add legal");

	(void)state;
	assert_ptr_equal(parsed.verb, &verbs[2]);
	invocation_free(&parsed.invocation);
	parsed = parse("desk list");
	assert_ptr_equal(parsed.verb, &verbs[3]);
	invocation_free(&parsed.invocation);
}

static void test_dashes_end_the_options(void **state)
{
	struct parsed parsed = parse("send -- --fast");

	(void)state;
	assert_int_equal(parsed.rc, 0);
	assert_false(arguments_flag(parsed.invocation.arguments, "fast"));
	assert_string_equal(arguments_operand(parsed.invocation.arguments, 0), "--fast");
	invocation_free(&parsed.invocation);
}

static void test_refusals(void **state)
{
	static const char *const lines[] = { "", "fly", "desk", "desk fly", "--json send", "send --unknown",
		"send --des main", "send --desk", "send --desk a --desk b", "send --json --json",
		"send --fast=1", "send -j", "send one two", "join", "send --no-passphrase",
		"join x --no-passphrase --passphrase-file p" };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(lines); at++)
		refuses(lines[at]);
}

static void test_refusals_do_not_repeat_values(void **state)
{
	struct parsed parsed = parse("send secret secret");

	(void)state;
	assert_int_equal(parsed.rc, -1);
	assert_null(strstr(parsed.failure.fault.text, "secret"));
	invocation_free(&parsed.invocation);
}

static void test_too_many_times(void **state)
{
	char *argv[200];
	static char name[] = "clarion", verb[] = "send", option[] = "--attach=x";
	struct parsed parsed = { 0 };

	(void)state;
	argv[0] = name;
	argv[1] = verb;
	for (int at = 2; at < 200; at++)
		argv[at] = option;
	assert_int_equal(
		program_parse(&program, 200, argv, &parsed.verb, &parsed.invocation, &parsed.failure), -1);
	assert_int_equal(parsed.failure.exit_code, EX_USAGE);
	invocation_free(&parsed.invocation);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_anywhere),
		cmocka_unit_test(test_common_options),
		cmocka_unit_test(test_verbs_of_two_words),
		cmocka_unit_test(test_dashes_end_the_options),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusals_do_not_repeat_values),
		cmocka_unit_test(test_too_many_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
