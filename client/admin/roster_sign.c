/* roster sign: shows what the draft changes, and signs it. Without a draft it makes one that changes nothing
 * but the expiry. With FILE it takes another admin's draft, her signatures included. */
#include "draft.h"
#include "show.h"
#include "verbs.h"

#include "client/terminal.h"
#include "keys/trust.h"

/* FILE, where it continues the newest roster as this home knows it. */
static int take_draft(
	const struct admin *admin, const char *path, struct roster **ret_draft, struct failure *failure)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct roster *draft = NULL;
	struct fault fault;
	int rc = -1;

	if (take_file(path, "the draft", ROSTER_MAX_BYTES, &note, failure) != 0)
		goto cleanup;
	if (roster_parse(note.data, note.len, &draft, &fault) != 0 ||
		trust_follows(admin->newest, draft, &fault) != 0) {
		rc = failure_of(failure, EX_DATAERR, &fault);
		goto cleanup;
	}
	*ret_draft = draft;
	draft = NULL;
	rc = 0;
cleanup:
	roster_free(draft);
	buffer_free(&note);
	return rc;
}

static int find_draft(const struct admin *admin, struct roster **ret_draft, struct failure *failure)
{
	const char *path = arguments_operand(admin->invocation->arguments, 0);

	if (path != NULL)
		return take_draft(admin, path, ret_draft, failure);
	if (draft_load(admin, ret_draft, failure) != 0)
		return -1;
	return *ret_draft != NULL ? 0 : draft_new(admin, ret_draft, failure);
}

int verb_roster_sign(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	struct identity *identity = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || find_draft(admin, &draft, failure) != 0)
		goto cleanup;
	say(invocation, "Signing this makes it so:\n");
	if (show_changes(invocation, admin->newest, draft, failure) != 0 ||
		admin_identity(admin, &identity, failure) != 0 ||
		draft_sign(admin, draft, identity, failure) != 0 || draft_save(admin, &draft, failure) != 0)
		goto cleanup;
	show_roster_line(invocation, "signed", draft, admin->newest);
	rc = output_result(invocation, show_roster_facts(draft, admin->newest), failure);
cleanup:
	identity_free(identity);
	roster_free(draft);
	admin_close(admin);
	return rc;
}
