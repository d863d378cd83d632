/* Which reports are told of a further one, and what it looks like in their history. */
#include "cmocka_all.h"

#include "follow_up_note.h"

#include <stdlib.h>

#define FIRST  "1111111111111111111111111111111111111111111111111111111111111111"
#define SECOND "2222222222222222222222222222222222222222222222222222222222222222"
#define THIRD  "3333333333333333333333333333333333333333333333333333333333333333"

static json_t *memory_of_three(void)
{
	return json_pack("{s:s, s:[[I, s], [I, s]]}", "report", FIRST, "seen", (json_int_t)20, THIRD,
		(json_int_t)10, SECOND);
}

static void expect_before(const char *report, uint64_t counter, const char *expected)
{
	json_t *memory = memory_of_three(), *list = follow_up_before(memory, report, counter);
	char *text = json_dumps(list, JSON_COMPACT);

	assert_non_null(list);
	assert_string_equal(text, expected);
	free(text);
	json_decref(list);
	json_decref(memory);
}

static void those_before_it_and_never_itself(void **state)
{
	(void)state;
	expect_before(SECOND, 10, "[\"" FIRST "\"]");
	expect_before(THIRD, 20, "[\"" FIRST "\",\"" SECOND "\"]");
	/* Opened in another order than they were written in. */
	expect_before(SECOND, 15, "[\"" FIRST "\"]");
}

static void a_damaged_memory_names_nobody(void **state)
{
	json_t *memory = json_pack("{s:[i, [], [I], [I, i]]}", "seen", 1, (json_int_t)1, (json_int_t)2, 3);
	json_t *list = follow_up_before(memory, THIRD, 20), *none = follow_up_before(NULL, THIRD, 20);

	(void)state;
	assert_int_equal(json_array_size(list) + json_array_size(none), 0);
	assert_non_null(list);
	assert_non_null(none);
	json_decref(list);
	json_decref(none);
	json_decref(memory);
}

static void it_is_noted_where_a_note_names_it(void **state)
{
	json_t *note = json_pack("{s:s}", "follow_up", SECOND), *other = json_pack("{s:s}", "text", SECOND);

	(void)state;
	assert_true(follow_up_is_named(note, SECOND));
	assert_false(follow_up_is_named(note, THIRD));
	assert_false(follow_up_is_named(other, SECOND));
	assert_false(follow_up_is_named(NULL, SECOND));
	json_decref(note);
	json_decref(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_before_it_and_never_itself),
		cmocka_unit_test(a_damaged_memory_names_nobody),
		cmocka_unit_test(it_is_noted_where_a_note_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
