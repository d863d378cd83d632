#include "draft.h"

#include "next_identity.h"
#include "show.h"

#include "client/output.h"
#include "client/terminal.h"
#include "keys/secure_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define DAY_SECONDS 86400

static void set_times(const struct admin *admin, struct roster *draft)
{
	draft->issued = admin_now(admin);
	draft->expires = draft->issued + (int64_t)ROSTER_LIFE_DEFAULT_DAYS * DAY_SECONDS;
}

int draft_load(const struct admin *admin, struct roster **ret_draft, struct failure *failure)
{
	int folder = home_descriptor(admin->home);
	struct roster *draft = NULL;
	struct fault fault;
	uint8_t *note = NULL;
	size_t len = 0;
	int rc = -1;

	*ret_draft = NULL;
	if (secure_file_read(folder, DRAFT_FILE, ROSTER_MAX_BYTES, &note, &len, &fault) != 0)
		return errno == ENOENT ? 0 : admin_file_failure(failure, errno, &fault);
	rc = roster_parse(note, len, &draft, &fault);
	sodium_free(note);
	if (rc != 0)
		return failure_of(failure, EX_DATAERR, &fault);
	if (draft->version <= admin->newest->version) {
		say_aside(admin->invocation, "the draft of roster %llu is left out: %llu is in force already",
			(unsigned long long)draft->version, (unsigned long long)admin->newest->version);
		roster_free(draft);
		draft = NULL;
	}
	*ret_draft = draft;
	return 0;
}

int draft_new(const struct admin *admin, struct roster **ret_draft, struct failure *failure)
{
	struct roster *draft = NULL;

	if (roster_next(admin->newest, &draft) != 0)
		return failure_memory(failure);
	set_times(admin, draft);
	*ret_draft = draft;
	return 0;
}

int draft_save(const struct admin *admin, struct roster **draft, struct failure *failure)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct roster *parsed = NULL;
	struct fault fault;
	int rc = -1;

	if (roster_check(*draft, &fault) != 0) {
		rc = failure_of(failure, EX_DATAERR, &fault);
		goto cleanup;
	}
	if (roster_write_note(*draft, &note) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the roster would be too long: remove something first");
		goto cleanup;
	}
	if (roster_parse(note.data, note.len, &parsed, &fault) != 0) {
		rc = failure_of(failure, EX_DATAERR, &fault);
		goto cleanup;
	}
	if (secure_file_replace(home_descriptor(admin->home), DRAFT_FILE, note.data, note.len, &fault) != 0) {
		rc = admin_file_failure(failure, errno, &fault);
		goto cleanup;
	}
	roster_free(*draft);
	*draft = parsed;
	parsed = NULL;
	rc = 0;
cleanup:
	roster_free(parsed);
	buffer_free(&note);
	return rc;
}

int draft_sign(const struct admin *admin, struct roster *draft, const struct identity *identity,
	struct failure *failure)
{
	const struct roster_admin *me = roster_admin_by_key(draft, identity->public_key);
	struct fault fault;

	if (me == NULL)
		me = roster_admin_by_key(admin->newest, identity->public_key); /* signs her own leaving */
	if (me == NULL)
		return failure_set(failure, EX_NOPERM,
			"your key is none of this organisation's admins: one of them must add your card");
	if (roster_sign(draft, me->name, identity->signing_key, &fault) != 0)
		return failure_of(failure, EX_DATAERR, &fault);
	return 0;
}

int draft_sign_as_me(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	struct identity *identity = NULL, *next = NULL;
	int rc = next_identity_for(admin, draft, &identity, &next, failure);

	if (rc == 0)
		rc = draft_sign(admin, draft, identity, failure);
	if (rc == 0 && next != NULL)
		rc = draft_sign(admin, draft, next, failure);
	identity_free(identity);
	identity_free(next);
	return rc;
}

void draft_renew(const struct admin *admin, struct roster *draft)
{
	roster_touch(draft);
	set_times(admin, draft);
}

json_t *draft_facts(const struct admin *admin, const struct roster *draft)
{
	char path[PATH_MAX];
	struct failure ignored;
	json_t *facts = show_roster_facts(draft, admin->newest);

	if (facts != NULL && (admin_path(admin->home, DRAFT_FILE, path, &ignored) != 0 ||
				     json_object_set_new(facts, "file", json_string(path)) != 0)) {
		json_decref(facts);
		facts = NULL;
	}
	return facts;
}

void draft_remove(const struct admin *admin)
{
	(void)unlinkat(home_descriptor(admin->home), DRAFT_FILE, 0);
}

static int load_or_new(const struct admin *admin, struct roster **ret_draft, struct failure *failure)
{
	if (draft_load(admin, ret_draft, failure) != 0)
		return -1;
	if (*ret_draft == NULL)
		return draft_new(admin, ret_draft, failure);
	draft_renew(admin, *ret_draft); /* whoever has signed it has not signed what it becomes now */
	return 0;
}

int draft_change_and_tell(const struct invocation *invocation, draft_edit edit, const char *done,
	draft_tell tell, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	json_t *facts = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || load_or_new(admin, &draft, failure) != 0 ||
		edit(admin, draft, failure) != 0 || draft_save(admin, &draft, failure) != 0)
		goto cleanup;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): load_or_new gave one */
	say(invocation, "%s, in the draft of roster %llu. `roster publish' puts it in force.\n", done,
		(unsigned long long)draft->version);
	facts = draft_facts(admin, draft);
	if (facts != NULL && tell != NULL)
		tell(admin, facts);
	rc = output_result(invocation, facts, failure);
cleanup:
	roster_free(draft);
	admin_close(admin);
	return rc;
}

int draft_change(
	const struct invocation *invocation, draft_edit edit, const char *done, struct failure *failure)
{
	return draft_change_and_tell(invocation, edit, done, NULL, failure);
}
