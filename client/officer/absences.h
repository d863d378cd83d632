/* Times in which an officer is away: what her weekly shifts come to is nobody's duty then. */
#ifndef OFFICER_ABSENCES_H
#define OFFICER_ABSENCES_H

#include "client/failure.h"
#include "proto/rota.h"

#include <jansson.h>

#define ABSENCES_MAX     500
#define ABSENCE_DAYS_MAX 400 /* so that a slip of the pen takes nobody away for ever */

struct absence {
	char officer[NAME_SIZE];
	int64_t from, to;
};

struct absences {
	struct absence *list;
	size_t count;
};

void absences_free(struct absences *absences);
/* 65 where it ends before it begins, or there are too many. */
MUST_USE int absences_add(struct absences *absences, const struct absence *absence, struct failure *failure);
/* This officer is back. */
void absences_drop(struct absences *absences, const char *officer);
/* Those that are over. */
void absences_drop_past(struct absences *absences, int64_t now);

/* `[{"from", "officer", "to"}]`; NULL where memory is short. */
json_t *absences_json(const struct absences *absences);
MUST_USE int absences_take(const json_t *list, struct absences *ret_absences);

/* Cuts them out of the duties, of which there may be `room`, and no two of one officer begin together. */
void absences_cut(const struct absences *absences, struct duty *duties, size_t *count, size_t room);

#endif
