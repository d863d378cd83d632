/* An invitation's SECRET for admission tokens. */
#ifndef DEFENDER_EXCHANGE_H
#define DEFENDER_EXCHANGE_H

#include "proto/invitation.h"
#include "purse.h"
#include "session.h"

/* Over a connection of its own, once the roster is checked. What was begun with this invitation and broke off
 * is gone on with. 77 where the invitation isn't good (any more), 76 where the tokens weren't made with the
 * roster's key, which nobody keeps: they could have marked her. */
MUST_USE int tokens_take(struct session *session, const struct invitation *invitation, struct purse *purse,
	struct failure *failure);

#endif
