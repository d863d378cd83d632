/* join: pins the organisation that an invitation names. */
#include "officer.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"

static int join(struct officer *officer, const struct invitation *invitation, struct failure *failure)
{
	const struct roster_officer *me = NULL;
	const struct roster *roster = NULL;

	if (organisation_join(&officer->items, invitation, "", &officer->organisation, failure) != 0)
		return -1;
	roster = organisation_roster(officer->organisation);
	say(officer->invocation, "Joined %s.\n", roster->organisation);
	for (struct identity *one = officer->identities; one != NULL && me == NULL; one = one->older) {
		me = roster_officer_by_key(roster, one->public_key);
		if (me != NULL && !bytes_equal(me->recipient, one->age->recipient, AGE_RECIPIENT_BYTES))
			me = NULL;
	}
	if (me == NULL)
		return failure_set(failure, EX_NOPERM,
			"the organisation is pinned, but you are not in its roster yet: ask your admin to "
			"add your "
			"card");
	for (size_t at = 0; at < me->desk_count; at++)
		say(officer->invocation, "You serve the desk %s.\n", me->desks[at]);
	return output_result(officer->invocation,
		json_pack("{s:s, s:s, s:s}", "organisation", roster->organisation, "fingerprint",
			organisation_fingerprint(officer->organisation), "name", me->name),
		failure);
}

int verb_join(const struct invocation *invocation, struct failure *failure)
{
	struct invitation *invitation = NULL;
	struct officer *officer = NULL;
	int rc = -1;

	if (take_invitation(invocation, &invitation, failure) != 0 ||
		officer_open_unjoined(invocation, &officer, failure) != 0)
		goto cleanup;
	rc = join(officer, invitation, failure);
cleanup:
	officer_close(officer);
	invitation_free(invitation);
	return rc;
}
