#include "cmocka_all.h"

#include "proto/exposure.h"

#include <string.h>

#define TAG_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TAG_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEAD  "clarion-exposure/1\nofficer noor\nlog whole 40 0 2026-11-24T08:30:00Z\n"
#define DESKS                                                                                                \
	"desk legal fallback 2 0 2026-10-01T00:00:00Z 1970-01-01T00:00:00Z\n"                                \
	"desk urgent own 3 7 2026-10-02T00:00:00Z 2026-11-02T00:00:00Z\n"
#define GAP      "gap 2026-10-03T00:00:00Z 2026-10-04T00:00:00Z\n"
#define REPORT_A "report " TAG_A " - 3 2026-10-05T00:00:00Z 2026-10-07T00:00:00Z\n"
#define REPORT_B "report " TAG_B " given 0 1970-01-01T00:00:00Z 1970-01-01T00:00:00Z\n"

static void lists_round_trip(void **state)
{
	static const char lines[] = HEAD DESKS GAP REPORT_A REPORT_B;
	struct buffer out = buffer_of(EXPOSURE_MAX);
	struct exposure *exposure = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(exposure_parse((const uint8_t *)lines, strlen(lines), &exposure, &fault), 0);
	assert_string_equal(exposure->officer, "noor");
	assert_int_equal(exposure->desk_count, 2);
	assert_true(exposure->desks[0].is_fallback && exposure->desks[0].end == 0);
	assert_int_equal(exposure->desks[1].end, 7);
	assert_int_equal(exposure->report_count, 2);
	assert_int_equal(exposure_write(exposure, &out), 0);
	assert_string_equal(buffer_text(&out), lines);
	buffer_free(&out);
	exposure_free(exposure);
}

/* A list may name a report twice; what comes of it must be a list again. */
static void sums_stay_readable(void **state)
{
	static const char lines[] =
		HEAD "report " TAG_A " - 1 2026-10-05T00:00:00Z 2026-10-05T00:00:00Z\n"
		     "report " TAG_A " - 4294967295 2026-10-05T00:00:00Z 2026-10-07T00:00:00Z\n";
	struct buffer out = buffer_of(EXPOSURE_MAX);
	struct exposure *exposure = NULL, *again = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(exposure_parse((const uint8_t *)lines, strlen(lines), &exposure, &fault), 0);
	assert_int_equal(exposure->reports[0].times, EXPOSURE_TIMES_MAX);
	assert_int_equal(exposure_write(exposure, &out), 0);
	assert_int_equal(exposure_parse(out.data, out.len, &again, &fault), 0);
	buffer_free(&out);
	exposure_free(exposure);
	exposure_free(again);
}

static void what_is_of_one_report_comes_together(void **state)
{
	static const uint8_t tag[SHA256_BYTES] = { 7 }, other[SHA256_BYTES] = { 8 };
	const struct exposure_report reports[] = {
		{ .tag = { 9 }, .times = 1, .first = 5, .last = 5 },
		{ .tag = { 7 }, .is_given = true },
		{ .tag = { 7 }, .times = 1, .first = 30, .last = 30 },
		{ .tag = { 7 }, .times = 1, .first = 20, .last = 20 },
	};
	struct exposure *exposure = exposure_new();
	const struct exposure_report *found = NULL;

	(void)state;
	assert_non_null(exposure);
	exposure_settle(exposure);
	assert_null(exposure_find(exposure, tag));
	for (size_t at = 0; at < COUNT_OF(reports); at++)
		assert_int_equal(exposure_add_report(exposure, &reports[at]), 0);
	exposure_settle(exposure);
	assert_int_equal(exposure->report_count, 2);
	found = exposure_find(exposure, tag);
	assert_non_null(found);
	assert_int_equal(found->times, 2);
	assert_int_equal(found->first, 20);
	assert_int_equal(found->last, 30);
	assert_true(found->is_given);
	assert_null(exposure_find(exposure, other));
	exposure_free(exposure);
}

/* A thousand reports that are wrapped again each month for a lifetime. */
static void many_entries_of_few_reports_fit(void **state)
{
	struct exposure *exposure = exposure_new();

	(void)state;
	assert_non_null(exposure);
	for (uint32_t at = 0; at < EXPOSURE_REPORTS_MAX + 1000; at++) {
		struct exposure_report report = { .times = 1, .first = at, .last = at };

		report.tag[0] = (uint8_t)(at % 1000 % 256);
		report.tag[1] = (uint8_t)(at % 1000 / 256);
		assert_int_equal(exposure_add_report(exposure, &report), 0);
	}
	exposure_settle(exposure);
	assert_int_equal(exposure->report_count, 1000);
	exposure_free(exposure);
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const wrong[] = { "", "clarion-exposure/2\n", HEAD "desk urgent own 3 7\n",
		HEAD "report " TAG_A " - x 2026-10-05T00:00:00Z 2026-10-07T00:00:00Z\n",
		HEAD "report abc - 1 2026-10-05T00:00:00Z 2026-10-07T00:00:00Z\n", HEAD "more\n",
		HEAD "gap 2026-10-03T00:00:00Z\n", HEAD "gap 2026-10-03T00:00:00Z 2026-10-04T00:00:00Z",
		"clarion-exposure/1\nofficer Noor\nlog whole 40 0 2026-11-24T08:30:00Z\n",
		"clarion-exposure/1\nofficer noor\nlog half 40 0 2026-11-24T08:30:00Z\n",
		"clarion-exposure/1\nofficer noor\nlog whole 40 0 yesterday\n" };
	struct exposure *exposure = NULL;
	struct fault fault;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(wrong); at++)
		assert_int_equal(
			exposure_parse((const uint8_t *)wrong[at], strlen(wrong[at]), &exposure, &fault), -1);
	assert_null(exposure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_round_trip),
		cmocka_unit_test(sums_stay_readable),
		cmocka_unit_test(what_is_of_one_report_comes_together),
		cmocka_unit_test(many_entries_of_few_reports_fit),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
