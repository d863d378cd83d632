/* rotate storage: the daemon makes a new storage key, and seals again what lies under older ones. */
#include "control_call.h"
#include "rotate.h"
#include "verbs.h"

#include "client/output.h"

int verb_rotate_storage(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	json_t *rotation = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 ||
		control_ask(admin, "rotate-storage", &rotation, failure) != 0)
		goto cleanup;
	if (rotate_say(admin, rotation) != 0) {
		rc = rotate_bad_answer(failure);
		goto cleanup;
	}
	say(invocation, "New rows are sealed under the new key already; `rotate status' says how far the "
			"others are.\n");
	rc = output_result(invocation, json_incref(rotation), failure);
cleanup:
	json_decref(rotation);
	admin_close(admin);
	return rc;
}
