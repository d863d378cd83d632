/* How far one alert is: what its facts, its desk and who is on duty come to. */
#include "escalation.h"
#include "rota.h"
#include "store_state.h"

#include <string.h>

#define MINUTE 60

/* For a desk that no roster names any more nobody is there to be alerted. */
static bool policy_of(
	const struct store *store, const struct report_facts *facts, struct escalation_policy *ret_policy)
{
	const struct roster_desk *desk =
		store->roster == NULL ? NULL : roster_desk(store->roster, facts->desk);

	if (desk == NULL)
		return false;
	escalation_policy(facts->urgency, desk->ack_minutes, desk->fallback[0] != '\0', ret_policy);
	return true;
}

bool escalation_is_acknowledged(const struct report_facts *facts)
{
	return facts->state != STATE_NEW && (facts->has_proof || facts->is_seconded);
}

/* Somebody has said when it goes on, or that it doesn't. */
static bool is_resting(enum report_state state)
{
	return state == STATE_ACTIVE || state == STATE_WAITING || state == STATE_MONITOR ||
	       state == STATE_CLOSED;
}

/* Once acknowledged. One that is anything but acknowledged was triaged, or reopened. */
static unsigned open_targets(const struct report_facts *facts)
{
	unsigned targets = 0;

	if (facts->state == STATE_CLOSED)
		return 0;
	if (!facts->is_contacted)
		targets |= TARGET_BIT(TARGET_CONTACT);
	if (facts->state == STATE_ACK)
		targets |= TARGET_BIT(TARGET_TRIAGE);
	return targets;
}

static struct escalation_progress progress_of(const struct report_facts *facts)
{
	/* A check-in may end at any second. */
	return (struct escalation_progress){ .listed = time_cut(facts->listed, MINUTE),
		.level = facts->level,
		.alerted = facts->alerted,
		.is_unanswered = facts->is_unanswered,
		.is_acknowledged = escalation_is_acknowledged(facts) || facts->state == STATE_CLOSED,
		.is_resting = is_resting(facts->state),
		.progressed = facts->progressed,
		.acknowledged = facts->acknowledged,
		.open_targets = open_targets(facts),
		.misses = facts->misses,
		.watched = facts->watched };
}

bool escalation_take_step(
	const struct store *store, struct report_facts *facts, struct escalation_step *ret_step)
{
	const struct escalation_progress progress = progress_of(facts);
	struct rota_view view = rota_view(store, facts->desk);
	const struct escalation_duty duty = rota_duty(&view);
	struct escalation_policy policy;
	int64_t now = store_now(store);

	if (!policy_of(store, facts, &policy) || !escalation_due(&policy, &progress, &duty, now, ret_step))
		return false;
	facts->alerted = time_cut(now, MINUTE);
	if (progress.is_acknowledged) {
		facts->misses += (uint32_t)ret_step->misses;
		facts->watched = facts->alerted;
	} else {
		facts->level = ret_step->level;
		facts->is_unanswered = ret_step->is_unanswered;
	}
	return true;
}

int64_t escalation_when(const struct store *store, const struct report_facts *facts)
{
	const struct escalation_progress progress = progress_of(facts);
	struct rota_view view = rota_view(store, facts->desk);
	const struct escalation_duty duty = rota_duty(&view);
	struct escalation_policy policy;

	if (facts->stage != STAGE_LISTED || !policy_of(store, facts, &policy))
		return ESCALATION_NEVER;
	return escalation_next(&policy, &progress, &duty);
}

int escalation_begin(struct store *store, struct report_facts *facts)
{
	struct escalation_step step;

	if (escalation_take_step(store, facts, &step) &&
		pages_add(store, facts->desk, step.levels, facts->urgency) != 0)
		return -1;
	escalation_track(store, facts);
	return 0;
}

/* Somebody else has it now, or somebody has it again: her time to keep what was promised. */
static bool begins_anew(enum event_type type)
{
	return type == EVENT_REOPEN || type == EVENT_ACCEPT;
}

void escalation_on_event(struct store *store, struct report_facts *facts, const struct report_event *event)
{
	static const uint8_t nobody[ED25519_PUBLIC_BYTES];

	bool was_acknowledged = facts->progressed != 0 && escalation_is_acknowledged(facts);

	if (event->type == EVENT_CONTACT)
		facts->is_contacted = true;
	if (facts->state == STATE_NEW)
		return;
	if (bytes_equal(facts->acknowledged_by, nobody, sizeof nobody))
		memcpy(facts->acknowledged_by, event->keyid, sizeof facts->acknowledged_by);
	else if (!bytes_equal(facts->acknowledged_by, event->keyid, sizeof facts->acknowledged_by))
		facts->is_seconded = true;
	/* That one more person has read it is no progress. */
	if (event->type != EVENT_ACK || !was_acknowledged)
		facts->progressed = time_cut(store_now(store), MINUTE);
	if (escalation_is_acknowledged(facts) && (facts->acknowledged == 0 || begins_anew(event->type))) {
		facts->acknowledged = facts->watched = time_cut(store_now(store), MINUTE);
		facts->misses = 0;
	}
	/* When it was alerted last would tell to the minute when it came. */
	if (escalation_is_acknowledged(facts) && (event->type != EVENT_ACK || !was_acknowledged)) {
		facts->alerted = facts->progressed;
		facts->is_unanswered = false;
	}
	escalation_track(store, facts);
	if (facts->level == LEVEL_FALLBACK && facts->state == STATE_REOPENED)
		raises_keep_fallen(store, facts);
}

void escalation_fill(const struct store *store, const struct report_facts *facts, struct alert *alert)
{
	const struct escalation_progress progress = progress_of(facts);
	struct escalation_policy policy;

	alert->escalation = ESCALATION_NONE;
	alert->tier = 0;
	if (policy_of(store, facts, &policy))
		alert->escalation = escalation_stage(&policy, &progress, &alert->tier);
}

bool escalation_may_act(
	const struct roster *roster, const struct report_facts *facts, const struct roster_officer *officer)
{
	const struct roster_desk *desk = roster_desk(roster, facts->desk);

	if (officer == NULL)
		return false;
	return officer_serves(officer, facts->desk) ||
	       (facts->level == LEVEL_FALLBACK && desk != NULL && desk->fallback[0] != '\0' &&
		       officer_serves(officer, desk->fallback));
}
