/* rotate admin: a new key of one's own. The draft names it in the old one's place, signed by both; once that
 * is in force the new identity takes the old one's place. */
#include "draft.h"
#include "next_identity.h"
#include "verbs.h"

#include "client/output.h"

#include <string.h>

/* Her line, with the next keys. *ret_changed false where the draft has them already. */
static int edit(const struct admin *admin, struct roster *draft, const struct identity *identity,
	const struct identity *next, bool *ret_changed, struct failure *failure)
{
	struct roster_admin line;
	const struct roster_admin *me = roster_admin_by_key(draft, identity->public_key);

	*ret_changed = false;
	if (roster_admin_by_key(draft, next->public_key) != NULL)
		return 0;
	if (me == NULL)
		return failure_set(failure, EX_NOPERM,
			"your key is none of this organisation's admins%s: one of them must add your card",
			roster_admin_by_key(admin->newest, identity->public_key) != NULL ? " in the draft"
											 : "");
	line = *me;
	memcpy(line.public_key, next->public_key, sizeof line.public_key);
	memcpy(line.recipient, next->age->recipient, sizeof line.recipient);
	if (roster_remove_admin(draft, line.name) != 0 || roster_add_admin(draft, &line) != 0)
		return failure_memory(failure);
	*ret_changed = true;
	return 0;
}

static int find_draft(const struct admin *admin, struct roster **ret_draft, struct failure *failure)
{
	if (draft_load(admin, ret_draft, failure) != 0)
		return -1;
	return *ret_draft != NULL ? 0 : draft_new(admin, ret_draft, failure);
}

static json_t *result_of(const struct admin *admin, const struct roster *draft)
{
	json_t *facts = draft_facts(admin, draft);

	if (facts != NULL &&
		(json_object_set_new(facts, "what", json_string("admin")) != 0 ||
			json_object_set_new(facts, "epoch", json_integer((json_int_t)draft->version)) != 0 ||
			json_object_set_new(facts, "done", json_integer(0)) != 0 ||
			json_object_set_new(facts, "total", json_integer(1)) != 0)) {
		json_decref(facts);
		facts = NULL;
	}
	return facts;
}

static int rotate(const struct admin *admin, struct roster **draft, struct failure *failure)
{
	struct identity *identity = NULL, *next = NULL;
	bool changed = false;
	int rc = -1;

	if (next_identity_make(admin, &identity, &next, failure) != 0 ||
		find_draft(admin, draft, failure) != 0 ||
		edit(admin, *draft, identity, next, &changed, failure) != 0)
		goto cleanup;
	if (changed)
		draft_renew(admin, *draft);
	rc = draft_sign(admin, *draft, identity, failure);
	if (rc == 0)
		rc = draft_sign(admin, *draft, next, failure);
	if (rc == 0)
		rc = draft_save(admin, draft, failure);
cleanup:
	identity_free(identity);
	identity_free(next);
	return rc;
}

int verb_rotate_admin(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || rotate(admin, &draft, failure) != 0)
		goto cleanup;
	say(invocation,
		"Your next key is in the draft of roster %llu, and your old and your new key have signed it. "
		"%s\n",
		(unsigned long long)draft->version,
		admin->newest->threshold == 1 && draft->threshold == 1
			? "`roster publish' puts it in force."
			: "The other admins sign a copy of it (`roster sign'), then `roster publish' puts it "
			  "in force.");
	rc = output_result(invocation, result_of(admin, draft), failure);
cleanup:
	roster_free(draft);
	admin_close(admin);
	return rc;
}
