/* init: a new organisation, or with --card only an admin's identity for another organisation's `admin add'.
 */
#include "foundation.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define ADMIN_DEFAULT "admin"

struct wish {
	char organisation[ROSTER_TEXT_MAX + 1];
	char admin[NAME_SIZE];
	struct server_url url;
	bool card_only;
};

static int read_organisation(const struct arguments *arguments, struct wish *wish, struct failure *failure)
{
	const char *organisation = arguments_option(arguments, "org"),
		   *url = arguments_option(arguments, "url"), *admin = arguments_option(arguments, "admin");
	struct fault fault;

	if (organisation == NULL || url == NULL)
		return failure_set(failure, EX_USAGE,
			"--org and --url are needed: how it is called, and https://HOST:PORT of its server");
	if (option_title(organisation, "--org", ROSTER_TEXT_MAX, wish->organisation, failure) != 0 ||
		option_name(admin != NULL ? admin : ADMIN_DEFAULT, "--admin", wish->admin, failure) != 0)
		return -1;
	if (server_url_parse_address(url, strlen(url), &wish->url, &fault) != 0)
		return failure_of(failure, EX_DATAERR, &fault);
	return 0;
}

static int read_wish(const struct arguments *arguments, struct wish *wish, struct failure *failure)
{
	const char *card = arguments_option(arguments, "card");

	wish->card_only = card != NULL;
	if (card == NULL)
		return read_organisation(arguments, wish, failure);
	if (arguments_option(arguments, "org") != NULL || arguments_option(arguments, "url") != NULL ||
		arguments_option(arguments, "admin") != NULL)
		return failure_set(failure, EX_USAGE,
			"--card makes an identity for another organisation: leave --org, --url and --admin "
			"out");
	return option_name(card, "--card", wish->admin, failure);
}

static int check_empty(const struct home *home, struct failure *failure)
{
	static const char *const names[] = { IDENTITY_FILE, ROSTER_FOLDER, DAEMON_FOLDER };
	struct stat there;

	for (size_t at = 0; at < COUNT_OF(names); at++) {
		if (fstatat(home_descriptor(home), names[at], &there, AT_SYMLINK_NOFOLLOW) == 0)
			return failure_set(failure, EX_CANTCREAT,
				"this home is in use already: give --home another one, nothing is "
				"overwritten");
	}
	return 0;
}

static int make_card(const struct invocation *invocation, const struct home *home, const struct wish *wish,
	const char *passphrase, struct failure *failure)
{
	char path[PATH_MAX], fingerprint[CARD_FINGERPRINT_SIZE];
	struct buffer line = buffer_of(CARD_MAX);
	struct identity *identity = NULL;
	const char *text = NULL;
	struct card card;
	struct fault fault;
	int rc = -1;

	if (admin_path(home, IDENTITY_FILE, path, failure) != 0)
		return -1;
	if (identity_new(wish->admin, &identity, &fault) != 0) {
		rc = failure_of(failure, EX_TEMPFAIL, &fault);
		goto cleanup;
	}
	if (identity_card(identity, NULL, &card) != 0 || card_write(&card, &line) != 0 ||
		card_fingerprint(&card, fingerprint) != 0 || (text = buffer_text(&line)) == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (identity_save(path, identity, passphrase, passphrase == NULL ? 0 : strlen(passphrase), &fault) !=
		0) {
		rc = admin_file_failure(failure, errno, &fault);
		goto cleanup;
	}
	if (!invocation->json)
		say(invocation, "%s\n", text);
	say_aside(invocation, "give this card to the other admins, and compare by voice: %s", fingerprint);
	rc = output_result(
		invocation, json_pack("{s:s,s:s}", "card", text, "fingerprint", fingerprint), failure);
cleanup:
	identity_free(identity);
	buffer_free(&line);
	return rc;
}

static int show(const struct invocation *invocation, const struct home *home,
	const struct foundation *foundation, struct failure *failure)
{
	char fingerprint[FINGERPRINT_SIZE];

	if (roster_fingerprint(foundation->roster, fingerprint) != 0)
		return failure_memory(failure);
	say(invocation,
		"The organisation is made. Its admins' fingerprint: %s\n"
		"Next: `desk add', `officer add', `roster publish', then on the server\n"
		"  clariond --config %s/%s/clariond.conf\n",
		fingerprint, home_path(home), DAEMON_FOLDER);
	return output_result(invocation,
		json_pack(
			"{s:s, s:s}", "fingerprint", fingerprint, "url", foundation->roster->servers[0].url),
		failure);
}

static int make_organisation(const struct invocation *invocation, const struct home *home,
	const struct wish *wish, char **passphrase, struct failure *failure)
{
	struct foundation foundation = { .url = wish->url, .passphrase = *passphrase };
	int rc = -1;

	*passphrase = NULL;
	if (foundation_make(&foundation, wish->organisation, wish->admin, failure) == 0 &&
		foundation_write(&foundation, home, failure) == 0)
		rc = show(invocation, home, &foundation, failure);
	foundation_free(&foundation);
	return rc;
}

int verb_init(const struct invocation *invocation, struct failure *failure)
{
	struct wish wish = { .card_only = false };
	struct home *home = NULL;
	char *passphrase = NULL;
	int rc = -1;

	if (read_wish(invocation->arguments, &wish, failure) != 0 ||
		home_open(invocation, HOME_CREATE, &home, failure) != 0 || check_empty(home, failure) != 0 ||
		take_passphrase(invocation, true, &passphrase, failure) != 0)
		goto cleanup;
	rc = wish.card_only ? make_card(invocation, home, &wish, passphrase, failure)
			    : make_organisation(invocation, home, &wish, &passphrase, failure);
cleanup:
	sodium_free(passphrase);
	home_close(home);
	return rc;
}
