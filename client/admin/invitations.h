/* Invitations with a SECRET: the daemon is told of each by the SECRET's hash, before anybody is given it. */
#ifndef ADMIN_INVITATIONS_H
#define ADMIN_INVITATIONS_H

#include "admin.h"
#include "proto/invitation.h"
#include "proto/invitation_list.h"

/* Fills in list->hashes from count SECRETs that are random from now on, and has the running daemon keep them
 * for the desk. 69 where it doesn't answer, 65 where it knows no such desk. secrets is guarded memory. */
MUST_USE int invitations_make(struct admin *admin, const struct roster_desk *desk,
	uint8_t (*secrets)[INVITATION_SECRET_BYTES], size_t count, struct failure *failure);

/* One without a SECRET. */
MUST_USE int invitation_of(
	const struct roster *roster, struct invitation *ret_invitation, struct failure *failure);

/* One for a defender of the desk, as text, with a SECRET where the desk asks for tokens. Appends to out. */
MUST_USE int invitations_text(
	struct admin *admin, const struct roster_desk *desk, struct buffer *out, struct failure *failure);

#endif
