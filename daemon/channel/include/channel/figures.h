/* What a role can tell of itself in numbers, when the supervisor asks it (MESSAGE_PING): one list a role, in
 * this order. Numbers only, so that nothing else can leave a process on this way. The supervisor shows them
 * as metrics (supervisor/metrics_text.c). */
#ifndef CHANNEL_FIGURES_H
#define CHANNEL_FIGURES_H

#include "proto/base.h"
#include "proto/problem.h"
#include "proto/words.h"

#define FIGURES_MAX 192

enum front_figure {
	FRONT_OPEN,        /* connections now */
	FRONT_TAKEN,       /* connections */
	FRONT_TURNED_AWAY, /* connections above a limit */
	FRONT_FIGURES,
};

/* How long a commit took: upper bounds in microseconds, and one more for all that took longer. */
#define COMMIT_BOUNDS                                                                                        \
	{                                                                                                    \
		1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, 2000000, 5000000     \
	}
#define COMMIT_BOUNDS_COUNT 12

/* How old an alert is that nobody has answered: at least so many seconds. */
#define ALERT_AGES                                                                                           \
	{                                                                                                    \
		0, 900, 3600, 14400, 86400, 259200                                                           \
	}
#define ALERT_AGES_COUNT 6

enum store_figure {
	/* as it is now */
	STORE_ROSTER_VERSION,
	STORE_ROSTER_EXPIRES,
	STORE_REQUESTS,     /* that are open, waiting ones included */
	STORE_WAITING,      /* officers' tools that wait for alerts */
	STORE_HAS_ROOM,     /* 1 while reports are taken */
	STORE_DISK_FREE,    /* bytes, in whole MiB, as the next one; both as at the last full hour, but for a
			       short disk */
	STORE_BYTES,        /* of the database */
	STORE_CAPACITY,     /* 0 for no bound */
	STORE_REWRAP_KNOWN, /* 1 once the next one has been counted */
	STORE_REWRAP,       /* reports whose header is older than the roster */
	/* as it was at the last full five minutes, of those that came before the present hour */
	STORE_OLDEST, /* age of the oldest unanswered alert, in seconds */
	STORE_OPEN,   /* open reports, by urgency */
	STORE_UNANSWERED =
		STORE_OPEN + URGENCY_COUNT, /* of those nobody has answered, by urgency, each by age */
	/* as it was at the last full hour */
	STORE_ACCEPTED = STORE_UNANSWERED + URGENCY_COUNT * ALERT_AGES_COUNT,
	STORE_COMMIT_MICROSECONDS,                               /* summed */
	STORE_COMMITS,                                           /* by bound */
	STORE_REFUSED = STORE_COMMITS + COMMIT_BOUNDS_COUNT + 1, /* by problem */
	STORE_FIGURES = STORE_REFUSED + PROBLEM_COUNT,
};

struct message_pong {
	size_t count;
	uint64_t figures[FIGURES_MAX];
};

#endif
