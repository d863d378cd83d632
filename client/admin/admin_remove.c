/* admin remove: her signature counts once more, under the roster that removes her. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	char name[NAME_SIZE];

	if (option_name(arguments_operand(admin->invocation->arguments, 0), "the admin", name, failure) != 0)
		return -1;
	if (roster_admin(draft, name) == NULL)
		return failure_set(
			failure, EX_DATAERR, "there is no admin %s: `roster show' lists them", name);
	if (draft->admin_count <= draft->threshold)
		return failure_set(failure, EX_DATAERR,
			translated_count(
				"%zu admin would be left, and %u must sign: add another or lower the "
				"threshold first",
				"%zu admins would be left, and %u must sign: add another or lower the "
				"threshold first",
				draft->admin_count - 1),
			draft->admin_count - 1, (unsigned)draft->threshold);
	if (roster_remove_admin(draft, name) != 0)
		return failure_memory(failure);
	return 0;
}

int verb_admin_remove(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The admin is removed", failure);
}
