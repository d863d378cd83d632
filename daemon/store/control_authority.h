/* Who may act on the daemon's keys and data: admins of the roster in force, by their signatures. */
#ifndef STORE_CONTROL_AUTHORITY_H
#define STORE_CONTROL_AUTHORITY_H

#include "control.h"

/* Fills in who has signed, and takes the request's nonce for good. -1 with what to tell the client. */
MUST_USE int control_authority_check(
	struct control_call *call, const struct control_act *act, struct control_refusal *ret_refusal);

#endif
