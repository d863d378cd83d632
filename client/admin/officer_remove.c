/* officer remove: she reads nothing that is sealed once the next roster is in force. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	char name[NAME_SIZE];

	if (option_name(arguments_operand(admin->invocation->arguments, 0), "the officer", name, failure) !=
		0)
		return -1;
	if (roster_remove_officer(draft, name) != 0)
		return failure_set(
			failure, EX_DATAERR, "there is no officer %s: `roster show' lists them", name);
	return 0;
}

int verb_officer_remove(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The officer is removed", failure);
}
