/* partner remove: nothing is referred to it once the next roster is in force. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	char name[NAME_SIZE];

	if (option_name(arguments_operand(admin->invocation->arguments, 0), "the partner", name, failure) !=
		0)
		return -1;
	if (roster_remove_partner(draft, name) != 0)
		return failure_set(
			failure, EX_DATAERR, "there is no partner %s: `roster show' lists them", name);
	return 0;
}

int verb_partner_remove(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The partner is removed", failure);
}
