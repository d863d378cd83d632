/* Weekly shifts as officers write them, in the clock of a place: Monday to Friday, 08:00 to 16:00 in Manila;
 * and when they are away.
 * The server is given what they come to, so that daylight saving is right. */
#ifndef OFFICER_SHIFTS_H
#define OFFICER_SHIFTS_H

#include "absences.h"

#include "client/program.h"
#include "proto/rota.h"

#include <jansson.h>

#define SHIFTS_MAX      500
#define SHIFT_ZONE_SIZE 64
#define SHIFTS_AHEAD    91 /* days that are worked out at a time */

struct shift {
	char officer[NAME_SIZE];
	unsigned days;     /* bit 0 is Monday */
	unsigned from, to; /* minutes of the day; to is of the next day where it isn't later */
	char zone[SHIFT_ZONE_SIZE];
};

struct shifts {
	struct shift *list;
	size_t count;
	struct absences absences;
};

void shifts_free(struct shifts *shifts);
MUST_USE int shifts_add(struct shifts *shifts, const struct shift *shift, struct failure *failure);
void shifts_drop(struct shifts *shifts, const char *officer);

/* --days, --from, --to and --zone. 64 or 65 for what isn't one. */
MUST_USE int shift_options(const struct invocation *invocation, const char *officer, struct shift *ret_shift,
	struct failure *failure);

/* `mon,tue` or `daily`. */
#define SHIFT_DAYS_SIZE 32
void shift_days(const struct shift *shift, char ret_text[SHIFT_DAYS_SIZE]);

/* `{"schema": 1, "shifts": [{"days", "from", "officer", "to", "zone"}]}`, or schema 2 with `absences`
 * besides, so that a program that doesn't know them takes none away; NULL where memory is short. */
json_t *shifts_json(const struct shifts *shifts);
MUST_USE int shifts_take(const json_t *object, struct shifts *ret_shifts);

/* What they come to, from now on for SHIFTS_AHEAD days, or as far as there is room. 65 for a zone that this
 * system doesn't know. */
MUST_USE int shifts_work_out(
	const struct shifts *shifts, int64_t now, struct rota *rota, struct failure *failure);

#endif
