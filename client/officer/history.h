/* A report's events: fetched, each signature checked, the chain followed, and compared with what this officer
 * saw last time, so that a server can neither drop nor exchange one unseen. */
#ifndef OFFICER_HISTORY_H
#define OFFICER_HISTORY_H

#include "proto/event.h"
#include "report.h"

struct history {
	uint64_t count;
	uint8_t last[SHA256_BYTES]; /* event_digest of the newest; zeros without one */
	enum report_state state;
	char owner[NAME_SIZE]; /* who acknowledged first; "" where nobody has */
	bool is_acknowledged_by_me;
};

/* 76 for a forged event, a broken chain, or a history that lost what was there before. */
MUST_USE int history_fetch(struct officer *officer, const struct report *report, struct history *ret_history,
	struct failure *failure);

/* Adds an event of this type without content and takes it into history. 75 where somebody else was faster
 * (fetch the history again). */
MUST_USE int history_add(struct officer *officer, const struct report *report, enum event_type type,
	struct history *history, struct failure *failure);

#endif
