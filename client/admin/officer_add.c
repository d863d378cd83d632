/* officer add: who reads for which desks, in the draft. Her card again, or one that her old key has signed,
 * changes what she serves or which keys she has. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

#include "proto/cursor.h"

#include <string.h>

#define TIER_MAX 9

static int read_desks(
	const char *text, const struct roster *draft, struct roster_officer *officer, struct failure *failure)
{
	struct reader reader = reader_of(text, strlen(text));
	const char *desk = NULL;
	size_t len = 0;

	while (reader_field(&reader, ',', &desk, &len) == 0) {
		char *name;

		if (officer->desk_count == OFFICER_DESKS_MAX)
			return failure_set(
				failure, EX_DATAERR, "an officer serves at most %d desks", OFFICER_DESKS_MAX);
		name = officer->desks[officer->desk_count];
		if (name_of(desk, len, name) != 0 || roster_desk(draft, name) == NULL)
			return failure_set(failure, EX_DATAERR,
				"--desk names a desk that isn't in the roster: add it with `desk add' first");
		officer->desk_count++;
	}
	if (officer->desk_count == 0)
		return failure_set(failure, EX_USAGE, "--desk is empty: say which desks she serves");
	return 0;
}

static int read_officer(const struct admin *admin, const struct roster *draft, const struct card *card,
	struct roster_officer *officer, struct failure *failure)
{
	const struct arguments *arguments = admin->invocation->arguments;
	const char *desks = arguments_option(arguments, "desk"), *tier = arguments_option(arguments, "tier"),
		   *title = arguments_option(arguments, "title");
	uint64_t number = 1;

	if (desks == NULL)
		return failure_set(failure, EX_USAGE, "--desk is missing: say which desks she serves");
	if ((tier != NULL && option_number(tier, "--tier", 1, TIER_MAX, &number, failure) != 0) ||
		read_desks(desks, draft, officer, failure) != 0 ||
		option_title(title != NULL ? title : card->name, "--title", ROSTER_TEXT_MAX, officer->title,
			failure) != 0)
		return -1;
	officer->tier = (uint32_t)number;
	memcpy(officer->name, card->name, sizeof officer->name);
	memcpy(officer->recipient, card->recipient, sizeof officer->recipient);
	memcpy(officer->public_key, card->public_key, sizeof officer->public_key);
	return 0;
}

/* True where the card is by the same person: the same key, or a new one that the known key has signed. */
static bool is_same_person(const struct roster_officer *known, const struct card *card)
{
	return bytes_equal(known->public_key, card->public_key, ED25519_PUBLIC_BYTES) ||
	       (card->has_old_key && bytes_equal(known->public_key, card->old_key, ED25519_PUBLIC_BYTES));
}

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	struct roster_officer officer = { .desk_count = 0 };
	const struct roster_officer *known = NULL;
	struct card card;

	if (option_card(admin->invocation, &card, failure) != 0 ||
		read_officer(admin, draft, &card, &officer, failure) != 0)
		return -1;
	known = roster_officer(draft, officer.name);
	if (known != NULL && !is_same_person(known, &card))
		return failure_set(failure, EX_DATAERR,
			"there is an officer %s with another key: remove her first, if this is meant",
			officer.name);
	if (known != NULL && roster_remove_officer(draft, officer.name) != 0)
		return failure_memory(failure);
	if (roster_add_officer(draft, &officer) != 0)
		return failure_memory(failure);
	return 0;
}

int verb_officer_add(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, edit, "The officer is added", failure);
}
