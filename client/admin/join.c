/* join: a further admin pins the organisation whose rosters she will sign. Her home has an identity from
 * `init --card' already; whether she is an admin yet doesn't matter. */
#include "admin.h"
#include "show.h"
#include "verbs.h"

#include "client/terminal.h"
#include "keys/secure_file.h"
#include "proto/invitation.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_identity(const struct admin *admin, struct failure *failure)
{
	struct stat there;

	if (fstatat(home_descriptor(admin->home), IDENTITY_FILE, &there, 0) == 0)
		return 0;
	return failure_set(
		failure, EX_NOINPUT, "this home has no identity: make one with `init --card NAME' first");
}

static int make_folder(const struct admin *admin, struct failure *failure)
{
	struct fault fault;

	if (secure_folder_create(home_descriptor(admin->home), ROSTER_FOLDER, &fault) == 0)
		return 0;
	if (errno == EEXIST)
		return failure_set(failure, EX_CANTCREAT,
			"this home holds an organisation already: `status' catches up with it");
	return admin_file_failure(failure, errno, &fault);
}

int verb_join(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct invitation *invitation = NULL;
	struct organisation *organisation = NULL;
	bool has_folder = false;
	int rc = -1;

	if (take_invitation(invocation, &invitation, failure) != 0 ||
		admin_open_unjoined(invocation, &admin, failure) != 0 ||
		check_identity(admin, failure) != 0 || make_folder(admin, failure) != 0)
		goto cleanup;
	has_folder = true;
	if (organisation_join(&admin->items, invitation, "", &organisation, failure) != 0)
		goto cleanup;
	show_roster_line(invocation, "joined", admin->newest, NULL);
	rc = output_result(invocation, show_roster_facts(admin->newest, NULL), failure);
cleanup:
	if (has_folder && admin->newest == NULL)
		(void)unlinkat(home_descriptor(admin->home), ROSTER_FOLDER, AT_REMOVEDIR);
	organisation_free(organisation);
	invitation_free(invitation);
	admin_close(admin);
	return rc;
}
