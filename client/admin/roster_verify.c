/* roster verify: is this note a roster of ours, and would a client take it? */
#include "admin.h"
#include "show.h"
#include "verbs.h"

#include "client/terminal.h"
#include "keys/roster_folder.h"
#include "keys/trust.h"

#define SIGNERS_MAX 2048

/* Whether somebody made it up, or admins have signed two. Always -1. */
static int tell_other(const struct roster *known, const struct roster *other, struct failure *failure)
{
	struct buffer signers = buffer_of(SIGNERS_MAX);
	const char *names = roster_signers(other, known, &signers) == 0 ? buffer_text(&signers) : NULL;
	int rc = failure_set(failure, EX_DATAERR,
		"this is another roster %llu than the one that was published; of the admins of that one, "
		"%.80s "
		"signed it%s",
		(unsigned long long)other->version, names == NULL ? "?" : names,
		roster_signed_by(other, known) == 0 ? ": somebody forged it"
						    : ": their keys were used for both, ask them in person");

	buffer_free(&signers);
	return rc;
}

/* An older roster, or the newest again, must be the very one that this home has. */
static int check_known(const struct admin *admin, const struct roster *roster, struct failure *failure)
{
	char folder[PATH_MAX];
	struct roster *known = NULL;
	struct fault fault;
	bool is_same = false;

	if (admin_path(admin->home, ROSTER_FOLDER, folder, failure) != 0)
		return -1;
	if (roster_folder_get(folder, roster->version, &known, &fault) != 0)
		return failure_set(failure, EX_DATAERR,
			"this home doesn't have roster %llu, so nothing vouches for the file",
			(unsigned long long)roster->version);
	is_same = bytes_equal(known->digest, roster->digest, SHA256_BYTES);
	if (!is_same) {
		(void)tell_other(known, roster, failure);
		roster_free(known);
		return -1;
	}
	roster_free(known);
	return trust_signed_by_its_own(roster, &fault) == 0 ? 0 : failure_of(failure, EX_DATAERR, &fault);
}

static int check(const struct admin *admin, const struct roster *roster, struct failure *failure)
{
	struct fault fault;

	if (roster->version <= admin->newest->version)
		return check_known(admin, roster, failure);
	return trust_next(admin->newest, roster, &fault) == 0 ? 0 : failure_of(failure, EX_DATAERR, &fault);
}

static int read_roster(
	const struct invocation *invocation, struct roster **ret_roster, struct failure *failure)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;
	int rc = take_file(
		arguments_operand(invocation->arguments, 0), "the roster", ROSTER_MAX_BYTES, &note, failure);

	if (rc == 0 && roster_parse(note.data, note.len, ret_roster, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	buffer_free(&note);
	return rc;
}

int verb_roster_verify(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *roster = NULL;
	struct fault fault;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || read_roster(invocation, &roster, failure) != 0 ||
		check(admin, roster, failure) != 0)
		goto cleanup;
	show_roster_line(invocation, "verified", roster, admin->newest);
	if (trust_fresh(roster, admin_now(admin), &fault) != 0)
		say_aside(invocation, "%s", fault.text);
	rc = output_result(invocation, show_roster_facts(roster, admin->newest), failure);
cleanup:
	roster_free(roster);
	admin_close(admin);
	return rc;
}
