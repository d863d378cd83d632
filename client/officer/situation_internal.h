/* What situation.c (the report as a whole), situation_people.c, situation_work.c and situation_answers.c (its
 * tables) share. */
#ifndef OFFICER_SITUATION_INTERNAL_H
#define OFFICER_SITUATION_INTERNAL_H

#include "situation_words.h"

#define PLACES_MAX (TABLE_COLUMNS - 1)

#define RESPONSE_TABLE "S7"

/* Tables that count the same things (disclosure.h). */
enum same { SAME_NONE, SAME_REPORTED, SAME_VERIFIED, SAME_REPRISALS, SAME_REPORTS, SAME_ALL_REPORTS };

/* Everything that the tables are counted from. */
struct counting {
	struct situation_part *part;
	const struct extract *extracts;
	size_t count;
	const struct target *target;
	uint32_t *reporters;                /* of each extract */
	char places[PLACES_MAX][ADM1_SIZE]; /* areas with enough people */
	size_t place_count;
};

/* The next table of the report. */
struct table *table_begin(
	struct counting *counting, const char *id, const char *title, const char *counted, bool adds_up);
void table_rows(struct table *table, const char *const *names, size_t count);
void table_columns(struct table *table, const char *const *names, size_t count);

bool is_in_period(const struct counting *counting, const struct extract *extract);
/* Whose people are counted here: with consent, in the period, and not counted elsewhere already. */
bool counts(const struct counting *counting, const struct extract *extract);

/* Which areas are shown by their name: before add_victims. */
void find_places(struct counting *counting);
void add_victims(struct counting *counting);
void add_sexual(struct counting *counting);
void add_reprisals(struct counting *counting);
void add_rights(struct counting *counting);

void add_needs(struct counting *counting);
void add_closures(struct counting *counting);
void add_repeats(struct counting *counting);
void add_trend(struct counting *counting);
void add_contacts(struct counting *counting);
void add_climbs(struct counting *counting);
void add_referrals(struct counting *counting);
/* How fast we answered: nothing of what a report says is in it, so that every report counts. -1 where memory
 * is short. */
MUST_USE int add_response(struct counting *counting);

#endif
