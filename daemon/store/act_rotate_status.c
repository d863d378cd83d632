/* rotate-status: how far the rotations of the daemon's keys are. */
#include "control_acts.h"
#include "rotations.h"

#include <sysexits.h>

void act_rotate_status(struct control_call *call)
{
	json_t *status = rotations_json(call->store);

	if (status == NULL)
		control_refuse(call, EX_TEMPFAIL, "the rotations can't be read just now: try again");
	else
		control_done(call, status);
}
