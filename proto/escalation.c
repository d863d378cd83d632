#include "proto/escalation.h"

#include <string.h>

#define MINUTE    60
#define HOUR      60 /* the table counts in minutes */
#define DAY       (24 * HOUR)
#define DAY_S     86400
#define DIGEST_AT (8 * 3600) /* of the day, in UTC: when the daily digest goes out */
#define NEVER     UINT32_MAX

/* Version 2 of the table, in minutes, for the default acknowledge targets. */
static const struct row {
	uint32_t acknowledge;
	enum escalation_rhythm rhythm;
	uint32_t repeat; /* where the rhythm is an interval, or nobody says who is on duty */
	uint32_t climb[LEVEL_COUNT];
	uint32_t stalled;
	uint32_t target[TARGET_COUNT]; /* from the acknowledgement: the domain's target less its acknowledge
					  target */
} table[URGENCY_TIMERS] = {
	[URGENCY_IMMEDIATE] = { 15, RHYTHM_INTERVAL, 5, { NEVER, 0, 15, 30, 60 }, 60, { 45, 105 } },
	[URGENCY_URGENT] = { 2 * HOUR, RHYTHM_INTERVAL, 20, { NEVER, 0, 60, 90, 120 }, 8 * HOUR,
		{ 6 * HOUR, 22 * HOUR } },
	[URGENCY_PRIORITY] = { DAY, RHYTHM_DUTY, DAY, { NEVER, 0, DAY, 2 * DAY, 3 * DAY }, 7 * DAY,
		{ 2 * DAY, 4 * DAY } },
	[URGENCY_RECORD] = { 3 * DAY, RHYTHM_DIGEST, DAY, { NEVER, 0, 3 * DAY, 7 * DAY, NEVER }, NEVER,
		{ NEVER, 11 * DAY } },
};

static int64_t scaled(uint32_t minutes, uint32_t number, uint32_t target)
{
	if (minutes == NEVER)
		return ESCALATION_NEVER;
	return ((int64_t)minutes * number + target - 1) / target * MINUTE;
}

void escalation_policy(enum urgency urgency, const uint32_t ack_minutes[URGENCY_TIMERS], bool has_fallback,
	struct escalation_policy *ret_policy)
{
	enum urgency timer = urgency_timer(urgency);
	const struct row *row = &table[timer];
	uint32_t number = ack_minutes[timer];

	ret_policy->rhythm = row->rhythm;
	ret_policy->repeat =
		row->rhythm == RHYTHM_INTERVAL ? scaled(row->repeat, number, row->acknowledge) : DAY_S;
	for (size_t level = 0; level < LEVEL_COUNT; level++)
		ret_policy->climb[level] = scaled(row->climb[level], number, row->acknowledge);
	if (!has_fallback)
		ret_policy->climb[LEVEL_FALLBACK] = ESCALATION_NEVER;
	ret_policy->stalled = scaled(row->stalled, number, row->acknowledge);
	for (size_t target = 0; target < TARGET_COUNT; target++)
		ret_policy->target[target] = scaled(row->target[target], number, row->acknowledge);
}

/* The first digest after this time. */
static int64_t next_digest(int64_t after)
{
	int64_t today = after - after % DAY_S + DIGEST_AT;

	return today > after ? today : today + DAY_S;
}

/* Where nobody says who is on duty, tier 1 is alerted at once. */
static int64_t first_duty(const struct escalation_duty *duty, int64_t from)
{
	int64_t start;

	if (duty->is_anybody(duty->context, from))
		return from;
	start = duty->next_start(duty->context, from);
	return start == ESCALATION_NEVER ? from : start;
}

static int64_t climb_at(const struct escalation_policy *policy, const struct escalation_progress *progress,
	const struct escalation_duty *duty, enum alert_level level)
{
	if (policy->climb[level] == ESCALATION_NEVER)
		return ESCALATION_NEVER;
	if (level == LEVEL_TIER_1 && policy->rhythm == RHYTHM_DUTY)
		return first_duty(duty, progress->listed);
	if (level == LEVEL_TIER_1 && policy->rhythm == RHYTHM_DIGEST)
		return next_digest(progress->listed - 1);
	return progress->listed + policy->climb[level];
}

