#include "keys/trust.h"

#include "proto/time.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DAY_SECONDS INT64_C(86400)

int trust_follows(const struct roster *trusted, const struct roster *next, struct fault *fault)
{
	if (next->version != trusted->version + 1)
		return fault_set(fault, "roster %" PRIu64 " can't follow %" PRIu64 ": publish %" PRIu64,
			next->version, trusted->version, trusted->version + 1);
	if (!bytes_equal(next->previous, trusted->digest, SHA256_BYTES))
		return fault_set(fault,
			"roster %" PRIu64 " doesn't continue the roster %" PRIu64
			" that is trusted here: ask your admin in person",
			next->version, trusted->version);
	return 0;
}

static int check_signatures(const struct roster *roster, const struct roster *admins_of, struct fault *fault)
{
	size_t count = roster_signed_by(roster, admins_of);

	if (count >= admins_of->threshold)
		return 0;
	return fault_set(fault,
		"roster %" PRIu64 " lacks signatures of the admins of roster %" PRIu64 " (%zu of %" PRIu32
		"): have more admins sign it",
		roster->version, admins_of->version, count, admins_of->threshold);
}

int trust_signed_by_its_own(const struct roster *roster, struct fault *fault)
{
	return check_signatures(roster, roster, fault);
}

int trust_next(const struct roster *trusted, const struct roster *next, struct fault *fault)
{
	if (trust_follows(trusted, next, fault) != 0 || check_signatures(next, trusted, fault) != 0)
		return -1;
	return check_signatures(next, next, fault);
}

/* The roster of this version from the source, parsed; nothing else about it is checked. */
static int fetch(
	const struct trust_source *source, uint64_t version, struct roster **ret_roster, struct fault *fault)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct roster *roster = NULL;
	struct fault reason;
	int rc = -1;

	if (source->fetch(source->owner, version, &note) != 0) {
		rc = fault_set(fault, "roster %" PRIu64 " can't be had: try again later", version);
		goto cleanup;
	}
	if (roster_parse(note.data, note.len, &roster, &reason) != 0) {
		rc = fault_set(fault, "roster %" PRIu64 ": %s", version, reason.text);
		goto cleanup;
	}
	if (roster->version != version) {
		rc = fault_set(fault,
			"asked for roster %" PRIu64 ", the server gave %" PRIu64 ": it is broken or lying",
			version, roster->version);
		goto cleanup;
	}
	*ret_roster = roster;
	roster = NULL;
	rc = 0;
cleanup:
	roster_free(roster);
	buffer_free(&note);
	return rc;
}

static int keep(const struct trust_source *source, const struct roster *roster, struct fault *fault)
{
	if (source->keep == NULL || source->keep(source->owner, roster) == 0)
		return 0;
	return fault_set(fault, "roster %" PRIu64 " can't be kept here", roster->version);
}

/* One step forward: *trusted is replaced by next, which it takes over in any case. */
static int step(
	struct roster **trusted, struct roster *next, const struct trust_source *source, struct fault *fault)
{
	if (trust_next(*trusted, next, fault) != 0 || keep(source, next, fault) != 0) {
		roster_free(next);
		return -1;
	}
	roster_free(*trusted);
	*trusted = next;
	return 0;
}

static int check_not_back(const struct roster *trusted, const struct roster *candidate, struct fault *fault)
{
	if (candidate->version < trusted->version)
		return fault_set(fault,
			"the server offers roster %" PRIu64 ", but %" PRIu64
			" is known: it is old or lying, ask your admin",
			candidate->version, trusted->version);
	if (candidate->version == trusted->version &&
		!bytes_equal(candidate->digest, trusted->digest, SHA256_BYTES))
		return fault_set(fault,
			"there are two different rosters %" PRIu64
			": somebody forged one, ask your admin in person",
			trusted->version);
	if (candidate->version - trusted->version > TRUST_WALK_MAX)
		return fault_set(fault,
			"this is more than %d rosters behind: join again with a new invitation",
			TRUST_WALK_MAX);
	return 0;
}

int trust_advance(const struct roster *trusted, const struct roster *candidate,
	const struct trust_source *source, struct roster **ret_trusted, struct fault *fault)
{
	struct roster *now = NULL, *next = NULL;
	int rc = -1;

	if (check_not_back(trusted, candidate, fault) != 0)
		return -1;
	if (roster_copy(trusted, &now) != 0)
		return fault_set(fault, "there is too little memory for the roster: try again");
	while (now->version < candidate->version) {
		if (now->version + 1 < candidate->version) {
			if (fetch(source, now->version + 1, &next, fault) != 0)
				goto cleanup;
		} else if (roster_copy(candidate, &next) != 0) {
			rc = fault_set(fault, "there is too little memory for the roster: try again");
			goto cleanup;
		}
		if (step(&now, next, source, fault) != 0)
			goto cleanup;
	}
	*ret_trusted = now;
	now = NULL;
	rc = 0;
cleanup:
	roster_free(now);
	return rc;
}

