/* roster publish: puts the draft in force. Where one signature is enough it signs too, and without a draft it
 * renews the newest roster for another term. */
#include "draft.h"
#include "publish.h"
#include "show.h"
#include "verbs.h"

#include "keys/trust.h"

/* One admin is enough before and after. */
static bool is_enough_alone(const struct admin *admin, const struct roster *draft)
{
	return admin->newest->threshold == 1 && draft->threshold == 1;
}

static int find_draft(const struct admin *admin, struct roster **ret_draft, struct failure *failure)
{
	if (draft_load(admin, ret_draft, failure) != 0)
		return -1;
	if (*ret_draft != NULL)
		return 0;
	if (admin->newest->threshold != 1)
		return failure_set(failure, EX_DATAERR,
			"there is no draft: change something, or draft a renewal with `roster sign'");
	return draft_new(admin, ret_draft, failure);
}

/* Signs where that is left to do and enough, then holds the result against the rules that clients follow. */
static int complete(const struct admin *admin, struct roster **draft, struct failure *failure)
{
	struct fault fault;
	int rc = -1;

	if (is_enough_alone(admin, *draft) && trust_next(admin->newest, *draft, &fault) != 0) {
		draft_renew(admin, *draft);
		if (show_changes(admin->invocation, admin->newest, *draft, failure) != 0 ||
			draft_sign_as_me(admin, *draft, failure) != 0 ||
			draft_save(admin, draft, failure) != 0)
			goto cleanup;
	}
	if (trust_next(admin->newest, *draft, &fault) != 0) {
		rc = failure_of(failure, EX_NOPERM, &fault);
		goto cleanup;
	}
	if (trust_fresh(*draft, admin_now(admin), &fault) != 0) {
		rc = failure_set(failure, EX_DATAERR,
			"the draft has expired before it was published: forget it with `roster drop', then "
			"draft again");
		goto cleanup;
	}
	rc = 0;
cleanup:
	return rc;
}

int verb_roster_publish(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	enum publish_way way = PUBLISH_RUNNING;
	json_t *facts = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || find_draft(admin, &draft, failure) != 0 ||
		complete(admin, &draft, failure) != 0 || publish_roster(admin, draft, &way, failure) != 0)
		goto cleanup;
	facts = show_roster_facts(draft, admin->newest);
	show_roster_line(invocation, way == PUBLISH_RUNNING ? "in force" : "in force when the daemon starts",
		draft, admin->newest);
	if (admin_took(admin, draft, failure) != 0) {
		json_decref(facts);
		goto cleanup;
	}
	draft_remove(admin);
	rc = output_result(invocation, facts, failure);
cleanup:
	roster_free(draft);
	admin_close(admin);
	return rc;
}
