/* The table of acts. */
#include "control_acts.h"

#include <string.h>

#define DESTROY_LIFETIME_SECONDS (7 * 86400) /* several admins may sign, one after the other */

static const struct control_act acts[] = {
	/* name, function, needs `threshold' signatures, how old a request may be */
	{ "backup", act_backup, false, CONTROL_SKEW_SECONDS },
	{ "destroy", act_destroy, false, DESTROY_LIFETIME_SECONDS },
	{ "rotate-receipt", act_rotate_receipt, false, CONTROL_SKEW_SECONDS },
	{ "rotate-storage", act_rotate_storage, false, CONTROL_SKEW_SECONDS },
	{ "rotate-tls", act_rotate_tls, false, CONTROL_SKEW_SECONDS },
	{ "rotate-token", act_rotate_token, false, CONTROL_SKEW_SECONDS },
	{ "rotate-status", act_rotate_status, false, CONTROL_SKEW_SECONDS },
};

const struct control_act *control_act_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			return &acts[i];
	return NULL;
}
