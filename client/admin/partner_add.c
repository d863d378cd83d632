/* partner add: an organisation that reports may be referred to, by an invitation of its admin's. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/invitation.h"

#include <string.h>

/* Fingerprint and address: its PIN is for the first connection only, and a SECRET would be of no use. */
static int read_partner(
	const struct invocation *invocation, struct roster_partner *partner, struct failure *failure)
{
	const char *name = arguments_option(invocation->arguments, "name");
	const char *title = arguments_option(invocation->arguments, "title");
	struct invitation *invitation = NULL;

	if (name == NULL || title == NULL)
		return failure_set(failure, EX_USAGE,
			"--name and --title are both needed: what scripts call it, and what people do");
	if (option_name(name, "the partner", partner->name, failure) != 0 ||
		option_title(title, "--title", ROSTER_TEXT_MAX, partner->title, failure) != 0 ||
		take_invitation(invocation, &invitation, failure) != 0)
		return -1;
	memcpy(partner->fingerprint, invitation->fingerprint, sizeof partner->fingerprint);
	_Static_assert(sizeof partner->url >= SERVER_URL_SIZE, "an address fits");
	server_url_format(&invitation->url, partner->url);
	invitation_free(invitation);
	return 0;
}

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	struct roster_partner partner = { .name = "" };

	if (read_partner(admin->invocation, &partner, failure) != 0)
		return -1;
	if (roster_partner(draft, partner.name) != NULL && roster_remove_partner(draft, partner.name) != 0)
		return failure_memory(failure);
	if (roster_add_partner(draft, &partner) != 0)
		return failure_memory(failure);
	say(admin->invocation,
		"Its fingerprint is %s: compare it with what the partner's own admin sees, by voice.\n",
		partner.fingerprint);
	return 0;
}

int verb_partner_add(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The partner is added", failure);
}
