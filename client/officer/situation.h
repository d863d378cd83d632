/* The tables of a situation report (DOMAIN 3.2) from the extracts of a desk's reports. It has two parts, each
 * with a period of its own: what came in some quarters, and reprisals in a year of the Secretary-General's
 * report. */
#ifndef OFFICER_SITUATION_H
#define OFFICER_SITUATION_H

#include "disclosure.h"
#include "extract.h"
#include "period.h"

#include "proto/encode.h"

#define SITUATION_TABLES 28 /* of a part, at most */
#define URGENCIES        URGENCY_COUNT

/* Of the waiting times of one urgency; only where there are as many as the threshold asks for. */
struct waiting {
	bool is_shown;
	uint32_t median_hours, most_hours; /* nine in ten waited no longer */
};

enum part { PART_QUARTERS, PART_REPRISALS, PARTS };

struct situation_part {
	enum part part;
	struct period period;
	uint32_t threshold;
	/* Given out as it is from now on (release.h), with its digest; else it is for the desk only. */
	bool is_released;
	char sha256[SHA256_HEX_CHARS + 1];
	struct table *tables;
	struct published *published;
	size_t table_count;
	struct waiting waiting[URGENCIES]; /* of PART_QUARTERS */
	json_t *kept;                      /* of a release: what the tables' words point into */
};

struct situation {
	struct situation_part parts[PARTS];
};

struct target {
	int64_t seconds[URGENCIES]; /* to acknowledge within */
	int64_t contact[URGENCIES]; /* from then, to reach the sender within */
};

/* Fills in a part's tables; which part it is, its period and its threshold are the caller's. -1 where memory
 * is short. */
MUST_USE int situation_count(struct situation_part *part, const struct extract *extracts, size_t count,
	const struct target *target);
void situation_part_free(struct situation_part *part);
void situation_free(struct situation *situation);

#endif
