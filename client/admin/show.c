#include "show.h"

#include "client/terminal.h"
#include "proto/roster_changes.h"
#include "proto/time.h"

#define SIGNERS_MAX (ROSTER_ADMINS_MAX * (NAME_SIZE + 8))

/* The set of admins from which the roster lacks most signatures. */
static const struct roster *stricter(const struct roster *roster, const struct roster *before)
{
	size_t own = roster_signed_by(roster, roster), old = 0;

	if (before == NULL || before->version >= roster->version)
		return roster;
	old = roster_signed_by(roster, before);
	return (int64_t)before->threshold - (int64_t)old > (int64_t)roster->threshold - (int64_t)own ? before
												     : roster;
}

size_t show_signatures(const struct roster *roster, const struct roster *before)
{
	return roster_signed_by(roster, stricter(roster, before));
}

unsigned show_threshold(const struct roster *roster, const struct roster *before)
{
	return stricter(roster, before)->threshold;
}

json_t *show_roster_facts(const struct roster *roster, const struct roster *before)
{
	struct buffer signers = buffer_of(SIGNERS_MAX);
	char expires[TIME_SIZE];
	json_t *facts = NULL;

	time_format(roster->expires, expires);
	if (roster_signers(roster, stricter(roster, before), &signers) == 0)
		facts = json_pack("{s:I, s:s, s:I, s:I, s:s}", "version", (json_int_t)roster->version,
			"expires", expires, "signatures", (json_int_t)show_signatures(roster, before),
			"threshold", (json_int_t)show_threshold(roster, before), "signed",
			buffer_text(&signers));
	buffer_free(&signers);
	return facts;
}

void show_roster_line(const struct invocation *invocation, const char *what, const struct roster *roster,
	const struct roster *before)
{
	struct buffer signers = buffer_of(SIGNERS_MAX);
	char expires[TIME_SIZE];

	time_format(roster->expires, expires);
	if (roster_signers(roster, stricter(roster, before), &signers) == 0)
		say(invocation,
			translated_count("%s: roster %llu, expires %s, %zu of %u signature (%s)\n",
				"%s: roster %llu, expires %s, %zu of %u signatures (%s)\n",
				show_threshold(roster, before)),
			what, (unsigned long long)roster->version, expires, show_signatures(roster, before),
			show_threshold(roster, before), buffer_text(&signers));
	buffer_free(&signers);
}

int show_changes(const struct invocation *invocation, const struct roster *before, const struct roster *after,
	struct failure *failure)
{
	struct buffer lines = buffer_of(CHANGES_MAX), safe = buffer_of(2 * CHANGES_MAX);
	const char *text = NULL;
	int rc = -1;

	if (roster_changes(before, after, &lines) == 0) {
		if (lines.len == 0)
			buffer_put_string(&lines, "nothing but a later expiry\n");
		terminal_safe_lines((const char *)lines.data, lines.len - 1, "  ", &safe);
		text = buffer_text(&safe);
	}
	if (text != NULL) {
		say(invocation, "%s\n", text);
		rc = 0;
	} else {
		rc = failure_memory(failure);
	}
	buffer_free(&lines);
	buffer_free(&safe);
	return rc;
}
