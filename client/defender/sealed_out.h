/* A sealed report that leaves as a file, for anybody to carry: FILE, and FILE.to with all that a carrier
 * learns. */
#ifndef DEFENDER_SEALED_OUT_H
#define DEFENDER_SEALED_OUT_H

#include "reporting.h"

#define SEALED_OUT_TO     ".to"
#define SEALED_OUT_TO_MAX 1024 /* of FILE.to */

/* `report --out`, with the session open and makes_no_connection set. 73 where one of the two is there
 * already. */
MUST_USE int seal_out(struct reporting *reporting, const char *path, struct failure *failure);

/* The name of what lies beside it. 64 for one that is too long. */
MUST_USE int sealed_out_to(const char *path, char **ret_path, struct failure *failure);

/* Reads FILE.to into entry: desk, urgency, salt, roster. 66 where it isn't there, 65 for what isn't one. */
MUST_USE int sealed_out_read(const char *path, struct queued *entry, struct failure *failure);

#endif
