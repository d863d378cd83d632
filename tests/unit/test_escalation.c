/* Every row of the escalation table, to the minute; its scale; what an outage makes of it; and what stops it.
 */
#include "cmocka_all.h"

#include "proto/escalation.h"

#include <stdio.h>
#include <string.h>

#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
/* 10:00 on some day, so that the digest's hour is 22 hours away. */
#define BEGAN INT64_C(1795082400)

static const uint32_t defaults[URGENCY_TIMERS] = { 15, 120, 1440, 4320 };

static bool somebody(void *context, int64_t at)
{
	const int64_t *shift = context;

	return shift[0] <= at && at < shift[1];
}

static int64_t next_shift(void *context, int64_t after)
{
	const int64_t *shift = context;

	return shift[0] > after ? shift[0] : ESCALATION_NEVER;
}

static const int64_t nobody[2] = { 0, 0 };

static struct escalation_duty duty_of(const int64_t *shift)
{
	return (struct escalation_duty){
		.is_anybody = somebody, .next_start = next_shift, .context = (void *)(uintptr_t)shift
	};
}

static struct escalation_progress fresh(void)
{
	return (struct escalation_progress){ .listed = BEGAN };
}

static void apply(struct escalation_progress *progress, const struct escalation_step *step, int64_t now)
{
	progress->alerted = now;
	progress->level = step->level;
	progress->is_unanswered = step->is_unanswered;
}

/* One minute of the table and who is alerted in it, as digits: 4 is the fallback desk. */
struct alarm {
	int64_t minute;
	const char *levels;
};

static void expect_levels(unsigned levels, const char *digits)
{
	unsigned wanted = 0;

	for (; *digits != '\0'; digits++)
		wanted |= LEVEL_BIT(*digits - '0');
	assert_int_equal(levels, wanted);
}

/* Nothing happens between two alarms, and each at its minute. */
static void expect_alarms(const struct escalation_policy *policy, const int64_t *shift,
	const struct alarm *alarms, size_t count)
{
	const struct escalation_duty duty = duty_of(shift);
	struct escalation_progress progress = fresh();
	struct escalation_step step;

	for (size_t i = 0; i < count; i++) {
		const int64_t at = BEGAN + alarms[i].minute * MINUTE;

		assert_int_equal(escalation_next(policy, &progress, &duty), at);
		assert_false(escalation_due(policy, &progress, &duty, at - 1, &step));
		assert_true(escalation_due(policy, &progress, &duty, at, &step));
		assert_int_equal(step.when, at);
		expect_levels(step.levels, alarms[i].levels);
		apply(&progress, &step, at);
	}
}

static void expect_default(enum urgency urgency, const struct alarm *alarms, size_t count)
{
	struct escalation_policy policy;

	escalation_policy(urgency, defaults, true, &policy);
	expect_alarms(&policy, nobody, alarms, count);
}

static void test_immediate(void **state)
{
	static const struct alarm alarms[] = { { 0, "1" }, { 5, "1" }, { 10, "1" }, { 15, "12" },
		{ 20, "12" }, { 25, "12" }, { 30, "123" }, { 35, "123" }, { 40, "123" }, { 45, "123" },
		{ 50, "123" }, { 55, "123" }, { 60, "1234" }, { 65, "1234" }, { 70, "1234" } };

	(void)state;
	expect_default(URGENCY_IMMEDIATE, alarms, COUNT_OF(alarms));
	expect_default(URGENCY_WITHHELD, alarms, COUNT_OF(alarms));
}

static void test_urgent(void **state)
{
	static const struct alarm alarms[] = { { 0, "1" }, { 20, "1" }, { 40, "1" }, { 60, "12" },
		{ 80, "12" }, { 90, "3" }, { 100, "123" }, { 120, "1234" }, { 140, "1234" } };

	(void)state;
	expect_default(URGENCY_URGENT, alarms, COUNT_OF(alarms));
}

/* Without a rota at once, and once a day. */
static void test_priority(void **state)
{
	static const struct alarm alarms[] = { { 0, "1" }, { 1440, "12" }, { 2880, "123" }, { 4320, "1234" },
		{ 5760, "1234" } };

	(void)state;
	expect_default(URGENCY_PRIORITY, alarms, COUNT_OF(alarms));
}

