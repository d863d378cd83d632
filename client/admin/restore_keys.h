/* The server's own keys behind a restore: those that the newest roster names may have been made after the
 * backup, and be lost. */
#ifndef ADMIN_RESTORE_KEYS_H
#define ADMIN_RESTORE_KEYS_H

#include "admin.h"
#include "configuration.h"
#include "restore_files.h"

struct restore_keys {
	struct admin *admin;
	const struct restored *files;
	const struct roster *then;   /* the backup's */
	const struct roster *newest; /* that will be in force */
	const struct configured_names *names;
};

/* What isn't there yet: the key that the newest roster names, of the two that a backup holds, in its place.
 */
MUST_USE int restore_put_tls(const struct restore_keys *keys, struct failure *failure);

/* Where the newest roster names keys that nobody has any more, a draft names those that are there, and the
 * person is told. Behind the keyring and the rosters. */
MUST_USE int restore_draft_keys(const struct restore_keys *keys, bool *ret_drafted, struct failure *failure);

/* A file that isn't there yet. */
MUST_USE int restore_put_missing(
	const struct admin *admin, const char *name, const struct buffer *content, struct failure *failure);

#endif
