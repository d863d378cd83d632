/* roster show: the newest roster in words, and what the draft would change. */
#include "draft.h"
#include "show.h"
#include "verbs.h"

static int show(struct admin *admin, const struct roster *draft, struct failure *failure)
{
	const struct invocation *invocation = admin->invocation;
	json_t *result = NULL, *facts_of_draft = NULL;

	show_roster_line(invocation, "newest", admin->newest, NULL);
	if (show_changes(invocation, NULL, admin->newest, failure) != 0)
		return -1;
	if (draft != NULL) {
		show_roster_line(invocation, "draft", draft, admin->newest);
		if (show_changes(invocation, admin->newest, draft, failure) != 0)
			return -1;
	}
	result = show_roster_facts(admin->newest, NULL);
	facts_of_draft = draft == NULL ? json_null() : draft_facts(admin, draft);
	if (json_object_set_new(result, "draft", facts_of_draft) != 0) {
		json_decref(result);
		return failure_memory(failure);
	}
	return output_result(invocation, result, failure);
}

int verb_roster_show(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) == 0 && draft_load(admin, &draft, failure) == 0)
		rc = show(admin, draft, failure);
	roster_free(draft);
	admin_close(admin);
	return rc;
}
