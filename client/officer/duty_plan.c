#include "duty_plan.h"

#include <sodium.h>
#include <string.h>

#define MINUTE 60
#define DAY    86400
#define LATEST 80 /* per cent of a time after which the desk is alerted */
#define SOONER 10
#define LATE   (5 * MINUTE) /* within which a plan that comes late begins */

static int64_t between(int64_t least, int64_t most)
{
	return least >= most ? least : least + (int64_t)randombytes_uniform((uint32_t)(most - least + 1));
}

bool duty_plan_step(struct known *known, enum event_type type, int64_t at)
{
	if (known->step_count == KINDS_STEPS_MAX)
		return false;
	known->steps[known->step_count++] = (struct kinds_step){ type, at };
	return true;
}

/* The first of this type; step_count where there is none. */
static size_t find(const struct known *known, enum event_type type)
{
	size_t at = 0;

	while (at < known->step_count && known->steps[at].type != type)
		at++;
	return at;
}

static void drop(struct known *known, size_t at)
{
	known->step_count--;
	memmove(known->steps + at, known->steps + at + 1, (known->step_count - at) * sizeof known->steps[0]);
}

/* Behind all that come no later. */
static void insert(struct known *known, enum event_type type, int64_t when)
{
	size_t at = 0;

	if (known->step_count == KINDS_STEPS_MAX)
		return;
	while (at < known->step_count && known->steps[at].at <= when)
		at++;
	memmove(known->steps + at + 1, known->steps + at, (known->step_count - at) * sizeof known->steps[0]);
	known->steps[at] = (struct kinds_step){ type, when };
	known->step_count++;
}

/* An event of this type within so many seconds of `from`, unless the case ends before. */
static void have(struct known *known, enum event_type type, int64_t from, int64_t within)
{
	int64_t latest = from + within * LATEST / 100;
	size_t at = find(known, type);

	if (at < known->step_count && known->steps[at].at <= latest)
		return;
	if (at < known->step_count)
		drop(known, at);
	if (known->steps[known->step_count - 1].at <= latest)
		return;
	insert(known, type, between(from + within * SOONER / 100, latest));
}

static int64_t smaller(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

/* Somebody says when it goes on, before the desk is told that nothing was done. */
static void have_rest(struct known *known, int64_t triaged, int64_t stalled)
{
	int64_t latest = triaged + stalled * LATEST / 100;
	size_t wait = find(known, EVENT_WAIT);

	if (wait < known->step_count && known->steps[wait].at <= latest)
		return;
	have(known, EVENT_ACTIVATE, triaged, stalled);
}

/* What was possible where its pattern had it, and isn't any more. */
static void drop_impossible(struct known *known)
{
	enum report_state state = STATE_NEW;
	size_t at = 0;

	while (at < known->step_count) {
		if (event_next_state(state, known->steps[at].type, &state) == 0)
			at++;
		else
			drop(known, at);
	}
}

void duty_plan_keep_promises(const struct escalation_policy *policy, struct known *known)
{
	int64_t acknowledged = known->steps[0].at;
	/* Within the time in which something has to be done at all, too. */
	int64_t triage = smaller(policy->target[TARGET_TRIAGE], policy->stalled);
	size_t at;

	if (known->step_count == 0)
		return;
	if (policy->target[TARGET_CONTACT] != ESCALATION_NEVER)
		have(known, EVENT_CONTACT, acknowledged, policy->target[TARGET_CONTACT]);
	have(known, EVENT_TRIAGE, acknowledged, triage);
	at = find(known, EVENT_TRIAGE);
	if (at < known->step_count && policy->stalled != ESCALATION_NEVER)
		have_rest(known, known->steps[at].at, policy->stalled);
	drop_impossible(known);
}

void duty_plan_usual(const struct escalation_policy *policy, int64_t ack_seconds, struct known *known)
{
	int64_t at = known->accepted + between(ack_seconds / 20, ack_seconds * 6 / 10);

	known->step_count = 0;
	(void)duty_plan_step(known, EVENT_ACK, at);
	at += between(2 * MINUTE, 30 * MINUTE);
	if (policy->target[TARGET_CONTACT] != ESCALATION_NEVER)
		(void)duty_plan_step(known, EVENT_CONTACT, at);
	at += between(3 * MINUTE, 30 * MINUTE);
	(void)duty_plan_step(known, EVENT_TRIAGE, at);
	(void)duty_plan_step(known, EVENT_CLOSE, at + between(DAY, 7 * DAY));
	duty_plan_keep_promises(policy, known);
}

void duty_plan_from(struct known *known, int64_t now)
{
	int64_t late = known->step_count == 0 ? 0 : now - known->steps[0].at;

	if (late <= LATE)
		return;
	late += between(0, LATE);
	for (size_t at = 0; at < known->step_count; at++)
		known->steps[at].at += late;
}