static void test_priority_waits_for_the_next_duty(void **state)
{
	static const int64_t shift[2] = { BEGAN + 9 * HOUR, BEGAN + 17 * HOUR };
	static const int64_t now[2] = { BEGAN - HOUR, BEGAN + HOUR };
	static const int64_t late[2] = { BEGAN + 30 * HOUR, BEGAN + 38 * HOUR };
	static const struct alarm then[] = { { 540, "1" }, { 1440, "12" }, { 2880, "123" } };
	static const struct alarm at_once[] = { { 0, "1" }, { 1440, "12" } };
	/* Tier 2 hears of it after a day, and tier 1 with it, whatever the rota says; then at the duty. */
	static const struct alarm by_then[] = { { 1440, "12" }, { 1800, "12" }, { 2880, "123" } };
	struct escalation_policy policy;

	(void)state;
	escalation_policy(URGENCY_PRIORITY, defaults, true, &policy);
	expect_alarms(&policy, shift, then, COUNT_OF(then));
	expect_alarms(&policy, now, at_once, COUNT_OF(at_once));
	expect_alarms(&policy, late, by_then, COUNT_OF(by_then));
}

/* The daily digest at eight, in UTC; tiers at their hours; no fallback desk. */
static void test_record(void **state)
{
	static const struct alarm alarms[] = { { 22 * 60, "1" }, { 46 * 60, "1" }, { 70 * 60, "1" },
		{ 72 * 60, "2" }, { 94 * 60, "12" }, { 118 * 60, "12" }, { 142 * 60, "12" },
		{ 166 * 60, "12" }, { 168 * 60, "3" }, { 190 * 60, "123" } };

	(void)state;
	expect_default(URGENCY_RECORD, alarms, COUNT_OF(alarms));
}

static void test_all_is_scaled_and_rounded_up(void **state)
{
	static const uint32_t numbers[URGENCY_TIMERS] = { 4, 30, 1440, 1 };
	/* 5 × 4 / 15 = 1 1/3, 15 → 4, 30 → 8, 60 → 16 */
	static const struct alarm alarms[] = { { 0, "1" }, { 2, "1" }, { 4, "12" }, { 6, "12" }, { 8, "123" },
		{ 10, "123" }, { 12, "123" }, { 14, "123" }, { 16, "1234" } };
	static const struct alarm urgent[] = { { 0, "1" }, { 5, "1" }, { 10, "1" }, { 15, "12" },
		{ 20, "12" }, { 23, "3" }, { 25, "123" }, { 30, "1234" } };
	struct escalation_policy policy;

	(void)state;
	escalation_policy(URGENCY_IMMEDIATE, numbers, true, &policy);
	expect_alarms(&policy, nobody, alarms, COUNT_OF(alarms));
	assert_int_equal(policy.stalled, 16 * MINUTE);
	escalation_policy(URGENCY_URGENT, numbers, true, &policy);
	expect_alarms(&policy, nobody, urgent, COUNT_OF(urgent));
	escalation_policy(URGENCY_RECORD, numbers, true, &policy);
	assert_int_equal(policy.climb[LEVEL_TIER_2], MINUTE);
	assert_int_equal(policy.stalled, ESCALATION_NEVER);
	escalation_policy(URGENCY_PRIORITY, numbers, false, &policy);
	assert_int_equal(policy.climb[LEVEL_TIER_2], DAY);
	assert_int_equal(policy.climb[LEVEL_FALLBACK], ESCALATION_NEVER);
}

/* What was missed comes as one step, and what comes then at its own time. */
static void test_an_outage_is_one_step(void **state)
{
	const struct escalation_duty duty = duty_of(nobody);
	struct escalation_policy policy;
	struct escalation_progress progress = fresh();
	struct escalation_step step;

	(void)state;
	escalation_policy(URGENCY_IMMEDIATE, defaults, true, &policy);
	assert_true(escalation_due(&policy, &progress, &duty, BEGAN, &step));
	apply(&progress, &step, BEGAN);
	assert_true(escalation_due(&policy, &progress, &duty, BEGAN + 33 * MINUTE, &step));
	assert_int_equal(step.when, BEGAN + 5 * MINUTE);
	expect_levels(step.levels, "123");
	assert_true(step.is_climb);
	apply(&progress, &step, BEGAN + 33 * MINUTE);
	assert_int_equal(escalation_next(&policy, &progress, &duty), BEGAN + 35 * MINUTE);
	/* A day of it: everybody at once, and nobody was asked twice yet. */
	assert_true(escalation_due(&policy, &progress, &duty, BEGAN + DAY, &step));
	expect_levels(step.levels, "1234");
	assert_false(step.is_unanswered);
	apply(&progress, &step, BEGAN + DAY);
	assert_true(escalation_due(&policy, &progress, &duty, BEGAN + DAY + 5 * MINUTE, &step));
	assert_true(step.is_unanswered);
}

