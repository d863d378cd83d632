/* The tables of a situation report (DOMAIN 3.2) from the extracts of a desk's reports. */
#ifndef OFFICER_SITUATION_H
#define OFFICER_SITUATION_H

#include "disclosure.h"
#include "extract.h"

#define SITUATION_TABLES 24
#define URGENCIES        URGENCY_COUNT

/* Of the waiting times of one urgency; only where there are as many as the threshold asks for. */
struct waiting {
	bool is_shown;
	uint32_t median_hours, most_hours; /* nine in ten waited no longer */
};

struct situation {
	int64_t from, to;             /* of the reports' arrival; to isn't in it */
	int64_t cycle_from, cycle_to; /* of the Secretary-General's report: 1 May to 30 April */
	uint32_t threshold;
	struct table *tables;
	struct published *published;
	size_t table_count;
	struct waiting waiting[URGENCIES];
};

struct target {
	int64_t seconds[URGENCIES]; /* to acknowledge within */
};

/* Fills in the tables; from, to, the cycle and the threshold are the caller's. -1 where memory is short. */
MUST_USE int situation_count(struct situation *situation, const struct extract *extracts, size_t count,
	const struct target *target);
void situation_free(struct situation *situation);

#endif
