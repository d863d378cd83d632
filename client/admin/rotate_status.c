/* rotate status: how far the rotations of the daemon's keys are, and of this admin's own. */
#include "control_call.h"
#include "next_identity.h"
#include "rotate.h"
#include "verbs.h"

#include "client/output.h"

static void say_all(const struct admin *admin, const json_t *status)
{
	const json_t *list = json_object_get(status, "rotations");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (rotate_say(admin, json_array_get(list, i)) != 0)
			say(admin->invocation, "a rotation that this version doesn't know\n");
	if (next_identity_waits(admin))
		say(admin->invocation,
			"admin: your next key waits for a roster that names it: `roster show'\n");
}

/* The daemon knows nothing of it: her next key lies in her home until a roster in force names it. */
static int add_mine(const struct admin *admin, json_t *status, struct failure *failure)
{
	bool waits = next_identity_waits(admin);
	json_int_t total = json_integer_value(json_object_get(status, "total"));

	return json_array_append_new(json_object_get(status, "rotations"),
		       json_pack("{s:s, s:I, s:i, s:i, s:s}", "what", "admin", "epoch",
			       (json_int_t)admin->newest->version, "done", 0, "total", waits ? 1 : 0, "state",
			       waits ? "waiting" : "none")) == 0 &&
			       json_object_set_new(status, "total", json_integer(total + (waits ? 1 : 0))) ==
				       0
		       ? 0
		       : rotate_bad_answer(failure);
}

int verb_rotate_status(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	json_t *status = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 ||
		control_ask(admin, "rotate-status", &status, failure) != 0)
		goto cleanup;
	say_all(admin, status);
	if (add_mine(admin, status, failure) != 0)
		goto cleanup;
	rc = output_result(invocation, json_incref(status), failure);
cleanup:
	json_decref(status);
	admin_close(admin);
	return rc;
}
