/* A chain of rosters as files: VERSION.note in one folder, of which the highest is the newest. */
#ifndef KEYS_ROSTER_FOLDER_H
#define KEYS_ROSTER_FOLDER_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/roster.h"

/* errno as in secure_file.h, ENOENT where there is none; EBADMSG where the file isn't that roster. */
MUST_USE int roster_folder_newest(const char *folder, struct roster **ret_roster, struct fault *fault);
MUST_USE int roster_folder_get(
	const char *folder, uint64_t version, struct roster **ret_roster, struct fault *fault);

/* Writes the roster's note. The same body again replaces the file (signatures may have been added); another
 * body under the same version is refused with EEXIST. */
MUST_USE int roster_folder_put(const char *folder, const struct roster *roster, struct fault *fault);

#endif
