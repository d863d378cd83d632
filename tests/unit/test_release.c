/* What was given out once is given out again as it was, and in no other cut. */
#include "cmocka_all.h"

#include "release.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define QUARTER INT64_C(7776000)
#define REPORTS 40

struct folder {
	struct home *home;
	struct items items;
};

static int open_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof *folder);
	struct failure failure;

	assert_non_null(folder);
	assert_int_equal(home_open_temporary(&folder->home, &failure), 0);
	folder->items = items_in_folder(folder->home);
	*state = folder;
	return 0;
}

static int close_folder(void **state)
{
	struct folder *folder = *state;

	home_close(folder->home);
	free(folder);
	return 0;
}

static struct situation_part counted_part(int64_t from, int64_t to, size_t reports)
{
	static const struct target target = { { 900, 7200, 86400, 259200, 900 },
		{ 900, 7200, 86400, 259200, 900 } };
	struct situation_part part = {
		.part = PART_QUARTERS, .period = { from, to }, .threshold = THRESHOLD_LEAST
	};
	struct extract *extracts = calloc(reports, sizeof *extracts);

	assert_non_null(extracts);
	for (size_t at = 0; at < reports; at++)
		extracts[at] = (struct extract){ .came = from,
			.may_be_counted = true,
			.is_linked_to_work = true,
			.is_acknowledged = true,
			.waited = 7200,
			.persons = { { .bucket = at % 4 == 0 ? 1 : 4, .families = 1 } },
			.person_count = 1 };
	assert_int_equal(situation_count(&part, extracts, reports, &target), 0);
	free(extracts);
	return part;
}

static enum release find(struct folder *folder, struct situation_part *part)
{
	struct failure failure;
	enum release release;
	struct period other;

	assert_int_equal(release_find(&folder->items, part, &release, &other, &failure), 0);
	return release;
}

static void the_same_period_is_given_out_unchanged(void **state)
{
	struct folder *folder = *state;
	struct situation_part first = counted_part(0, QUARTER, REPORTS);
	struct situation_part again = { .part = PART_QUARTERS, .period = { 0, QUARTER }, .threshold = 20 };
	struct failure failure;

	assert_int_equal(find(folder, &again), RELEASE_NONE);
	assert_int_equal(release_keep(&folder->items, &first, &failure), 0);
	assert_true(first.is_released);
	assert_int_equal(find(folder, &again), RELEASE_SAME);
	assert_true(again.is_released);
	assert_string_equal(again.sha256, first.sha256);
	assert_int_equal(again.threshold, THRESHOLD_LEAST);
	assert_int_equal(again.table_count, first.table_count);
	for (size_t at = 0; at < first.table_count; at++) {
		assert_string_equal(again.tables[at].title, first.tables[at].title);
		assert_int_equal(again.tables[at].adds_up, first.tables[at].adds_up);
		assert_memory_equal(again.tables[at].row, first.tables[at].row, sizeof first.tables[at].row);
		assert_memory_equal(again.published[at].number, first.published[at].number,
			sizeof first.published->number);
		for (size_t row = 0; row < first.tables[at].rows; row++)
			assert_memory_equal(again.published[at].shown[row], first.published[at].shown[row],
				first.tables[at].columns * sizeof(enum shown));
	}
	assert_memory_equal(again.waiting, first.waiting, sizeof first.waiting);
	situation_part_free(&first);
	situation_part_free(&again);
}

static void another_cut_is_known(void **state)
{
	struct folder *folder = *state;
	struct situation_part first = counted_part(QUARTER, 2 * QUARTER, REPORTS);
	struct situation_part half = { .part = PART_QUARTERS, .period = { 0, 2 * QUARTER } };
	struct situation_part beside = { .part = PART_QUARTERS, .period = { 0, QUARTER } };
	struct situation_part other = { .part = PART_REPRISALS, .period = { 0, 4 * QUARTER } };
	struct failure failure;

	assert_int_equal(release_keep(&folder->items, &first, &failure), 0);
	assert_int_equal(find(folder, &half), RELEASE_CUT);
	assert_int_equal(find(folder, &beside), RELEASE_NONE);
	assert_int_equal(find(folder, &other), RELEASE_NONE);
	situation_part_free(&first);
}

static void what_was_changed_is_not_given_out(void **state)
{
	struct folder *folder = *state;
	struct situation_part first = counted_part(0, QUARTER, REPORTS);
	struct situation_part again = { .part = PART_QUARTERS, .period = first.period };
	static const char other[] = "{\"part\":\"quarters\"}";
	struct failure failure;
	enum release release;
	struct period ignored;

	assert_int_equal(release_keep(&folder->items, &first, &failure), 0);
	assert_int_equal(items_put(&folder->items, "stats-quarters-1970-01-01-1970-03-31", other,
				 sizeof other - 1, &failure),
		0);
	assert_int_equal(release_find(&folder->items, &again, &release, &ignored, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CONFIG);
	assert_null(again.tables);
	situation_part_free(&first);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_same_period_is_given_out_unchanged, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(another_cut_is_known, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(what_was_changed_is_not_given_out, open_folder, close_folder),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