static bool is_anchor(const struct trust_anchor *anchor, const struct roster *roster)
{
	char fingerprint[FINGERPRINT_SIZE];

	return roster_fingerprint(roster, fingerprint) == 0 && strcmp(fingerprint, anchor->fingerprint) == 0;
}

/* One step back: the roster that `later` calls previous. */
static int fetch_previous(const struct roster *later, const struct trust_source *source,
	struct roster **ret_roster, struct fault *fault)
{
	struct roster *earlier = NULL;

	if (fetch(source, later->version - 1, &earlier, fault) != 0)
		return -1;
	if (!bytes_equal(later->previous, earlier->digest, SHA256_BYTES)) {
		roster_free(earlier);
		return fault_set(fault,
			"roster %" PRIu64 " isn't the one that roster %" PRIu64
			" continues: the server is broken or lying",
			later->version - 1, later->version);
	}
	*ret_roster = earlier;
	return 0;
}

/* The rosters of one walk, newest first. */
struct walk {
	struct roster *rosters[TRUST_WALK_MAX];
	size_t count;
};

static void walk_free(struct walk *walk)
{
	if (walk == NULL)
		return;
	for (size_t at = 0; at < walk->count; at++)
		roster_free(walk->rosters[at]);
	free(walk);
}

/* Back to the roster with the anchor's admins: the last in walk. */
static int walk_back(struct walk *walk, const struct trust_anchor *anchor, const struct trust_source *source,
	struct fault *fault)
{
	for (;;) {
		const struct roster *last = walk->rosters[walk->count - 1];

		if (is_anchor(anchor, last))
			return 0;
		if (last->version <= anchor->version)
			return fault_set(fault,
				"this server's admins aren't those of the invitation: ask for a new one");
		if (walk->count == TRUST_WALK_MAX)
			return fault_set(fault,
				"the invitation is more than %d rosters old: ask for a new one",
				TRUST_WALK_MAX);
		if (fetch_previous(last, source, &walk->rosters[walk->count], fault) != 0)
			return -1;
		walk->count++;
	}
}

int trust_first(const struct trust_anchor *anchor, const struct roster *newest,
	const struct trust_source *source, struct roster **ret_trusted, struct fault *fault)
{
	struct walk *walk = NULL;
	struct roster *now = NULL;
	int rc = -1;

	if (newest->version < anchor->version)
		return fault_set(fault,
			"the server's roster %" PRIu64 " is older than the invitation's %" PRIu64
			": it is old or lying, ask your admin",
			newest->version, anchor->version);
	walk = calloc(1, sizeof *walk);
	if (walk == NULL || roster_copy(newest, &walk->rosters[0]) != 0) {
		rc = fault_set(fault, "there is too little memory for the roster: try again");
		goto cleanup;
	}
	walk->count = 1;
	if (walk_back(walk, anchor, source, fault) != 0)
		goto cleanup;
	now = walk->rosters[--walk->count];
	if (trust_signed_by_its_own(now, fault) != 0 || keep(source, now, fault) != 0)
		goto cleanup;
	while (walk->count > 0) {
		if (step(&now, walk->rosters[--walk->count], source, fault) != 0)
			goto cleanup;
	}
	*ret_trusted = now;
	now = NULL;
	rc = 0;
cleanup:
	roster_free(now);
	walk_free(walk);
	return rc;
}

int trust_at(const struct roster *trusted, uint64_t version, const struct trust_source *source,
	struct roster **ret_roster, struct fault *fault)
{
	struct roster *now = NULL;

	if (version == 0 || version > trusted->version)
		return fault_set(fault, "there is no roster %" PRIu64 " yet", version);
	if (trusted->version - version > TRUST_WALK_MAX)
		return fault_set(
			fault, "roster %" PRIu64 " is more than %d versions old", version, TRUST_WALK_MAX);
	if (roster_copy(trusted, &now) != 0)
		return fault_set(fault, "there is too little memory for the roster: try again");
	while (now->version > version) {
		struct roster *earlier = NULL;

		if (fetch_previous(now, source, &earlier, fault) != 0) {
			roster_free(now);
			return -1;
		}
		roster_free(now);
		now = earlier;
	}
	*ret_roster = now;
	return 0;
}

int64_t trust_now(int64_t clock, int64_t issued, int64_t accepted)
{
	int64_t latest = clock > issued ? clock : issued;

	return latest > accepted ? latest : accepted;
}

int trust_fresh(const struct roster *roster, int64_t now, struct fault *fault)
{
	char expires[TIME_SIZE];

	if (now < roster->expires)
		return 0;
	time_format(roster->expires, expires);
	return fault_set(fault,
		"roster %" PRIu64
		" expired at %s: an admin must publish a new one (and check this device's clock)",
		roster->version, expires);
}

int trust_expiry_step(const struct roster *roster, int64_t now)
{
	static const int days[] = { 1, 3, 7, 14, 30 };

	if (now >= roster->expires)
		return 0;
	for (size_t at = 0; at < COUNT_OF(days); at++) {
		int64_t seconds = days[at] * DAY_SECONDS;

		if (roster->expires - now <= seconds && roster->expires - roster->issued > seconds)
			return days[at];
	}
	return TRUST_NOT_SOON;
}
