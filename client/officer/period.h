/* The fixed calendar of what is published (DOMAIN 3.2, 3.3): whole quarters, and for reprisals the years of
 * the Secretary-General's report, from 1 May to 30 April. */
#ifndef OFFICER_PERIOD_H
#define OFFICER_PERIOD_H

#include "proto/base.h"

/* What is signed later than this behind the end of a period belongs to the next release: the longest target
 * that a desk has to look into a report (DOMAIN 2.2). Before, nothing of the period is final. */
#define PERIOD_GRACE_DAYS 14

struct period {
	int64_t from, to; /* to isn't in it */
};

/* The first moment of the quarter in which it lies, or of one so many behind it. */
int64_t quarter_at(int64_t seconds, int quarters_on);
/* Whole quarters from the one with this moment to the one with that. */
struct period period_of_quarters(int64_t from, int64_t last);
/* The four quarters before this one, and this one. */
struct period period_of_last_year(int64_t now);
/* The year of reprisals that tells most of this period: the newest that ended in or before it, or while the
 * period isn't final the one in which now lies. */
struct period period_of_reprisals(struct period period, int64_t now);

int64_t period_cut_off(struct period period);
bool period_is_final(struct period period, int64_t now);
bool periods_overlap(struct period one, struct period other);

#define DATE_SIZE 11 /* `2026-01-01` */
/* The first and the last day. */
void period_dates(struct period period, char ret_first[DATE_SIZE], char ret_last[DATE_SIZE]);

#endif
