/* What a newer roster changes, told before anything is sealed to it. */
#include "organisation_internal.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/roster_changes.h"
#include "proto/time.h"

#include <string.h>

#define CHANGES_MAX (2 * 1024 * 1024)
#define SIGNERS_MAX 2048
#define LINES_MAX   40 /* of one roster: more than a person reads */

/* `roster 4 (2026-03-03, signed by ada and cleo)`. */
struct heading {
	uint64_t version;
	char date[TIME_SIZE];
	const char *signers;
};

static void say_change(
	const struct invocation *listener, const struct heading *heading, const char *line, size_t len)
{
	struct buffer safe = buffer_of(2 * CHANGES_MAX);

	terminal_safe(line, len, &safe);
	if (buffer_text(&safe) != NULL)
		say_aside(listener, "roster %llu (%.10s, signed by %s): %s",
			(unsigned long long)heading->version, heading->date, heading->signers,
			buffer_text(&safe));
	buffer_free(&safe);
}

static void say_changes(
	const struct invocation *listener, const struct heading *heading, const struct buffer *changes)
{
	const char *at = (const char *)changes->data;
	size_t left = changes->len, said = 0;

	while (left > 0 && said < LINES_MAX) {
		const char *end = memchr(at, '\n', left);
		size_t len = end == NULL ? left : (size_t)(end - at);

		say_change(listener, heading, at, len);
		said++;
		len += end == NULL ? 0 : 1;
		at += len;
		left -= len;
	}
	if (left > 0)
		say_aside(listener, "roster %llu changes more than that: ask your admin what for",
			(unsigned long long)heading->version);
}

/* Of her line as officer: whether it is the same, another, or gone. */
static const char *own_officer_news(const struct roster_officer *then, const struct roster *after)
{
	const struct roster_officer *now = roster_officer(after, then->name);

	if (now == NULL)
		return "you are no officer any more: what is reported from now on isn't sealed to you";
	if (!bytes_equal(now->public_key, then->public_key, sizeof now->public_key) ||
		!bytes_equal(now->recipient, then->recipient, sizeof now->recipient))
		return "your own keys are replaced by others: if you didn't ask for it, tell another admin "
		       "at "
		       "once";
	if (now->desk_count != then->desk_count)
		return "your own desks changed";
	for (size_t i = 0; i < now->desk_count; i++) {
		if (!officer_serves(then, now->desks[i]))
			return "your own desks changed";
	}
	return now->tier != then->tier ? "your own tier changed" : NULL;
}

static const char *own_admin_news(const struct roster_admin *then, const struct roster *after)
{
	const struct roster_admin *now = roster_admin(after, then->name);

	if (now == NULL)
		return "you are no admin any more";
	return bytes_equal(now->public_key, then->public_key, sizeof now->public_key)
		       ? NULL
		       : "your own admin key is replaced by another: if you didn't ask for it, tell the "
			 "other "
			 "admins at once";
}

static const char *own_news(const uint8_t *own_key, const struct roster *before, const struct roster *after)
{
	const struct roster_officer *officer = roster_officer_by_key(before, own_key);
	const struct roster_admin *admin = roster_admin_by_key(before, own_key);

	if (officer != NULL)
		return own_officer_news(officer, after);
	return admin != NULL ? own_admin_news(admin, after) : NULL;
}

void organisation_tell(
	const struct organisation *organisation, const struct roster *before, const struct roster *after)
{
	struct buffer changes = buffer_of(CHANGES_MAX), signers = buffer_of(SIGNERS_MAX);
	struct heading heading = { .version = after->version };
	const char *own = NULL;

	if (organisation->listener == NULL || roster_changes(before, after, &changes) != 0 ||
		roster_signers(after, before, &signers) != 0)
		goto cleanup;
	heading.signers = buffer_text(&signers);
	if (heading.signers == NULL)
		goto cleanup;
	time_format(after->issued, heading.date);
	if (organisation->has_own_key)
		own = own_news(organisation->own_key, before, after);
	if (own != NULL)
		say_change(organisation->listener, &heading, own, strlen(own));
	say_changes(organisation->listener, &heading, &changes);
cleanup:
	buffer_free(&changes);
	buffer_free(&signers);
}
