/* What is going to happen at a desk, in the order of time. */
#ifndef TESTS_DESK_OCCASIONS_H
#define TESTS_DESK_OCCASIONS_H

#include <stdint.h>

enum happening {
	ARRIVES,
	ACTS,
	CHECKED,
	VERIFIED,
	LATE,
	CRASH,
	OUTAGE,
	REFUSAL,
	RECOVERY,
	CUT,
	HEALED,
	ABSENCE
};

struct occasion {
	int64_t when;
	enum happening what;
	unsigned who; /* a report or an officer */
	unsigned level;
};

void plan(int64_t when, enum happening what, unsigned who, unsigned level);
/* The next, which there is. */
struct occasion occasion_take(void);
/* When that is; INT64_MAX for never. */
int64_t occasions_next(void);
void occasions_free(void);

#endif
