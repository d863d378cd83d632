/* A new organisation: everything that `init' makes, in memory first, then as files. */
#ifndef ADMIN_FOUNDATION_H
#define ADMIN_FOUNDATION_H

#include "admin.h"
#include "keys/keyring.h"
#include "keys/tls_key.h"
#include "proto/url.h"

struct foundation {
	struct server_url url;
	char *passphrase; /* NULL: nothing is encrypted. In sodium_malloc memory */
	struct identity *identity;
	struct keyring *keyring;
	struct tls_pair tls, next_tls; /* the next one's pin is known to clients long before it is shown */
	struct roster *roster;         /* version 1, signed */
};

/* Keys, a base path of its own, and the first roster. organisation and url (without its base) are checked
 * already. */
MUST_USE int foundation_make(
	struct foundation *foundation, const char *organisation, const char *admin, struct failure *failure);

/* HOME/identity.age, HOME/roster and HOME/daemon, as clariond takes them. */
MUST_USE int foundation_write(
	const struct foundation *foundation, const struct home *home, struct failure *failure);

void foundation_free(struct foundation *foundation);

#endif
