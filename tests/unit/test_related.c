/* Reports that belong together: when a second threat makes a case urgent. */
#include "cmocka_all.h"

#include "related.h"

#include <string.h>

#define NOW_MS INT64_C(1795521600000) /* 2026-11-24T12:00:00Z */
#define DAY_MS INT64_C(86400000)

static json_t *report_of(const char *kind, const char *day)
{
	return json_pack(
		"{s:s, s:s*, s:[{s:s}]}", "summary", "x", "occurred_from", day, "acts", "kind", kind);
}

static bool again(const char *kind, const char *day, const char *earlier_kind, const char *earlier_day)
{
	json_t *report = report_of(kind, day), *earlier = report_of(earlier_kind, earlier_day);
	bool is = is_threat_again(report, earlier, NOW_MS);

	json_decref(report);
	json_decref(earlier);
	return is;
}

static void two_threats_within_thirty_days(void **state)
{
	(void)state;
	assert_true(again("THR.01", "2026-11-20", "THR.05", "2026-10-21"));
	assert_false(again("THR.01", "2026-11-20", "THR.05", "2026-10-20"));
	assert_true(again("THR.05", "2026-10-21", "THR.01", "2026-11-20")); /* in either order */
	assert_true(again("SXV.04", "2026-11-20", "THR.02", "2026-11-19"));
	assert_false(again("SXV.03", "2026-11-20", "THR.02", "2026-11-19"));
	assert_false(again("THR.01", "2026-11-20", "DET.01", "2026-11-19"));
}

static void what_does_not_say_when_counts_as_now(void **state)
{
	(void)state;
	assert_true(again("THR.01", NULL, "THR.01", NULL));
	assert_true(again("THR.01", "2026-11", "THR.01", "2026-11-01"));
	assert_false(again("THR.01", "2026-09-01", "THR.01", NULL));
}

static void a_further_report_says_when_itself(void **state)
{
	json_t *report = json_pack("{s:{s:s, s:I, s:s}, s:[s]}", "follows", "kind", "FOLLOWUP", "counter",
		(json_int_t)(NOW_MS - 40 * DAY_MS), "signature", "", "urgency_reason", "THR");

	(void)state;
	assert_true(is_threat(report));
	assert_true(related_time(report) == NOW_MS - 40 * DAY_MS || related_time(report) == 0);
	json_decref(report);
}

static void only_what_is_less_than_urgent_is_raised(void **state)
{
	struct related related = { .threat_before = "0123" }, none = { .count = 0 };
	struct history calm = { .was_urgent = false }, urgent = { .was_urgent = true };

	(void)state;
	assert_string_equal(related_urgency(&related, &calm), "urgent");
	assert_null(related_urgency(&related, &urgent));
	assert_null(related_urgency(&none, &calm));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threats_within_thirty_days),
		cmocka_unit_test(what_does_not_say_when_counts_as_now),
		cmocka_unit_test(a_further_report_says_when_itself),
		cmocka_unit_test(only_what_is_less_than_urgent_is_raised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
