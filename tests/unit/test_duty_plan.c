/* What becomes of a dummy: possible events in their order, and nobody is ever alerted for it. */
#include "cmocka_all.h"

#include "duty_plan.h"

#include <string.h>

#define MINUTE   INT64_C(60)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define ACCEPTED INT64_C(1795082400)
#define TIMES    300 /* chance has a part in each plan */

static const uint32_t usual[URGENCY_TIMERS] = { 15, 120, 1440, 4320 };

static bool nobody(void *context, int64_t at)
{
	(void)context;
	(void)at;
	return false;
}

static int64_t never(void *context, int64_t after)
{
	(void)context;
	(void)after;
	return ESCALATION_NEVER;
}

/* As the store counts: nothing is due from the acknowledgement to the end. */
static void expect_nobody_alerted(const struct escalation_policy *policy, const struct known *known)
{
	static const struct escalation_duty duty = { .is_anybody = nobody, .next_start = never };
	struct escalation_progress progress = { .listed = ACCEPTED, .is_acknowledged = true };
	enum report_state state = STATE_NEW;
	struct escalation_step step;

	assert_int_equal(known->steps[0].type, EVENT_ACK);
	progress.acknowledged = progress.watched = known->steps[0].at;
	progress.open_targets = TARGET_BIT(TARGET_CONTACT) | TARGET_BIT(TARGET_TRIAGE);
	for (size_t at = 0; at < known->step_count; at++) {
		const struct kinds_step *event = &known->steps[at];

		assert_true(at == 0 || event->at >= known->steps[at - 1].at);
		assert_true(at == 0 || !escalation_due(policy, &progress, &duty, event->at, &step));
		assert_int_equal(event_next_state(state, event->type, &state), 0);
		if (event->type == EVENT_CONTACT)
			progress.open_targets &= ~TARGET_BIT(TARGET_CONTACT);
		if (event->type == EVENT_TRIAGE)
			progress.open_targets &= ~TARGET_BIT(TARGET_TRIAGE);
		progress.progressed = progress.alerted = event->at;
		progress.is_resting = state == STATE_ACTIVE || state == STATE_WAITING ||
				      state == STATE_MONITOR || state == STATE_CLOSED;
	}
	assert_int_equal(state, STATE_CLOSED);
}

static void test_the_usual_case_alerts_nobody(void **state)
{
	(void)state;
	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
		struct escalation_policy policy;

		escalation_policy((enum urgency)urgency, usual, false, &policy);
		for (int time = 0; time < TIMES; time++) {
			struct known known = { .accepted = ACCEPTED };

			duty_plan_usual(&policy, 15 * MINUTE, &known);
			assert_true(known.steps[0].at < ACCEPTED + 15 * MINUTE);
			expect_nobody_alerted(&policy, &known);
		}
	}
}

/* Cases in which people did things late, or not at all. */
static const struct pattern {
	struct kinds_step steps[DUTY_PATTERN_MAX];
	size_t count;
} patterns[] = {
	{ { { EVENT_ACK, 5 * MINUTE }, { EVENT_CLOSE, 20 * DAY } }, 2 },
	{ { { EVENT_ACK, 5 * MINUTE }, { EVENT_CLOSE, 6 * MINUTE } }, 2 },
	{ { { EVENT_ACK, 0 }, { EVENT_NOTE, 6 * HOUR }, { EVENT_TRIAGE, 9 * DAY },
		  { EVENT_CLOSE, 30 * DAY } },
		4 },
	{ { { EVENT_ACK, 0 }, { EVENT_TRIAGE, 10 * MINUTE }, { EVENT_ACTIVATE, 9 * DAY },
		  { EVENT_MONITOR, 10 * DAY }, { EVENT_CLOSE, 40 * DAY } },
		5 },
	{ { { EVENT_ACK, 0 }, { EVENT_TRIAGE, 10 * MINUTE }, { EVENT_WAIT, 12 * DAY },
		  { EVENT_ACTIVATE, 13 * DAY }, { EVENT_MONITOR, 14 * DAY }, { EVENT_CLOSE, 40 * DAY } },
		6 },
	{ { { EVENT_ACK, 0 }, { EVENT_TRIAGE, MINUTE }, { EVENT_WAIT, 2 * MINUTE },
		  { EVENT_ACTIVATE, 13 * DAY }, { EVENT_CONTACT, 14 * DAY }, { EVENT_MONITOR, 15 * DAY },
		  { EVENT_NOTE, 16 * DAY }, { EVENT_CLOSE, 40 * DAY } },
		8 },
};

static void test_what_people_left_undone_is_done(void **state)
{
	(void)state;
	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
		struct escalation_policy policy;

		escalation_policy((enum urgency)urgency, usual, false, &policy);
		for (size_t which = 0; which < COUNT_OF(patterns) * TIMES; which++) {
			const struct pattern *pattern = &patterns[which % COUNT_OF(patterns)];
			struct known known = { .accepted = ACCEPTED };

			for (size_t at = 0; at < pattern->count; at++)
				assert_true(duty_plan_step(
					&known, pattern->steps[at].type, ACCEPTED + pattern->steps[at].at));
			duty_plan_keep_promises(&policy, &known);
			expect_nobody_alerted(&policy, &known);
		}
	}
}

/* As when an officer's tool begins its duty after days: not all in one breath. */
static void test_a_late_plan_takes_its_time(void **state)
{
	struct known known = { .accepted = ACCEPTED }, on_time;
	struct escalation_policy policy;

	(void)state;
	escalation_policy(URGENCY_URGENT, usual, false, &policy);
	duty_plan_usual(&policy, 2 * HOUR, &known);
	on_time = known;
	duty_plan_from(&on_time, ACCEPTED + MINUTE);
	assert_memory_equal(&on_time, &known, sizeof known);
	duty_plan_from(&known, ACCEPTED + 9 * DAY);
	assert_in_range(known.steps[0].at, ACCEPTED + 9 * DAY, ACCEPTED + 9 * DAY + 5 * MINUTE);
	for (size_t at = 1; at < known.step_count; at++)
		assert_int_equal(known.steps[at].at - known.steps[at - 1].at,
			on_time.steps[at].at - on_time.steps[at - 1].at);
	assert_true(known.step_count >= 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_usual_case_alerts_nobody),
		cmocka_unit_test(test_what_people_left_undone_is_done),
		cmocka_unit_test(test_a_late_plan_takes_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
