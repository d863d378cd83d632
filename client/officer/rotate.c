/* rotate: a new identity, and the card that tells the admin so, signed by the old key. The old one stays in
 * the file behind it: it signs until the roster knows the new one, and opens what isn't wrapped again yet. */
#include "verbs.h"

#include "officer.h"

#include "client/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Once this returns the new identity is in the file, with all that was there before; or nothing has changed.
 */
static int add_identity(struct officer *officer, struct failure *failure)
{
	struct identity *fresh = NULL;
	char path[PATH_MAX];
	struct fault fault;
	int len = snprintf(path, sizeof path, "%s/%s", home_path(officer->home), IDENTITY_FILE);

	if (len < 0 || (size_t)len >= sizeof path)
		return failure_set(
			failure, EX_CANTCREAT, "the home's path is too long: give --home another one");
	if (identity_new(officer->identity->name, &fresh, &fault) != 0)
		return failure_of(failure, EX_TEMPFAIL, &fault);
	fresh->older = officer->identities;
	if (identity_replace(path, fresh, officer->passphrase,
		    officer->passphrase == NULL ? 0 : strlen(officer->passphrase), &fault) != 0) {
		int code = errno == ENOMEM ? EX_TEMPFAIL : EX_CANTCREAT;

		fresh->older = NULL;
		identity_free(fresh);
		return failure_of(failure, code, &fault);
	}
	officer->identities = fresh;
	return 0;
}

static int show_card(const struct officer *officer, struct failure *failure)
{
	const struct invocation *invocation = officer->invocation;
	char fingerprint[CARD_FINGERPRINT_SIZE];
	struct buffer text = buffer_of(CARD_MAX);
	struct card card;
	const char *line = NULL;
	int rc = -1;

	if (identity_card(officer->identities, officer->identity->signing_key, &card) != 0 ||
		card_write(&card, &text) != 0 || card_fingerprint(&card, fingerprint) != 0 ||
		(line = buffer_text(&text)) == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (!invocation->json)
		say(invocation, "%s\n", line);
	say_aside(invocation,
		"give this card to your admin, and compare with her by voice: %s. You work with your old "
		"keys until "
		"she has published it; then run `rewrap'",
		fingerprint);
	rc = output_result(
		invocation, json_pack("{s:s, s:s}", "card", line, "fingerprint", fingerprint), failure);
cleanup:
	buffer_free(&text);
	return rc;
}

static int rotate(struct officer *officer, struct failure *failure)
{
	const struct roster_officer *me;
	struct failure ignored;

	/* Which of her keys is in force; without a network, as far as is known here. */
	if (organisation_refresh(officer->organisation, NULL, &ignored) != 0 &&
		ignored.exit_code != EX_UNAVAILABLE) {
		*failure = ignored;
		return -1;
	}
	if (officer_me(officer, &me, failure) != 0)
		return -1;
	/* One that the roster doesn't know yet is shown again, and not a further one made. */
	if (officer->identity == officer->identities && add_identity(officer, failure) != 0)
		return -1;
	return show_card(officer, failure);
}

int verb_rotate(const struct invocation *invocation, struct failure *failure)
{
	struct officer *officer = NULL;
	int rc = -1;

	if (officer_open(invocation, &officer, failure) == 0)
		rc = rotate(officer, failure);
	officer_close(officer);
	return rc;
}
