/* Reports that belong together: further ones by the same hand, and those that a sender names. A second threat
 * within 30 days makes a report urgent (DOMAIN 1.6). */
#ifndef OFFICER_RELATED_H
#define OFFICER_RELATED_H

#include "hand.h"
#include "history.h"

#define RELATED_MAX          24 /* that are looked into, the newest first; what else is known is counted */
#define THREAT_WINDOW_DAYS   30
#define THREAT_WINDOW_MILLIS (INT64_C(1000) * 86400 * THREAT_WINDOW_DAYS)

struct related_report {
	char id[ID_SIZE];
	const char *how; /* in words */
	bool is_open;    /* this officer could look into it */
	bool is_threat;
};

struct related {
	struct related_report list[RELATED_MAX];
	size_t count;
	size_t more;                 /* known, and not looked into */
	char threat_before[ID_SIZE]; /* another threat, within 30 days; "" where this is no second one */
};

/* Looks into what is known to belong to it: header and first part of each, nothing of their evidence. */
MUST_USE int related_find(struct officer *officer, const struct report *report, struct related *ret_related,
	struct failure *failure);

/* Whether a report tells of a threat, and when, in milliseconds; 0 where it doesn't say. */
bool is_threat(const json_t *report);
int64_t related_time(const json_t *report);
/* Both tell of a threat, no more than 30 days apart. What doesn't say when counts as now. */
bool is_threat_again(const json_t *report, const json_t *earlier, int64_t now_ms);

/* What a person reads; nothing where there is nothing. */
void related_show(const struct related *related, struct buffer *out);

/* A new urgency where this is a second threat and the case is less than urgent so far; else NULL. */
const char *related_urgency(const struct related *related, const struct history *history);

#endif