/* Counted from when the clock began, so that a step that came late puts off no later one. */
static int64_t next_interval(int64_t began, int64_t interval, int64_t after)
{
	return after < began ? began + interval : began + ((after - began) / interval + 1) * interval;
}

static int64_t repeat_at(const struct escalation_policy *policy, const struct escalation_progress *progress,
	const struct escalation_duty *duty)
{
	int64_t start;

	if (progress->level == LEVEL_NONE)
		return ESCALATION_NEVER;
	if (policy->rhythm == RHYTHM_DIGEST)
		return next_digest(progress->alerted);
	if (policy->rhythm == RHYTHM_DUTY) {
		start = duty->next_start(duty->context, progress->alerted);
		if (start != ESCALATION_NEVER)
			return start;
	}
	return next_interval(progress->listed, policy->repeat, progress->alerted);
}

static unsigned levels_up_to(enum alert_level level)
{
	return (LEVEL_BIT(level + 1) - 1) & ~LEVEL_BIT(LEVEL_NONE);
}

/* How often so much time without an event has passed. */
static int64_t stalls(
	const struct escalation_policy *policy, const struct escalation_progress *progress, int64_t at)
{
	if (policy->stalled == ESCALATION_NEVER || at < progress->progressed)
		return 0;
	return (at - progress->progressed) / policy->stalled;
}

static enum alert_level stalled_level(int64_t times)
{
	return times > LEVEL_TIER_3 ? LEVEL_TIER_3 : (enum alert_level)times;
}

/* --- what is promised once it is acknowledged */

/* How often the time of an open target had passed. */
static int64_t misses(
	const struct escalation_policy *policy, const struct escalation_progress *progress, int64_t at)
{
	int64_t count = 0;

	for (size_t target = 0; target < TARGET_COUNT; target++)
		if ((progress->open_targets & TARGET_BIT(target)) != 0 &&
			policy->target[target] != ESCALATION_NEVER && at > progress->acknowledged)
			count += (at - progress->acknowledged) / policy->target[target];
	return count;
}

static int64_t next_miss(const struct escalation_policy *policy, const struct escalation_progress *progress)
{
	int64_t next = ESCALATION_NEVER;

	for (size_t target = 0; target < TARGET_COUNT; target++) {
		int64_t at;

		if ((progress->open_targets & TARGET_BIT(target)) == 0 ||
			policy->target[target] == ESCALATION_NEVER)
			continue;
		at = next_interval(progress->acknowledged, policy->target[target], progress->watched);
		next = at < next ? at : next;
	}
	return next;
}

static enum alert_level missed_level(int64_t times)
{
	return times == 0 ? LEVEL_NONE : times == 1 ? LEVEL_TIER_2 : LEVEL_TIER_3;
}

static int64_t next_stall(const struct escalation_policy *policy, const struct escalation_progress *progress)
{
	if (progress->is_resting || policy->stalled == ESCALATION_NEVER)
		return ESCALATION_NEVER;
	return progress->progressed + (stalls(policy, progress, progress->alerted) + 1) * policy->stalled;
}

static void take_stalls(const struct escalation_policy *policy, const struct escalation_progress *progress,
	int64_t now, struct escalation_step *step)
{
	int64_t before = stalls(policy, progress, progress->alerted), times = stalls(policy, progress, now);

	if (progress->is_resting || times <= before)
		return;
	step->level = stalled_level(times);
	step->is_climb = step->level > stalled_level(before);
}

static void take_misses(const struct escalation_policy *policy, const struct escalation_progress *progress,
	int64_t now, struct escalation_step *step)
{
	int64_t fresh = misses(policy, progress, now) - misses(policy, progress, progress->watched);
	enum alert_level level = missed_level(progress->misses + fresh);

	if (fresh <= 0)
		return;
	step->misses = fresh;
	step->is_climb = step->is_climb || level > missed_level(progress->misses);
	step->level = level > step->level ? level : step->level;
}

