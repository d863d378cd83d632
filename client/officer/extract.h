/* What is counted of a report: coarse codes only, no id, no text, no place finer than its first-level area
 * (DOMAIN 3.1). */
#ifndef OFFICER_EXTRACT_H
#define OFFICER_EXTRACT_H

#include "history.h"

#include "proto/escalation.h"

#include <jansson.h>

#define EXTRACT_PERSONS   8
#define EXTRACT_REFERRALS 16 /* of one report; further ones aren't counted */
#define REFERRAL_TAG_SIZE 17
#define ADM1_SIZE         17
#define FAMILIES          15
#define BUCKETS           6
#define ENTITIES          12
#define RIGHTS            18
#define NEEDS             21
#define OUTCOMES          7 /* the six codes, and none yet */
#define UNITS             4

/* A victim of a report. Numbers are places in the code lists below; bitmaps have a bit for each. */
struct person_extract {
	uint8_t bucket; /* of SDG 16.10.1, 1 to 6; 0 where nothing was said to be done to her */
	uint8_t gbvims; /* GBVIMS type of the gravest act, 1 to 6; 0 for none */
	uint32_t families;
	uint8_t category, gender, age, unit, perpetrator;
};

/* A part of the report that another desk was shown. */
struct referral_extract {
	char tag[REFERRAL_TAG_SIZE]; /* the beginning of its id, by which its answers are found; never shown
				      */
	bool is_handled, is_closed;  /* as that desk said */
};

struct extract {
	struct person_extract persons[EXTRACT_PERSONS];
	size_t person_count;
	uint32_t act_units[FAMILIES][UNITS]; /* acts of the sixth bucket */
	uint8_t urgency;
	char adm1[ADM1_SIZE];
	uint32_t rights, entities;
	bool is_linked_to_work, is_named, is_verified;
	/* Counted elsewhere: a further report, a copy, a part of another one, or one already in the network.
	 */
	bool is_repeated;
	bool is_followup; /* repeated for no other reason than that: in a later year it is news of an earlier
			     case */
	bool has_earlier; /* another report is linked as coming before */
	bool may_be_counted;
	/* what came of it */
	enum report_state state;
	uint8_t reason; /* place in closure_reasons, plus 1; 0 where it never was closed */
	bool is_acknowledged;
	int64_t waited;       /* seconds until then, from the full hour in which it came */
	int64_t acknowledged; /* when; while the history is read */
	bool is_contacted;
	int64_t contact_waited; /* seconds from the acknowledgement to the first contact; 0 for one before it
				 */
	uint8_t tier; /* the highest that was alerted until somebody acknowledged (enum alert_level) */
	uint32_t needs;
	uint8_t outcomes[NEEDS]; /* place in the outcomes, OUTCOMES - 1 for none yet */
	struct referral_extract referrals[EXTRACT_REFERRALS];
	size_t referral_count;
	uint32_t transfers, accepted, rejected; /* offers of the case to another desk, and their answers */
	int64_t came;
	/* Not kept: */
	uint32_t reporter; /* the same number for reports of one receipt number; 0 where nobody knows */
	int64_t until;     /* what was signed at or after it isn't taken; 0: everything is */
};

extern const char *const extract_families[FAMILIES];
extern const char *const extract_categories[7];
extern const char *const extract_genders[4];
extern const char *const extract_ages[7];
extern const char *const extract_units[UNITS];
extern const char *const extract_perpetrators[8];
extern const char *const extract_entities[ENTITIES];
extern const char *const extract_rights[RIGHTS];
extern const char *const extract_needs[NEEDS];
extern const char *const extract_outcomes[OUTCOMES];

/* Of a report that the schema has checked; came as the server lists it. */
void extract_report(const json_t *report, int64_t came, struct extract *ret_extract);
/* Takes one more event of its history; a history_each whose context is the extract. That she took it back is
 * taken whenever it was signed. */
MUST_USE int extract_event(void *context, const struct history_entry *entry, struct failure *failure);

#endif
