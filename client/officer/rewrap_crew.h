/* Several helpers at once: most of what a report takes is waiting for the server. */
#ifndef OFFICER_REWRAP_CREW_H
#define OFFICER_REWRAP_CREW_H

#include "officer.h"

#define CREW_SIZE 8 /* in flight: as many as one core of the server and one of the tool keep busy */

/* How one report went. */
struct outcome {
	char report[ID_SIZE];
	bool is_done;
	bool is_alarming;
	bool is_the_end; /* not about the report: the line is lost, or memory */
	struct failure failure;
};

/* Does the at-th of count shares, and tells each outcome. */
typedef int crew_tell(void *context, const struct outcome *outcome);
typedef void crew_share(struct officer *officer, const void *work, size_t at, size_t count, crew_tell *tell,
	void *tell_context);

/* Runs CREW_SIZE processes of this one's kind, each with a connection of its own, and tells what they tell,
 * in this process. Ends them where tell answers other than 0. -1 where they can't be started, or one of them
 * ended before its time. */
struct crew {
	struct officer *officer;
	crew_share *share;
	const void *work;
	crew_tell *tell;
	void *context;
};
MUST_USE int crew_run(const struct crew *crew, struct failure *failure);

#endif
