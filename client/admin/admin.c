#include "admin.h"

#include "next_identity.h"

#include "client/terminal.h"
#include "keys/clock.h"
#include "keys/roster_folder.h"
#include "keys/trust.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_ROSTER "roster" /* what client/organisation.h calls the newest roster */
#define ITEM_FACTS  "organisation"
#define NO_FACTS    "{\"accepted\":0,\"proxy\":\"\"}" /* an admin holds no acceptances */

int admin_file_failure(struct failure *failure, int error, const struct fault *fault)
{
	switch (error) {
	case ENOENT:
		return failure_of(failure, EX_NOINPUT, fault);
	case EBADMSG:
	case EFBIG:
		return failure_of(failure, EX_DATAERR, fault);
	case ENOKEY:
	case EKEYREJECTED:
		return failure_of(failure, EX_NOPERM, fault);
	case ENOMEM:
		return failure_of(failure, EX_TEMPFAIL, fault);
	default:
		return failure_of(failure, EX_CANTCREAT, fault);
	}
}

int admin_path(const struct home *home, const char *name, char ret_path[PATH_MAX], struct failure *failure)
{
	int len = snprintf(ret_path, PATH_MAX, "%s/%s", home_path(home), name);

	if (len > 0 && len < PATH_MAX)
		return 0;
	return failure_set(failure, EX_CONFIG, "the home's path is too long: give --home another one");
}

/* organisation.h sees one item `roster`; here it is the end of a chain of files. */
static int get_item(
	void *owner, const char *name, struct buffer *out, bool *ret_found, struct failure *failure)
{
	const struct admin *admin = owner;
	struct items files = items_in_folder(admin->home);

	if (strcmp(name, ITEM_ROSTER) == 0) {
		*ret_found = admin->newest != NULL;
		if (admin->newest != NULL)
			buffer_put(out, admin->newest->note, admin->newest->note_len);
	} else {
		if (items_get(&files, name, out, ret_found, failure) != 0)
			return -1;
		if (!*ret_found && strcmp(name, ITEM_FACTS) == 0) {
			*ret_found = true;
			buffer_put_string(out, NO_FACTS);
		}
	}
	return buffer_ok(out) == 0 ? 0 : failure_memory(failure);
}

static int put_item(void *owner, const char *name, const void *data, size_t len, struct failure *failure)
{
	struct admin *admin = owner;
	struct items files = items_in_folder(admin->home);
	struct roster *roster = NULL;
	struct fault fault;
	int rc;

	if (strcmp(name, ITEM_ROSTER) != 0)
		return items_put(&files, name, data, len, failure);
	if (roster_parse(data, len, &roster, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	rc = admin->newest != NULL && roster->version <= admin->newest->version
		     ? 0
		     : admin_took(admin, roster, failure);
	roster_free(roster);
	return rc;
}

static int load_newest(struct admin *admin, struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;

	if (admin_path(admin->home, ROSTER_FOLDER, path, failure) != 0)
		return -1;
	if (roster_folder_newest(path, &admin->newest, &fault) == 0)
		return 0;
	if (errno == ENOENT)
		return failure_set(failure, EX_CONFIG,
			"this home holds no organisation: make one with `init --org', or `join' one");
	return admin_file_failure(failure, errno, &fault);
}

int admin_open_unjoined(
	const struct invocation *invocation, struct admin **ret_admin, struct failure *failure)
{
	struct admin *admin = calloc(1, sizeof *admin);

	if (admin == NULL)
		return failure_memory(failure);
	admin->invocation = invocation;
	if (home_open(invocation, HOME_EXISTING, &admin->home, failure) != 0) {
		admin_close(admin);
		return -1;
	}
	admin->items = (struct items){ .owner = admin,
		.get = get_item,
		.put = put_item,
		.where = home_path(admin->home),
		.keeps_chain = true };
	*ret_admin = admin;
	return 0;
}

int admin_open(const struct invocation *invocation, struct admin **ret_admin, struct failure *failure)
{
	struct admin *admin = NULL;

	if (admin_open_unjoined(invocation, &admin, failure) != 0)
		return -1;
	if (load_newest(admin, failure) != 0 || next_identity_settle(admin, failure) != 0) {
		admin_close(admin);
		return -1;
	}
	*ret_admin = admin;
	return 0;
}

void admin_close(struct admin *admin)
{
	if (admin == NULL)
		return;
	roster_free(admin->newest);
	home_close(admin->home);
	free(admin);
}

int admin_identity(const struct admin *admin, struct identity **ret_identity, struct failure *failure)
{
	char path[PATH_MAX];
	char *passphrase = NULL;
	struct fault fault;
	int rc = -1;

	if (admin_path(admin->home, IDENTITY_FILE, path, failure) != 0)
		return -1;
	rc = identity_load(path, NULL, 0, ret_identity, &fault);
	if (rc != 0 && errno == ENOKEY) {
		if (take_passphrase(admin->invocation, false, &passphrase, failure) != 0)
			return -1;
		rc = identity_load(path, passphrase, strlen(passphrase), ret_identity, &fault);
	}
	if (rc != 0)
		rc = admin_file_failure(failure, errno, &fault);
	sodium_free(passphrase);
	return rc;
}

int admin_took(struct admin *admin, const struct roster *roster, struct failure *failure)
{
	char path[PATH_MAX];
	struct roster *copy = NULL;
	struct fault fault;

	if (admin_path(admin->home, ROSTER_FOLDER, path, failure) != 0)
		return -1;
	if (roster_copy(roster, &copy) != 0)
		return failure_memory(failure);
	if (roster_folder_put(path, roster, &fault) != 0) {
		roster_free(copy);
		return admin_file_failure(failure, errno, &fault);
	}
	roster_free(admin->newest);
	admin->newest = copy;
	return next_identity_settle(admin, failure);
}

int64_t admin_now(const struct admin *admin)
{
	return trust_now(clock_wall_seconds(), admin->newest->issued, 0);
}
