/* rotate-storage: a new storage key. Answered once it is durable and in use; how far the rows are says
 * rotate-status. */
#include "control_acts.h"
#include "epochs.h"
#include "rotations.h"
#include "store_state.h"

#include <sysexits.h>

static void on_added(void *context, int result, const struct fault *fault)
{
	struct control_call *call = context;
	json_t *rotation = result == 0 ? rotation_json(call->store, "storage") : NULL;

	if (rotation != NULL)
		control_done(call, rotation);
	else
		control_refuse(call, EX_TEMPFAIL, "%s",
			result == 0 ? "the rotation has begun, and can't be shown: ask for its status"
				    : fault->text);
	control_release(call);
}

void act_rotate_storage(struct control_call *call)
{
	control_hold(call);
	if (epochs_add(call->store, on_added, call) == 0)
		return;
	control_refuse(call, EX_TEMPFAIL, "memory is short: try again");
	control_release(call);
}
