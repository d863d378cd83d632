#include "next_identity.h"

#include "client/output.h"
#include "client/terminal.h"
#include "keys/secure_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT_FILE "identity-next.age"
#define NEXT_CARD "identity-next.card"
#define NAME_ROOM 64

/* One of the two files. The passphrase is asked for once, and only where one is needed. */
static int load(const struct admin *admin, const char *file, char **passphrase,
	struct identity **ret_identity, struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;
	int rc;

	if (admin_path(admin->home, file, path, failure) != 0)
		return -1;
	rc = identity_load(
		path, *passphrase, *passphrase == NULL ? 0 : strlen(*passphrase), ret_identity, &fault);
	if (rc != 0 && errno == ENOKEY) {
		if (take_passphrase(admin->invocation, false, passphrase, failure) != 0)
			return -1;
		rc = identity_load(path, *passphrase, strlen(*passphrase), ret_identity, &fault);
	}
	return rc == 0 ? 0 : admin_file_failure(failure, errno, &fault);
}

static bool is_there(const struct admin *admin, const char *file)
{
	struct stat there;

	return fstatat(home_descriptor(admin->home), file, &there, AT_SYMLINK_NOFOLLOW) == 0;
}

static int save(const struct admin *admin, const struct identity *next, const char *passphrase,
	struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;

	if (admin_path(admin->home, NEXT_FILE, path, failure) != 0)
		return -1;
	if (identity_save(path, next, passphrase, passphrase == NULL ? 0 : strlen(passphrase), &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	return 0;
}

static int save_card(const struct admin *admin, const struct identity *identity, const struct identity *next,
	struct failure *failure)
{
	struct buffer line = buffer_of(CARD_MAX);
	struct card card;
	struct fault fault;
	int rc = 0;

	if (identity_card(next, identity->signing_key, &card) != 0 || card_write(&card, &line) != 0)
		rc = failure_memory(failure);
	else if (secure_file_replace(home_descriptor(admin->home), NEXT_CARD, line.data, line.len, &fault) !=
		 0)
		rc = admin_file_failure(failure, errno, &fault);
	buffer_free(&line);
	return rc;
}

static int make(const struct admin *admin, const struct identity *identity, const char *passphrase,
	struct identity **ret_next, struct failure *failure)
{
	struct identity *next = NULL;
	struct fault fault;

	if (identity_new(identity->name, &next, &fault) != 0)
		return failure_of(failure, EX_TEMPFAIL, &fault);
	if (save(admin, next, passphrase, failure) != 0) {
		identity_free(next);
		return -1;
	}
	*ret_next = next;
	return 0;
}

int next_identity_make(const struct admin *admin, struct identity **ret_identity, struct identity **ret_next,
	struct failure *failure)
{
	struct identity *identity = NULL, *next = NULL;
	char *passphrase = NULL;
	int rc = load(admin, IDENTITY_FILE, &passphrase, &identity, failure);

	if (rc == 0)
		rc = is_there(admin, NEXT_FILE) ? load(admin, NEXT_FILE, &passphrase, &next, failure)
						: make(admin, identity, passphrase, &next, failure);
	if (rc == 0 && !is_there(admin, NEXT_CARD))
		rc = save_card(admin, identity, next, failure);
	if (rc == 0) {
		*ret_identity = identity;
		*ret_next = next;
		identity = next = NULL;
	}
	sodium_free(passphrase);
	identity_free(identity);
	identity_free(next);
	return rc;
}

/* The public half; false where there is none. */
static bool read_card(const struct admin *admin, struct card *ret_card)
{
	uint8_t *text = NULL;
	size_t len = 0;
	struct fault fault;
	bool is_good = secure_file_read(
			       home_descriptor(admin->home), NEXT_CARD, CARD_MAX, &text, &len, &fault) == 0 &&
		       card_parse((const char *)text, len, ret_card, &fault) == 0;

	sodium_free(text);
	return is_good;
}

int next_identity_for(const struct admin *admin, const struct roster *draft, struct identity **ret_identity,
	struct identity **ret_next, struct failure *failure)
{
	struct identity *identity = NULL, *next = NULL;
	struct card card;
	char *passphrase = NULL;
	int rc = load(admin, IDENTITY_FILE, &passphrase, &identity, failure);

	if (rc == 0 && read_card(admin, &card) && roster_admin_by_key(draft, card.public_key) != NULL)
		rc = load(admin, NEXT_FILE, &passphrase, &next, failure);
	if (rc == 0) {
		*ret_identity = identity;
		*ret_next = next;
		identity = NULL;
	}
	sodium_free(passphrase);
	identity_free(identity);
	return rc;
}

bool next_identity_waits(const struct admin *admin)
{
	struct card card;

	return read_card(admin, &card) && roster_admin_by_key(admin->newest, card.public_key) == NULL;
}

static int sync_home(const struct admin *admin)
{
	return fsync(home_descriptor(admin->home));
}

/* The old one gets its new name first, so that it has one at every moment. */
static int change_places(const struct admin *admin)
{
	int home = home_descriptor(admin->home);
	char until[NAME_ROOM];

	(void)snprintf(until, sizeof until, "identity-until-%" PRIu64 ".age", admin->newest->version);
	if (linkat(home, IDENTITY_FILE, home, until, 0) != 0 && errno != EEXIST)
		return -1;
	return sync_home(admin) == 0 && renameat(home, NEXT_FILE, home, IDENTITY_FILE) == 0 ? sync_home(admin)
											    : -1;
}

int next_identity_settle(const struct admin *admin, struct failure *failure)
{
	struct card card;

	if (!read_card(admin, &card) || roster_admin_by_key(admin->newest, card.public_key) == NULL)
		return 0;
	if (is_there(admin, NEXT_FILE) && change_places(admin) != 0)
		return failure_set(failure, EX_CANTCREAT,
			"the new identity can't take the old one's place: %s", error_words(errno));
	if (unlinkat(home_descriptor(admin->home), NEXT_CARD, 0) != 0 || sync_home(admin) != 0)
		return failure_set(
			failure, EX_CANTCREAT, "the home can't be written: %s", error_words(errno));
	say_aside(
		admin->invocation, "your new key is in force; the old one is kept for what was sealed to it");
	return 0;
}
