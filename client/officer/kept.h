/* Extracts that outlive their reports, so that what a desk's retention destroyed is counted all the same when
 * its period is over (DOMAIN 4: an extract may be kept for 5 years). They are kept in the officer's home, a
 * file for each month in which reports came, sealed to herself.
 *
 * Only of reports whose sender agreed to be counted. While the report is there its id stands with the
 * extract; once retention has destroyed it the id goes, and nothing leads back. What admins destroyed by
 * hand, as they do where its sender asks for it, is forgotten here too; and so is what the server doesn't say
 * why it is gone. */
#ifndef OFFICER_KEPT_H
#define OFFICER_KEPT_H

#include "counted.h"

#include "client/items.h"
#include "keys/identity.h"

#define KEPT_YEARS 5

/* What became of a report that her desks don't list. */
enum fate {
	FATE_THERE,     /* or nobody can say just now */
	FATE_ELSEWHERE, /* another desk's: it counts it */
	FATE_EXPIRED,   /* destroyed by retention */
	FATE_DESTROYED, /* by hand, or nobody says why */
};

typedef int ask_fate(void *owner, const char *report, enum fate *ret_fate, struct failure *failure);

struct keeper {
	const struct items *items;
	const struct identity *identities; /* the newest seals, each opens */
	int64_t now;
	ask_fate *ask;
	void *owner; /* ask's */
};

/* Keeps what was read, adds to counted what is kept besides, and forgets what is too old. -1 where a file
 * can't be opened (78) or written, or ask fails. */
MUST_USE int kept_merge(const struct keeper *keeper, struct counted *counted, struct failure *failure);

/* The same for an officer and her server. */
MUST_USE int kept_with(struct officer *officer, struct counted *counted, struct failure *failure);

#endif
