/* What was given out of statistics, kept in the officer's home: a period is given out as it was, whatever
 * happened since, and never in another cut (DOMAIN 3.3, point 7): who holds two versions would learn what
 * changed, and who it was. Only what was published is kept, nothing that it was counted from. */
#ifndef OFFICER_RELEASE_H
#define OFFICER_RELEASE_H

#include "client/items.h"
#include "situation.h"

enum release {
	RELEASE_NONE, /* nothing of this period was given out */
	RELEASE_SAME, /* it was: the part is filled in with that */
	RELEASE_CUT,  /* it was, as a part of another one or together with more */
};

/* For part->part and part->period. *ret_other is the other period. 78 where what is kept was changed. */
MUST_USE int release_find(const struct items *items, struct situation_part *part, enum release *ret_release,
	struct period *ret_other, struct failure *failure);

/* Keeps a part that is counted; it is given out only once this is 0. */
MUST_USE int release_keep(const struct items *items, struct situation_part *part, struct failure *failure);

#endif
