/* init: the officer's identity, and the card that her admin puts into the roster. */
#include "officer.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"
#include "keys/identity.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int read_name(const struct invocation *invocation, char ret_name[NAME_SIZE], struct failure *failure)
{
	const char *name = arguments_option(invocation->arguments, "name");

	if (name == NULL)
		return failure_set(failure, EX_USAGE, "--name is missing: say how the roster will call you");
	if (name_of(name, strlen(name), ret_name) != 0)
		return failure_set(failure, EX_DATAERR,
			"that is no name: take 1 to 32 of a-z, 0-9 and -, and begin with a letter or digit");
	return 0;
}

static int show_card(
	const struct invocation *invocation, const struct identity *identity, struct failure *failure)
{
	char fingerprint[CARD_FINGERPRINT_SIZE];
	struct buffer text = buffer_of(CARD_MAX);
	struct card card;
	const char *line = NULL;
	int rc = -1;

	if (identity_card(identity, NULL, &card) != 0 || card_write(&card, &text) != 0 ||
		card_fingerprint(&card, fingerprint) != 0 || (line = buffer_text(&text)) == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (!invocation->json)
		say(invocation, "%s\n", line);
	say_aside(invocation, "give this card to your admin, and compare with her by voice: %s", fingerprint);
	rc = output_result(
		invocation, json_pack("{s:s, s:s}", "card", line, "fingerprint", fingerprint), failure);
cleanup:
	buffer_free(&text);
	return rc;
}

static int save(const struct invocation *invocation, const struct identity *identity, const char *path,
	struct failure *failure)
{
	char *passphrase = NULL;
	struct fault fault;
	int rc;

	if (take_passphrase(invocation, true, &passphrase, failure) != 0)
		return -1;
	rc = identity_save(path, identity, passphrase, passphrase == NULL ? 0 : strlen(passphrase), &fault);
	if (rc != 0)
		rc = failure_of(failure, errno == ENOMEM ? EX_TEMPFAIL : EX_CANTCREAT, &fault);
	sodium_free(passphrase);
	return rc;
}

int verb_init(const struct invocation *invocation, struct failure *failure)
{
	char name[NAME_SIZE], path[PATH_MAX];
	struct identity *identity = NULL;
	struct home *home = NULL;
	struct fault fault;
	struct stat there;
	int rc = -1, len;

	if (read_name(invocation, name, failure) != 0 ||
		home_open(invocation, HOME_CREATE, &home, failure) != 0)
		goto cleanup;
	len = snprintf(path, sizeof path, "%s/%s", home_path(home), IDENTITY_FILE);
	if (len < 0 || (size_t)len >= sizeof path)
		rc = failure_set(
			failure, EX_CANTCREAT, "the home's path is too long: give --home another one");
	else if (lstat(path, &there) == 0)
		rc = failure_set(failure, EX_CANTCREAT,
			"this home has an identity already: give --home another one, nothing is overwritten");
	else if (identity_new(name, &identity, &fault) != 0)
		rc = failure_of(failure, EX_TEMPFAIL, &fault);
	else if (save(invocation, identity, path, failure) == 0)
		rc = show_card(invocation, identity, failure);
cleanup:
	identity_free(identity);
	home_close(home);
	return rc;
}
