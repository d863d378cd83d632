/* What the `rotate' verbs share. */
#ifndef ADMIN_ROTATE_H
#define ADMIN_ROTATE_H

#include "admin.h"

#include <jansson.h>

/* One rotation as the daemon gives it, {"what", "epoch", "done", "total", "state"}, in words. -1 where it is
 * something else. */
MUST_USE int rotate_say(const struct admin *admin, const json_t *rotation);

#endif