/* One that nobody goes on with, or whose sender hasn't had what she was promised. */
static bool acknowledged_due(const struct escalation_policy *policy,
	const struct escalation_progress *progress, int64_t now, struct escalation_step *step)
{
	step->level = LEVEL_NONE;
	take_stalls(policy, progress, now, step);
	take_misses(policy, progress, now, step);
	step->levels = levels_up_to(step->level);
	step->is_unanswered = false;
	return step->level != LEVEL_NONE;
}

bool escalation_due(const struct escalation_policy *policy, const struct escalation_progress *progress,
	const struct escalation_duty *duty, int64_t now, struct escalation_step *ret_step)
{
	struct escalation_step step = { .when = escalation_next(policy, progress, duty),
		.level = progress->level,
		.is_unanswered = progress->is_unanswered };

	if (step.when > now)
		return false;
	if (progress->is_acknowledged) {
		if (!acknowledged_due(policy, progress, now, &step))
			return false;
		*ret_step = step;
		return true;
	}
	for (int level = LEVEL_TIER_1; level < LEVEL_COUNT; level++) {
		if (climb_at(policy, progress, duty, (enum alert_level)level) <= now &&
			level > (int)step.level)
			step.level = (enum alert_level)level;
	}
	step.is_climb = step.level > progress->level;
	step.levels = levels_up_to(step.level) & ~levels_up_to(progress->level);
	if (repeat_at(policy, progress, duty) <= now) {
		step.levels |= levels_up_to(step.level);
		/* Nobody is left to be alerted, and those who were have been again. */
		if (!step.is_climb &&
			(step.level == LEVEL_FALLBACK || policy->climb[step.level + 1] == ESCALATION_NEVER))
			step.is_unanswered = true;
	}
	*ret_step = step;
	return true;
}

int64_t escalation_next(const struct escalation_policy *policy, const struct escalation_progress *progress,
	const struct escalation_duty *duty)
{
	int64_t next, miss;

	if (progress->is_acknowledged) {
		next = next_stall(policy, progress);
		miss = next_miss(policy, progress);
		return miss < next ? miss : next;
	}
	next = repeat_at(policy, progress, duty);
	for (int level = (int)progress->level + 1; level < LEVEL_COUNT; level++) {
		int64_t at = climb_at(policy, progress, duty, (enum alert_level)level);

		if (at < next)
			next = at;
	}
	return next;
}

static enum escalation_stage acknowledged_stage(const struct escalation_policy *policy,
	const struct escalation_progress *progress, unsigned *ret_tier)
{
	enum alert_level stalled = progress->is_resting
					   ? LEVEL_NONE
					   : stalled_level(stalls(policy, progress, progress->alerted));
	/* What was late, and is done now, is late no more. */
	enum alert_level missed =
		misses(policy, progress, progress->watched) > 0 ? missed_level(progress->misses) : LEVEL_NONE;

	*ret_tier = missed > stalled ? missed : stalled;
	if (missed != LEVEL_NONE)
		return ESCALATION_OVERDUE;
	return stalled == LEVEL_NONE ? ESCALATION_NONE : ESCALATION_STALLED;
}

enum escalation_stage escalation_stage(const struct escalation_policy *policy,
	const struct escalation_progress *progress, unsigned *ret_tier)
{
	if (progress->is_acknowledged)
		return acknowledged_stage(policy, progress, ret_tier);
	*ret_tier = progress->level;
	return progress->is_unanswered ? ESCALATION_UNANSWERED : (enum escalation_stage)progress->level;
}

static const char *const words[ESCALATION_STAGES] = { "none", "tier-1", "tier-2", "tier-3", "fallback",
	"unanswered", "stalled", "overdue" };

const char *escalation_word(enum escalation_stage stage)
{
	return words[stage];
}

int escalation_of(const char *word, size_t len, enum escalation_stage *ret_stage)
{
	for (size_t i = 0; i < ESCALATION_STAGES; i++) {
		if (strlen(words[i]) == len && bytes_equal(words[i], word, len)) {
			*ret_stage = (enum escalation_stage)i;
			return 0;
		}
	}
	return -1;
}
