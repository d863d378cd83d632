#include "client/recipients.h"

#include <sodium.h>
#include <string.h>

struct choice {
	const struct roster *roster;
	const char *const *excluded;
	size_t excluded_count;
	struct recipients *to;
};

static bool is_excluded(const struct choice *choice, const struct roster_officer *officer)
{
	for (size_t at = 0; at < choice->excluded_count; at++)
		if (strcmp(choice->excluded[at], officer->name) == 0 ||
			officer_serves(officer, choice->excluded[at]))
			return true;
	return false;
}

static bool is_taken(const struct recipients *recipients, const uint8_t key[AGE_RECIPIENT_BYTES])
{
	for (size_t at = 0; at < recipients->count; at++)
		if (bytes_equal(recipients->keys[at], key, AGE_RECIPIENT_BYTES))
			return true;
	return false;
}

static int add_key(struct recipients *to, const uint8_t key[AGE_RECIPIENT_BYTES], struct failure *failure)
{
	if (to->count == RECIPIENTS_MAX)
		return failure_set(failure, EX_DATAERR,
			"the desk has more officers than a report can be sealed to (%d): tell your "
			"organisation's admin",
			RECIPIENTS_MAX);
	memcpy(to->keys[to->count++], key, AGE_RECIPIENT_BYTES);
	return 0;
}

/* A key whose secret half nobody has: the number of stanzas doesn't tell that somebody was left out. */
static int add_throw_away(struct recipients *to, struct failure *failure)
{
	uint8_t secret[crypto_box_SECRETKEYBYTES], public[crypto_box_PUBLICKEYBYTES];

	crypto_box_keypair(public, secret);
	sodium_memzero(secret, sizeof secret);
	to->excluded_count++;
	return add_key(to, public, failure);
}

/* Officers of desk who don't already serve `before`, which was added first. */
static int add_desk(struct choice *choice, const char *desk, const char *before, struct failure *failure)
{
	struct recipients *to = choice->to;

	for (size_t at = 0; at < choice->roster->officer_count; at++) {
		const struct roster_officer *officer = &choice->roster->officers[at];

		if (!officer_serves(officer, desk) || (before != NULL && officer_serves(officer, before)))
			continue;
		if (is_excluded(choice, officer)) {
			if (add_throw_away(to, failure) != 0)
				return -1;
			continue;
		}
		if (is_taken(to, officer->recipient))
			continue;
		if (add_key(to, officer->recipient, failure) != 0)
			return -1;
		to->readers[to->reader_count++] = officer;
	}
	return 0;
}

static int add_archives(struct choice *choice, const char *desk, struct failure *failure)
{
	for (size_t at = 0; at < choice->roster->archive_count; at++) {
		const struct roster_archive *archive = &choice->roster->archives[at];

		if (strcmp(archive->desk, desk) != 0 || is_taken(choice->to, archive->recipient))
			continue;
		if (add_key(choice->to, archive->recipient, failure) != 0)
			return -1;
		choice->to->archive_count++;
	}
	return 0;
}

static int check_excluded(const struct choice *choice, const char *desk, struct failure *failure)
{
	for (size_t at = 0; at < choice->excluded_count; at++) {
		const char *name = choice->excluded[at];

		if (strcmp(name, desk) == 0)
			return failure_set(failure, EX_DATAERR,
				"the desk that the report goes to is excluded from it: choose another desk");
		if (roster_desk(choice->roster, name) == NULL && roster_officer(choice->roster, name) == NULL)
			return failure_set(failure, EX_DATAERR,
				"a name to exclude is neither an officer nor a desk: check how it is "
				"written");
	}
	return 0;
}

int recipients_join(struct recipients *to, const struct recipients *from, struct failure *failure)
{
	for (size_t at = 0; at < from->count; at++) {
		if (!is_taken(to, from->keys[at]) && add_key(to, from->keys[at], failure) != 0)
			return -1;
	}
	return 0;
}

int recipients_choose(const struct roster *roster, const char *desk, enum urgency urgency,
	const char *const *excluded, size_t excluded_count, struct recipients *ret_recipients,
	struct failure *failure)
{
	const struct roster_desk *chosen = roster_desk(roster, desk);
	struct choice choice = { roster, excluded, excluded_count, ret_recipients };
	bool with_fallback =
		urgency == URGENCY_IMMEDIATE || urgency == URGENCY_URGENT || urgency == URGENCY_WITHHELD;

	*ret_recipients = (struct recipients){ 0 };
	if (chosen == NULL)
		return failure_set(
			failure, EX_DATAERR, "no desk has that name: `join` shows the desks' names");
	if (check_excluded(&choice, desk, failure) != 0 || add_desk(&choice, desk, NULL, failure) != 0)
		return -1;
	if (with_fallback && chosen->fallback[0] != '\0' &&
		add_desk(&choice, chosen->fallback, desk, failure) != 0)
		return -1;
	if (ret_recipients->reader_count == 0)
		return failure_set(failure, EX_DATAERR,
			"nobody is left who could read the report: exclude fewer, or choose another desk");
	return add_archives(&choice, desk, failure);
}
