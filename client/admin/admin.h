/* The admin at work: her home, the chain of rosters in it, her identity, and her organisation's server. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "client/home.h"
#include "client/items.h"
#include "client/organisation.h"
#include "keys/identity.h"
#include "proto/roster.h"

#include <limits.h>

#define IDENTITY_FILE  "identity.age"
#define ROSTER_FOLDER  "roster" /* N.note, and the draft */
#define DRAFT_FILE     "roster/draft"
#define DAEMON_FOLDER  "daemon" /* all that the server's machine needs */
#define DAEMON_ROSTERS "daemon/rosters"

struct admin {
	const struct invocation *invocation;
	struct home *home;
	struct roster
		*newest;    /* the newest of the chain: in force, or on its way there. NULL before `join' */
	struct items items; /* the same home as client/organisation.h sees it */
};

/* 66 where there is no home, 78 where it holds no organisation. */
MUST_USE int admin_open(
	const struct invocation *invocation, struct admin **ret_admin, struct failure *failure);
/* The same for a home that holds an admin's identity and no organisation yet: newest is NULL. */
MUST_USE int admin_open_unjoined(
	const struct invocation *invocation, struct admin **ret_admin, struct failure *failure);
void admin_close(struct admin *admin);

/* A path in the home. 78 where it is too long. */
MUST_USE int admin_path(
	const struct home *home, const char *name, char ret_path[PATH_MAX], struct failure *failure);

/* Asks for the passphrase only where one is needed; 77 for a wrong one. Free with identity_free. */
MUST_USE int admin_identity(
	const struct admin *admin, struct identity **ret_identity, struct failure *failure);

/* The chain's next roster: kept in the home, and the newest from now on. */
MUST_USE int admin_took(struct admin *admin, const struct roster *roster, struct failure *failure);

/* Time that no roster contradicts: the clock's, or the newest roster's `issued` where that is later. Seconds.
 */
int64_t admin_now(const struct admin *admin);

/* What keys/ left in errno, as an exit code, with its sentence. Always -1. */
MUST_USE int admin_file_failure(struct failure *failure, int error, const struct fault *fault);

#endif
