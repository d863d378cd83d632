/* officer remove: she reads nothing that is sealed once the next roster is in force. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"

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
	if (draft_change(invocation, edit, "The officer is removed", failure) != 0)
		return -1;
	say(invocation, "What is left to do:\n"
			"  1. `clarion-admin roster publish'. From then on the server refuses her, and "
			"whoever has fetched this\n"
			"     roster seals nothing to her any more.\n"
			"  2. An officer of each of her desks: `clarion-officer rewrap'. It takes her key "
			"off the reports that are\n"
			"     there. Then another officer of the desk the same: it confirms the new headers, "
			"and the server\n"
			"     destroys the old ones. `clarion-admin status' says how many reports are left.\n"
			"  3. Where her device is in other hands: what she has read or fetched before stays "
			"readable to whoever\n"
			"     has it and her passphrase. Tell those whom it concerns.\n");
	return 0;
}
