/* Rosters as an admin sees them. */
#ifndef ADMIN_SHOW_H
#define ADMIN_SHOW_H

#include "client/output.h"
#include "proto/roster.h"

/* How many valid signatures it has: of the admins before, or of its own, whichever lacks more. */
size_t show_signatures(const struct roster *roster, const struct roster *before);

/* How many it needs, of the same admins. */
unsigned show_threshold(const struct roster *roster, const struct roster *before);

#define CHANGES_MAX (2 * 1024 * 1024) /* two rosters have a line for everything */

/* {version, expires, signatures, threshold, signed (by whom, in words)}; before is the roster it follows, or
 * NULL. NULL where memory is short. */
json_t *show_roster_facts(const struct roster *roster, const struct roster *before);

/* The same in words, one line. */
void show_roster_line(const struct invocation *invocation, const char *what, const struct roster *roster,
	const struct roster *before);

/* What differs from before (NULL: everything), each change on an indented line. */
MUST_USE int show_changes(const struct invocation *invocation, const struct roster *before,
	const struct roster *after, struct failure *failure);

#endif
