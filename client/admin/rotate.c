#include "rotate.h"

#include "control_call.h"
#include "draft.h"

#include "client/output.h"
#include "proto/json.h"

int rotate_bad_answer(struct failure *failure)
{
	return failure_set(failure, EX_PROTOCOL,
		"the daemon answers in a way that this version doesn't know: use programs of one version");
}

int rotate_say(const struct admin *admin, const json_t *rotation)
{
	uint64_t epoch = 0, done = 0, total = 0;
	const char *what = NULL, *state = NULL;
	size_t len = 0;

	if (member_text(rotation, "what", &what, &len) != 0 ||
		member_number(rotation, "epoch", &epoch) != 0 ||
		member_number(rotation, "done", &done) != 0 ||
		member_number(rotation, "total", &total) != 0 ||
		member_text(rotation, "state", &state, &len) != 0)
		return -1;
	if (total == 0)
		say(admin->invocation, "%s: key %llu, never rotated\n", what, (unsigned long long)epoch);
	else
		say(admin->invocation, "%s: key %llu, %llu of %llu, %s\n", what, (unsigned long long)epoch,
			(unsigned long long)done, (unsigned long long)total, state);
	return 0;
}

static int change_draft(
	const struct admin *admin, const json_t *rotation, rotate_edit edit, struct failure *failure)
{
	struct roster *draft = NULL;
	bool is_new = false, changed = false;
	int rc = -1;

	if (draft_load(admin, &draft, failure) != 0)
		return -1;
	is_new = draft == NULL;
	if ((is_new && draft_new(admin, &draft, failure) != 0) ||
		edit(admin, rotation, draft, &changed, failure) != 0)
		goto cleanup;
	if (!changed && !is_new) {
		rc = 0;
		goto cleanup;
	}
	if (!is_new)
		draft_renew(admin, draft);
	rc = draft_save(admin, &draft, failure);
	if (rc == 0)
		say(admin->invocation,
			"The new key is in the draft of roster %llu. `roster publish' puts it in force.\n",
			(unsigned long long)draft->version);
cleanup:
	roster_free(draft);
	return rc;
}

int rotate_with_draft(
	const struct invocation *invocation, const char *act, rotate_edit edit, struct failure *failure)
{
	struct admin *admin = NULL;
	json_t *rotation = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 ||
		control_ask(admin, act, &rotation, failure) != 0 ||
		change_draft(admin, rotation, edit, failure) != 0)
		goto cleanup;
	if (rotate_say(admin, rotation) != 0) {
		rc = rotate_bad_answer(failure);
		goto cleanup;
	}
	rc = output_result(invocation, json_incref(rotation), failure);
cleanup:
	json_decref(rotation);
	admin_close(admin);
	return rc;
}
