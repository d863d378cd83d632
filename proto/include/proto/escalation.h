/* How an alert climbs until somebody takes it (docs/protocol.md, "Escalation"): the one table of times, and
 * what follows from it. Pure: the caller says what time it is, and who is on duty.
 *
 * All times are seconds since 1970 in UTC; a report's clock begins at a full minute. */
#ifndef PROTO_ESCALATION_H
#define PROTO_ESCALATION_H

#include "proto/base.h"
#include "proto/words.h"

#define ESCALATION_VERSION 2 /* of the table */
#define ESCALATION_NEVER   INT64_MAX

/* Who has been alerted: each level besides those below it. */
enum alert_level { LEVEL_NONE, LEVEL_TIER_1, LEVEL_TIER_2, LEVEL_TIER_3, LEVEL_FALLBACK };
#define LEVEL_COUNT      5
#define LEVEL_BIT(level) (1U << (level))

/* What is promised once somebody has acknowledged. */
enum escalation_target { TARGET_CONTACT, TARGET_TRIAGE };
#define TARGET_COUNT       2
#define TARGET_BIT(target) (1U << (target))

/* When tier 1 is alerted, and when everybody who has been alerted is again. */
enum escalation_rhythm {
	RHYTHM_INTERVAL, /* at once, and every so often */
	RHYTHM_DUTY,     /* once somebody is on duty, and when the next shift begins */
	RHYTHM_DIGEST,   /* once a day */
};

/* The table's column for one urgency, scaled for one desk. */
struct escalation_policy {
	enum escalation_rhythm rhythm;
	int64_t repeat;               /* seconds */
	int64_t climb[LEVEL_COUNT];   /* seconds after the clock began; ESCALATION_NEVER for a level that is
					 never reached */
	int64_t stalled;              /* seconds without an event, once acknowledged; ESCALATION_NEVER */
	int64_t target[TARGET_COUNT]; /* seconds after the acknowledgement, and again after as many;
					 ESCALATION_NEVER */
};

/* ack_minutes are the desk's four acknowledge numbers: each time is the table's, times the number, divided by
 * the default one, rounded up to a minute. */
void escalation_policy(enum urgency urgency, const uint32_t ack_minutes[URGENCY_TIMERS], bool has_fallback,
	struct escalation_policy *ret_policy);

/* How far it is with one report. */
struct escalation_progress {
	int64_t listed; /* its clock began */
	enum alert_level level;
	int64_t alerted;      /* when anybody was last alerted of it; 0 for never */
	bool is_unanswered;   /* everybody has been alerted, and again */
	bool is_acknowledged; /* as far as that stops the climb */
	bool is_resting;      /* somebody has said when it goes on, or it is closed */
	int64_t progressed;   /* the last event, once acknowledged */
	/* Once acknowledged: when its targets began to count, TARGET_BITs of those that aren't met yet, how
	 * many misses somebody was alerted of, and up to when they were looked for. No event moves them. */
	int64_t acknowledged;
	unsigned open_targets;
	uint32_t misses;
	int64_t watched;
};

/* Who is on duty at the report's desk. */
struct escalation_duty {
	bool (*is_anybody)(void *context, int64_t at);
	/* The first shift that begins after this time; ESCALATION_NEVER where none is known. */
	int64_t (*next_start)(void *context, int64_t after);
	void *context;
};

struct escalation_step {
	int64_t when;    /* it was due */
	unsigned levels; /* LEVEL_BITs of who is alerted now */
	enum alert_level level;
	bool is_climb;
	bool is_unanswered;
	int64_t misses; /* of targets, since they were looked for last */
};

/* True where something is to be done by now. What was missed comes as one step. */
bool escalation_due(const struct escalation_policy *policy, const struct escalation_progress *progress,
	const struct escalation_duty *duty, int64_t now, struct escalation_step *ret_step);

/* When the next step is due, which may be in the past; ESCALATION_NEVER where nothing waits. */
int64_t escalation_next(const struct escalation_policy *policy, const struct escalation_progress *progress,
	const struct escalation_duty *duty);

/* As a list of alerts shows it. */
enum escalation_stage {
	ESCALATION_NONE, /* nobody was alerted yet, or it is acknowledged and goes on */
	ESCALATION_TIER_1,
	ESCALATION_TIER_2,
	ESCALATION_TIER_3,
	ESCALATION_FALLBACK,
	ESCALATION_UNANSWERED,
	ESCALATION_STALLED, /* acknowledged, and nothing more */
	ESCALATION_OVERDUE, /* acknowledged, and a first contact or the triage is late */
};
#define ESCALATION_STAGES 8

/* *ret_tier: the highest that is alerted of it now, 0 for none; 4 is the fallback desk. */
enum escalation_stage escalation_stage(const struct escalation_policy *policy,
	const struct escalation_progress *progress, unsigned *ret_tier);
const char *escalation_word(enum escalation_stage stage);
MUST_USE int escalation_of(const char *word, size_t len, enum escalation_stage *ret_stage);

#endif
