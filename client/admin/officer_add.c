/* officer add: who reads for which desks, in the draft. Her card again, or one that her old key has signed,
 * changes what she serves or which keys she has. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"
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
			return failure_set(failure, EX_DATAERR,
				"an officer serves at most %d desks: name fewer", OFFICER_DESKS_MAX);
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

/* True where the card is by the same person: the same key, or a new one that the known key has signed. */
static bool is_same_person(const struct roster_officer *known, const struct card *card)
{
	return bytes_equal(known->public_key, card->public_key, ED25519_PUBLIC_BYTES) ||
	       (card->has_old_key && bytes_equal(known->public_key, card->old_key, ED25519_PUBLIC_BYTES));
}

/* What the options say; for one who is in the roster already the rest stays as it was. */
static int read_officer(const struct admin *admin, const struct roster *draft,
	const struct roster_officer *known, struct roster_officer *officer, struct failure *failure)
{
	const struct arguments *arguments = admin->invocation->arguments;
	const char *desks = arguments_option(arguments, "desk"), *tier = arguments_option(arguments, "tier"),
		   *title = arguments_option(arguments, "title");
	uint64_t number = known != NULL ? known->tier : 1;

	if (desks == NULL && known == NULL)
		return failure_set(failure, EX_USAGE, "--desk is missing: say which desks she serves");
	if (known != NULL)
		*officer = *known;
	if (desks != NULL) {
		memset(officer->desks, 0, sizeof officer->desks);
		officer->desk_count = 0;
		if (read_desks(desks, draft, officer, failure) != 0)
			return -1;
	}
	if (tier != NULL && option_number(tier, "--tier", 1, TIER_MAX, &number, failure) != 0)
		return -1;
	officer->tier = (uint32_t)number;
	if (title == NULL && known != NULL)
		return 0;
	return option_title(
		title != NULL ? title : officer->name, "--title", ROSTER_TEXT_MAX, officer->title, failure);
}

static void say_new_keys(
	const struct admin *admin, const struct roster_officer *known, const struct card *card)
{
	if (known == NULL || bytes_equal(known->public_key, card->public_key, ED25519_PUBLIC_BYTES))
		return;
	say(admin->invocation,
		"%s is in the roster already: her old key has signed this card, and its keys take the place "
		"of hers.\n"
		"Once it is published she works with the new ones; then she runs `clarion-officer rewrap'.\n",
		known->name);
}

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	struct roster_officer officer = { .desk_count = 0 };
	const struct roster_officer *known = NULL;
	struct card card;

	if (option_card(admin->invocation, &card, failure) != 0)
		return -1;
	known = roster_officer(draft, card.name);
	if (known != NULL && !is_same_person(known, &card))
		return failure_set(failure, EX_DATAERR,
			"there is an officer %s with another key: remove her first, if this is meant",
			card.name);
	memcpy(officer.name, card.name, sizeof officer.name);
	if (read_officer(admin, draft, known, &officer, failure) != 0)
		return -1;
	memcpy(officer.recipient, card.recipient, sizeof officer.recipient);
	memcpy(officer.public_key, card.public_key, sizeof officer.public_key);
	if (say_card(admin->invocation, &card, failure) != 0)
		return -1;
	say_new_keys(admin, known, &card);
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
