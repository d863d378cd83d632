/* A roster on its way to the daemon. */
#ifndef ADMIN_PUBLISH_H
#define ADMIN_PUBLISH_H

#include "admin.h"

enum publish_way {
	PUBLISH_RUNNING,    /* the running daemon has it in force */
	PUBLISH_NEXT_START, /* it lies in daemon/rosters */
};

/* Through the daemon where it answers (with what it missed before, where it is behind), else into daemon/. 69
 * where it doesn't answer and this home has no daemon/; 77 where the daemon finds too few signatures. */
MUST_USE int publish_roster(
	struct admin *admin, const struct roster *roster, enum publish_way *ret_way, struct failure *failure);

#endif
