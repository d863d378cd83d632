#include "duty.h"

#include "duty_plan.h"

#include "client/output.h"
#include "keys/clock.h"
#include "proto/event_content.h"
#include "proto/json.h"
#include "step.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE    128
#define EVENTS_MAX   (2 * 1024 * 1024)
#define SAMPLES      6 /* reports that are asked for until one serves as a pattern */
#define MINUTE       60
#define DAY          86400
#define ACK_LATEST   80 /* per cent of the desk's target: nobody is to be woken for a dummy */
#define JITTER       25 /* per cent, either way */
#define REFUSALS_MAX 3  /* some seconds apart */
#define REASON       "OUT"
#define DUMMY        "A dummy."

static int64_t between(int64_t least, int64_t most)
{
	return least >= most ? least : least + (int64_t)randombytes_uniform((uint32_t)(most - least + 1));
}

static const struct roster_desk *desk_of(const struct officer *officer, const struct known *known)
{
	return roster_desk(organisation_roster(officer->organisation), known->desk);
}

/* How long the desk has to acknowledge. */
static int64_t target_of(const struct officer *officer, const struct known *known)
{
	const struct roster_desk *desk = desk_of(officer, known);

	return desk == NULL ? DAY : (int64_t)desk_ack_minutes(desk, known->urgency) * MINUTE;
}

/* Events that a tool can make without anybody's decision. */
static bool can_make(enum event_type type)
{
	return type == EVENT_ACK || type == EVENT_NOTE || type == EVENT_TRIAGE || type == EVENT_ACTIVATE ||
	       type == EVENT_WAIT || type == EVENT_MONITOR || type == EVENT_CONTACT || type == EVENT_CLOSE;
}

/* The same events after the same times, more or less. Without its close one is added. -1 where nobody has
 * acknowledged that report yet. */
static int plan_as(const struct officer *officer, const json_t *events, int64_t began, struct known *known)
{
	int64_t latest = known->accepted + target_of(officer, known) * ACK_LATEST / 100, last = 0;
	enum report_state state = STATE_NEW;
	const json_t *one;
	size_t at;

	known->step_count = 0;
	json_array_foreach(events, at, one)
	{
		enum event_type type;
		const char *word, *created;
		size_t word_len, created_len;
		int64_t when, jitter;

		if (member_text(one, "type", &word, &word_len) != 0 ||
			event_type_of(word, word_len, &type) != 0 ||
			member_text(one, "created", &created, &created_len) != 0 ||
			time_parse(created, created_len, &when) != 0 || !can_make(type) ||
			known->step_count == DUTY_PATTERN_MAX || event_next_state(state, type, &state) != 0)
			continue;
		jitter = (when - began) * JITTER / 100;
		when = known->accepted + (when - began) + between(-jitter, jitter);
		if (type == EVENT_ACK && when > latest)
			when = latest;
		when = when > last ? when : last + MINUTE;
		(void)duty_plan_step(known, type, when);
		last = when;
	}
	if (known->step_count == 0 || known->steps[0].type != EVENT_ACK)
		return -1;
	if (state != STATE_CLOSED && event_next_state(state, EVENT_CLOSE, &state) == 0)
		(void)duty_plan_step(known, EVENT_CLOSE, last + between(DAY, 7 * DAY));
	return 0;
}

static int plan_like(struct officer *officer, const struct known *other, struct known *known)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = EVENTS_MAX };
	struct link_answer answer = { 0 };
	struct failure ignored;
	struct fault fault;
	json_t *json = NULL;
	int rc = -1;

	(void)snprintf(path, sizeof path, "reports/%s/events", other->id);
	if (officer_call(officer, &request, NULL, &answer, &ignored) != 0)
		return -1;
	if (answer.status == 200 &&
		json_parse((const char *)answer.body.data, answer.body.len, EVENTS_MAX, &json, &fault) == 0)
		rc = plan_as(officer, json_object_get(json, "events"), other->accepted, known);
	json_decref(json);
	link_answer_free(&answer);
	return rc;
}

/* As the desk's roster has it now; where no roster has it, nobody is alerted. */
static void promises_of(
	const struct officer *officer, const struct known *known, struct escalation_policy *ret_policy)
{
	static const uint32_t usual[URGENCY_TIMERS] = { 15, 120, 1440, 4320 };
	const struct roster_desk *desk = desk_of(officer, known);

	escalation_policy(known->urgency, desk == NULL ? usual : desk->ack_minutes, false, ret_policy);
}

