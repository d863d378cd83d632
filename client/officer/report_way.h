/* Through which desks a report came: most stay where they were sent. */
#ifndef OFFICER_REPORT_WAY_H
#define OFFICER_REPORT_WAY_H

#include "officer.h"
#include "proto/alert_list.h"
#include "proto/delegation.h"

struct report_stage {
	char desk[NAME_SIZE]; /* "" for the first one, where the report isn't this officer's to open */
	int64_t since;
};

struct report_way {
	struct report_stage stages[DELEGATIONS_MAX + 1];
	size_t count; /* at least 1; more where it was transferred */
};

/* alert: as the list of its desk names it. By its events' types, which the server sees too; only one that was
 * transferred is opened. */
MUST_USE int report_way(struct officer *officer, const struct alert *alert, struct report_way *ret_way,
	struct failure *failure);

#endif
