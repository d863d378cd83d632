/* What becomes of a dummy, as a list of events and times. Pure, but for chance. */
#ifndef OFFICER_DUTY_PLAN_H
#define OFFICER_DUTY_PLAN_H

#include "kinds.h"
#include "proto/escalation.h"

/* An ordinary case by the desk's times, where nobody has done anything yet that could be a pattern. */
void duty_plan_usual(const struct escalation_policy *policy, int64_t ack_seconds, struct known *known);

/* Adds an event behind those that are planned. False where there is no more room. */
bool duty_plan_step(struct known *known, enum event_type type, int64_t at);
/* How many events a pattern may have, so that there is room for what is added to it. */
#define DUTY_PATTERN_MAX (KINDS_STEPS_MAX - 4)

/* Nobody is to be woken for a dummy: moves or adds what the desk would be alerted for where it is missing
 * once it is acknowledged. The first event is its acknowledgement, the last one closes it. */
void duty_plan_keep_promises(const struct escalation_policy *policy, struct known *known);

/* What would have begun long ago begins about now, and takes as long as it would have: several events in one
 * breath would show what they are for. */
void duty_plan_from(struct known *known, int64_t now);

#endif
