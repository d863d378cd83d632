/* An admin's next identity, while `rotate admin' is under way. HOME/identity-next.age is the key, and
 * HOME/identity-next.card its public half, readable without the passphrase. Once a roster that names it is in
 * force it takes the place of identity.age, and the old one stays beside as identity-until-VERSION.age: it
 * opens what was sealed to it. Every step can be cut off, and is finished by the next command. */
#ifndef ADMIN_NEXT_IDENTITY_H
#define ADMIN_NEXT_IDENTITY_H

#include "admin.h"

/* The identity of today and the next one, which is made (under the same passphrase) where there is none. */
MUST_USE int next_identity_make(const struct admin *admin, struct identity **ret_identity,
	struct identity **ret_next, struct failure *failure);

/* The identity of today; and the next one where there is one that this draft names, else NULL. */
MUST_USE int next_identity_for(const struct admin *admin, const struct roster *draft,
	struct identity **ret_identity, struct identity **ret_next, struct failure *failure);

/* True while there is one that no roster in force names. */
bool next_identity_waits(const struct admin *admin);

/* Finishes the change where the newest roster names the next one. */
MUST_USE int next_identity_settle(const struct admin *admin, struct failure *failure);

#endif