static void test_it_is_said_when_nobody_answers(void **state)
{
	const struct escalation_duty duty = duty_of(nobody);
	struct escalation_policy policy;
	struct escalation_progress progress = fresh();
	struct escalation_step step;
	unsigned tier = 0;

	(void)state;
	escalation_policy(URGENCY_IMMEDIATE, defaults, false, &policy);
	for (int64_t minute = 0; minute < 35; minute++) {
		if (!escalation_due(&policy, &progress, &duty, BEGAN + minute * MINUTE, &step))
			continue;
		assert_false(step.is_unanswered);
		apply(&progress, &step, BEGAN + minute * MINUTE);
	}
	assert_int_equal(escalation_stage(&policy, &progress, &tier), ESCALATION_TIER_3);
	assert_true(escalation_due(&policy, &progress, &duty, BEGAN + 35 * MINUTE, &step));
	assert_true(step.is_unanswered);
	apply(&progress, &step, BEGAN + 35 * MINUTE);
	assert_int_equal(escalation_stage(&policy, &progress, &tier), ESCALATION_UNANSWERED);
	assert_int_equal(tier, LEVEL_TIER_3);
	/* And on: nobody is left alone because nobody came. */
	assert_int_equal(escalation_next(&policy, &progress, &duty), BEGAN + 40 * MINUTE);
}

static void test_an_acknowledgement_stops_it_and_idleness_starts_it_again(void **state)
{
	static const struct {
		enum urgency urgency;
		int64_t after;
	} rows[] = { { URGENCY_IMMEDIATE, 60 * MINUTE }, { URGENCY_URGENT, 8 * HOUR },
		{ URGENCY_PRIORITY, 7 * DAY }, { URGENCY_WITHHELD, 60 * MINUTE } };
	const struct escalation_duty duty = duty_of(nobody);
	struct escalation_policy policy;
	struct escalation_step step;
	unsigned tier = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct escalation_progress progress = fresh();
		const int64_t after = rows[i].after, acknowledged = BEGAN + 7 * MINUTE;
		static const char *const levels[] = { "1", "12", "123", "123" };

		escalation_policy(rows[i].urgency, defaults, true, &policy);
		progress.level = LEVEL_TIER_1;
		progress.is_acknowledged = true;
		progress.progressed = progress.alerted = acknowledged;
		assert_int_equal(escalation_stage(&policy, &progress, &tier), ESCALATION_NONE);
		for (int64_t n = 1; n <= 4; n++) {
			const int64_t at = acknowledged + n * after;

			assert_int_equal(escalation_next(&policy, &progress, &duty), at);
			assert_false(escalation_due(&policy, &progress, &duty, at - 1, &step));
			assert_true(escalation_due(&policy, &progress, &duty, at, &step));
			expect_levels(step.levels, levels[n - 1]);
			progress.alerted = at;
			assert_int_equal(escalation_stage(&policy, &progress, &tier), ESCALATION_STALLED);
			assert_int_equal(tier, n < 3 ? n : 3);
		}
		progress.is_resting = true;
		assert_false(escalation_due(&policy, &progress, &duty, BEGAN + 1000 * DAY, &step));
		assert_int_equal(escalation_next(&policy, &progress, &duty), ESCALATION_NEVER);
		assert_int_equal(escalation_stage(&policy, &progress, &tier), ESCALATION_NONE);
	}
}

static void test_a_record_is_never_asked_for_again(void **state)
{
	const struct escalation_duty duty = duty_of(nobody);
	struct escalation_policy policy;
	struct escalation_progress progress = fresh();

	(void)state;
	escalation_policy(URGENCY_RECORD, defaults, true, &policy);
	progress.is_acknowledged = true;
	progress.progressed = BEGAN;
	assert_int_equal(escalation_next(&policy, &progress, &duty), ESCALATION_NEVER);
}

static void test_words(void **state)
{
	enum escalation_stage stage = ESCALATION_NONE;

	(void)state;
	for (int i = 0; i < ESCALATION_STAGES; i++) {
		const char *word = escalation_word((enum escalation_stage)i);

		assert_int_equal(escalation_of(word, strlen(word), &stage), 0);
		assert_int_equal(stage, i);
	}
	assert_int_equal(escalation_of("tier", 4, &stage), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_immediate),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_priority),
		cmocka_unit_test(test_priority_waits_for_the_next_duty),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_all_is_scaled_and_rounded_up),
		cmocka_unit_test(test_an_outage_is_one_step),
		cmocka_unit_test(test_it_is_said_when_nobody_answers),
		cmocka_unit_test(test_an_acknowledgement_stops_it_and_idleness_starts_it_again),
		cmocka_unit_test(test_a_record_is_never_asked_for_again),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
