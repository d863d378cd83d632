/* What the `rotate' verbs share. */
#ifndef ADMIN_ROTATE_H
#define ADMIN_ROTATE_H

#include "admin.h"

#include <jansson.h>

/* Puts what the daemon answered into the draft. *ret_changed false: it says so already, and keeps the
 * signatures that it has. */
typedef int (*rotate_edit)(const struct admin *admin, const json_t *rotation, struct roster *draft,
	bool *ret_changed, struct failure *failure);

/* A rotation whose new key must come into the roster: has the daemon do its part, edits the draft (made where
 * there is none), and prints the rotation. Safe to run again, whatever was cut short. */
MUST_USE int rotate_with_draft(
	const struct invocation *invocation, const char *act, rotate_edit edit, struct failure *failure);

/* One rotation as the daemon gives it, {"what", "epoch", "done", "total", "state"}, in words. -1 where it is
 * something else. */
MUST_USE int rotate_say(const struct admin *admin, const json_t *rotation);

/* 76, and -1. */
MUST_USE int rotate_bad_answer(struct failure *failure);

#endif
