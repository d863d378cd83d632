/* rotate status: how far the rotations of the daemon's keys are. */
#include "control_call.h"
#include "rotate.h"
#include "verbs.h"

#include "client/output.h"

static void say_all(const struct admin *admin, const json_t *status)
{
	const json_t *list = json_object_get(status, "rotations");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (rotate_say(admin, json_array_get(list, i)) != 0)
			say(admin->invocation, "a rotation that this version doesn't know\n");
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
	rc = output_result(invocation, json_incref(status), failure);
cleanup:
	json_decref(status);
	admin_close(admin);
	return rc;
}
