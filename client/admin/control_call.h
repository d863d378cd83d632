/* Acts on the daemon's own keys and data, through HOME/daemon/control.sock on the machine where it runs. */
#ifndef ADMIN_CONTROL_CALL_H
#define ADMIN_CONTROL_CALL_H

#include "admin.h"

#include "proto/control.h"

#include <jansson.h>

/* What may come before the end. Each may be NULL: then progress is passed over, and a body is a lie (76). */
struct control_listener {
	int (*progress)(void *owner, const json_t *json, struct failure *failure);
	int (*body)(void *owner, const uint8_t *data, size_t len, struct failure *failure);
	void *owner;
};

/* Makes a request for this act under the newest roster, without arguments (control_argument_add) and
 * signatures. */
MUST_USE int control_begin(const struct admin *admin, const char *act, struct control_request *ret_request,
	struct failure *failure);

/* Signs with this home's identity, which may ask for its passphrase. 77 where it isn't an admin's, or has
 * signed already. */
MUST_USE int control_sign(
	const struct admin *admin, struct control_request *request, struct failure *failure);

/* Sends it and waits for the end. *ret_result is the daemon's JSON, or NULL where ret_result is NULL. 69
 * without a daemon here, 76 where its answer breaks the rules; else as the daemon says. */
MUST_USE int control_send(const struct admin *admin, const struct control_request *request,
	const struct control_listener *listener, json_t **ret_result, struct failure *failure);

/* All three for an act that one signature and no argument are enough for. */
MUST_USE int control_ask(
	const struct admin *admin, const char *act, json_t **ret_result, struct failure *failure);

#endif
