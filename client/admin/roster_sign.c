/* roster sign: shows what the draft changes, and signs it. Without a draft it makes one that changes nothing
 * but the expiry. With FILE it takes another admin's draft; copies of one draft that several admins have
 * signed each on her own come together here. */
#include "draft.h"
#include "show.h"
#include "verbs.h"

#include "client/terminal.h"
#include "keys/trust.h"
#include "proto/roster_changes.h"
#include "proto/time.h"

#include <sodium.h>
#include <string.h>

/* FILE, where it continues the newest roster as this home knows it. */
static int read_draft(
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

/* Whether own says nothing that other doesn't say, and nobody has signed it. */
static bool may_be_replaced(const struct roster *own, const struct roster *other)
{
	struct buffer changes = buffer_of(CHANGES_MAX);
	bool may = own->signature_count == 0 && roster_changes(other, own, &changes) == 0 && changes.len == 0;

	buffer_free(&changes);
	return may;
}

/* Brings the home's own draft, which may be NULL, together with another admin's: *draft keeps its body and
 * gains signatures. */
static int bring_together(
	const struct admin *admin, const struct roster *own, struct roster *draft, struct failure *failure)
{
	if (own == NULL || may_be_replaced(own, draft))
		return 0;
	if (!roster_same_body(own, draft))
		return failure_set(failure, EX_CANTCREAT,
			"this home has a draft of its own that says something else (`roster show'): publish "
			"it, or "
			"forget it with `roster drop'");
	if (roster_merge(draft, own, admin->newest) != 0 || roster_merge(draft, own, draft) != 0)
		return failure_memory(failure);
	return 0;
}

static int take_draft(
	const struct admin *admin, const char *path, struct roster **ret_draft, struct failure *failure)
{
	struct roster *draft = NULL, *own = NULL;
	int rc = -1;

	if (read_draft(admin, path, &draft, failure) == 0 && draft_load(admin, &own, failure) == 0 &&
		bring_together(admin, own, draft, failure) == 0) {
		*ret_draft = draft;
		draft = NULL;
		rc = 0;
	}
	roster_free(draft);
	roster_free(own);
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

/* A person is asked once she has read what it says; a script has been told by whoever wrote it. */
static int confirm(const struct invocation *invocation, struct failure *failure)
{
	char *answer = NULL;
	bool is_yes = false;

	if (invocation->json || !terminal_is_there())
		return 0;
	if (ask_line("Sign it? Type yes: ", "give --json", &answer, failure) != 0)
		return -1;
	is_yes = strcmp(answer, "yes") == 0;
	sodium_free(answer);
	return is_yes ? 0 : failure_set(failure, EX_NOPERM, "nothing is signed: say yes to sign it");
}

int verb_roster_sign(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	char expires[TIME_SIZE];
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || find_draft(admin, &draft, failure) != 0)
		goto cleanup;
	time_format(draft->expires, expires);
	say(invocation, "Against roster %llu, which is the newest here, this draft, good until %s, says:\n",
		(unsigned long long)admin->newest->version, expires);
	if (show_changes(invocation, admin->newest, draft, failure) != 0 ||
		confirm(invocation, failure) != 0 || draft_sign_as_me(admin, draft, failure) != 0 ||
		draft_save(admin, &draft, failure) != 0)
		goto cleanup;
	show_roster_line(invocation, "signed", draft, admin->newest);
	say(invocation,
		"It lies in %s/%s: the other admins sign a copy of it, whoever has enough publishes.\n",
		home_path(admin->home), DRAFT_FILE);
	rc = output_result(invocation, draft_facts(admin, draft), failure);
cleanup:
	roster_free(draft);
	admin_close(admin);
	return rc;
}
