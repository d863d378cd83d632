/* admin add: one more person who signs rosters. Her card again, signed by her old key, changes her keys. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

#include <string.h>

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	struct roster_admin added = { .name = "" };
	const struct roster_admin *known = NULL;
	struct card card;

	if (option_card(admin->invocation, &card, failure) != 0)
		return -1;
	known = roster_admin(draft, card.name);
	if (known != NULL &&
		!(card.has_old_key && bytes_equal(known->public_key, card.old_key, ED25519_PUBLIC_BYTES)))
		return failure_set(failure, EX_DATAERR,
			"there is an admin %s already: have a new card signed by her old key", card.name);
	if (say_card(admin->invocation, &card, failure) != 0)
		return -1;
	if (known != NULL && roster_remove_admin(draft, card.name) != 0)
		return failure_memory(failure);
	memcpy(added.name, card.name, sizeof added.name);
	memcpy(added.recipient, card.recipient, sizeof added.recipient);
	memcpy(added.public_key, card.public_key, sizeof added.public_key);
	if (roster_add_admin(draft, &added) != 0)
		return failure_memory(failure);
	return 0;
}

int verb_admin_add(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The admin is added", failure);
}