void duty_plan(struct officer *officer, struct kinds *kinds, const struct alert *alert, struct known *known)
{
	struct known plan = *known;
	struct escalation_policy policy;
	int rc = -1;

	/* Of what she opened herself it isn't known yet. */
	if (plan.accepted == 0)
		plan.accepted = alert->accepted;
	promises_of(officer, known, &policy);
	for (int try = 0; rc != 0 && try < SAMPLES; try++) {
		const struct known *other = &kinds->list[randombytes_uniform((uint32_t)kinds->count)];

		if (other->kind == REPORT_ORDINARY && other->urgency == known->urgency &&
			strcmp(other->desk, known->desk) == 0)
			rc = plan_like(officer, other, &plan);
	}
	if (rc == 0)
		duty_plan_keep_promises(&policy, &plan);
	else
		duty_plan_usual(&policy, target_of(officer, known), &plan);
	duty_plan_from(&plan, clock_wall_ms() / 1000);
	plan.is_planned = true;
	*known = plan;
	kinds->has_changed = true;
}

static json_t *content_of(enum event_type type)
{
	switch (type) {
	case EVENT_ACK:
	case EVENT_ACTIVATE:
		return NULL;
	case EVENT_CLOSE:
		return json_pack("{s:s, s:s}", "reason", REASON, "text", DUMMY);
	default:
		return json_pack("{s:s}", "text", DUMMY);
	}
}

static int make_event(struct officer *officer, struct report *report, enum event_type type,
	const struct history *before, struct failure *failure)
{
	json_t *content = content_of(type);
	const struct step step = { .type = type, .content = content, .by_anyone = true };
	struct history now;
	int rc = step_take(officer, report, &step, &now, failure);

	if (rc == 0)
		rc = step_tell(officer, report, before->state, now.state, failure);
	json_decref(content);
	return rc;
}

/* A colleague's tool may be on duty too: whose event came first goes on. */
static bool is_anothers(const struct history *history)
{
	return history->count > 0 && !history->is_acknowledged_by_me;
}

static int make(struct officer *officer, struct known *known, struct failure *failure)
{
	struct report *report = NULL;
	struct history history;
	int rc = report_take(officer, known->id, &report, failure);

	if (rc == 0)
		rc = history_fetch(officer, report, &history, failure);
	/* It was opened whole this time: the plan is for dummies only. */
	if (rc == 0 && (!kind_is_left_out(report_kind(report->json)) || is_anothers(&history)))
		known->step_count = 0;
	else if (rc == 0)
		rc = make_event(officer, report, known->steps[0].type, &history, failure);
	report_free(report);
	return rc;
}

static void drop_first(struct known *known)
{
	if (known->step_count == 0)
		return;
	known->step_count--;
	known->refusals = 0;
	memmove(known->steps, known->steps + 1, known->step_count * sizeof known->steps[0]);
}

/* What can't be done at all is left to people; a line that is down comes back, and so does a clock that was
 * wrong for a moment, for which requests are refused. */
static bool is_hopeless(struct known *known, const struct failure *failure)
{
	if (failure->exit_code == EX_NOPERM)
		known->refusals++;
	return failure->exit_code == EX_DATAERR || known->refusals >= REFUSALS_MAX;
}

int duty_work(struct officer *officer, struct failure *failure)
{
	const int64_t now = clock_wall_ms() / 1000;
	const struct roster_officer *me;
	struct kinds kinds;
	bool is_ready = false;
	int rc;

	if (kinds_load(officer, &kinds, failure) != 0)
		return -1;
	for (size_t at = 0; at < kinds.count; at++) {
		struct known *known = &kinds.list[at];
		struct failure reason;

		if (known->step_count == 0 || known->steps[0].at > now)
			continue;
		if (!is_ready && officer_me(officer, &me, &reason) != 0)
			break;
		is_ready = true;
		if (make(officer, known, &reason) == 0)
			drop_first(known);
		else if (is_hopeless(known, &reason))
			known->step_count = 0;
		else if (reason.exit_code == EX_PROTOCOL)
			say_aside(officer->invocation, "%s", reason.fault.text);
		else if (reason.exit_code != EX_NOPERM)
			continue;
		kinds.has_changed = true;
	}
	rc = kinds_save(officer, &kinds, failure);
	kinds_free(&kinds);
	return rc;
}
