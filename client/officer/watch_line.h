/* Whether a watch is blind: says so once when the line is lost, again after longer and longer times, and when
 * it is back. */
#ifndef OFFICER_WATCH_LINE_H
#define OFFICER_WATCH_LINE_H

#include "client/program.h"

#define RETRY_FIRST_MS 250
#define RETRY_LAST_MS  20000

struct watch_line {
	bool is_lost;
	int64_t lost_ms, remind_ms;
	char reason[FAULT_TEXT_SIZE]; /* why it was lost */
	int64_t retry_ms;             /* the last pause; 0 while the line works */
};

/* invocation is NULL where somebody else shows it.
 *
 * A call failed for this reason. Gives the pause until the next try, in milliseconds. */
int64_t watch_line_lost(
	struct watch_line *line, const struct invocation *invocation, const struct failure *reason);
void watch_line_works(struct watch_line *line, const struct invocation *invocation);
void watch_line_remind(struct watch_line *line, const struct invocation *invocation);

/* The pause behind a pause of this length (0: the first), chance included, so that a desk's officers don't
 * all come back in the same moment. */
int64_t watch_line_pause(int64_t before_ms);

#endif
