/* threshold: how many admins must sign a roster. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	uint64_t threshold = 0;

	if (option_number(arguments_operand(admin->invocation->arguments, 0), "the threshold", 1,
		    ROSTER_ADMINS_MAX, &threshold, failure) != 0)
		return -1;
	if (threshold > draft->admin_count)
		return failure_set(failure, EX_DATAERR,
			translated_count("there is only %zu admin: add another with `admin add' first",
				"there are only %zu admins: add another with `admin add' first",
				draft->admin_count),
			draft->admin_count);
	roster_touch(draft);
	draft->threshold = (uint32_t)threshold;
	return 0;
}

int verb_threshold(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The threshold is changed", failure);
}
