/* The keyring of a restored daemon: what the backup's rows need and what has been made since. */
#ifndef ADMIN_RESTORE_KEYRING_H
#define ADMIN_RESTORE_KEYRING_H

#include "admin.h"

/* name counts from the home. Written where it is missing; where another one lies there, the backup's storage
 * keys that it lacks are added (which may ask for the passphrase of both). 65 where it is another
 * organisation's. */
MUST_USE int restore_keyring(
	const struct admin *admin, const char *name, const struct buffer *backed_up, struct failure *failure);

#endif
