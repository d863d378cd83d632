/* What the store tells of itself in numbers (channel/figures.h). Whoever can read them keeps them for years,
 * and must not learn from them in which minute somebody reported: so what moves with a report is shown as it
 * was at the last full hour, and an open one counts from the end of the hour in which it came. */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include "proto/base.h"
#include "proto/problem.h"

struct store;

MUST_USE int figures_start(struct store *store);
void figures_free(struct store *store);

/* Each is nothing before figures_start. */
void figures_accepted(struct store *store);
void figures_refused(struct store *store, enum problem problem);
void figures_committed(struct store *store, int64_t microseconds);

/* Answers the supervisor's MESSAGE_PING. */
MUST_USE int figures_answer(struct store *store);

#endif
