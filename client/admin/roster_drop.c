/* roster drop: forgets the draft. What others have of it stays theirs. */
#include "draft.h"
#include "show.h"
#include "verbs.h"

int verb_roster_drop(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	struct roster *draft = NULL;
	int rc = -1;

	if (admin_open(invocation, &admin, failure) != 0 || draft_load(admin, &draft, failure) != 0)
		goto cleanup;
	if (draft == NULL) {
		rc = failure_set(
			failure, EX_NOINPUT, "there is no draft: `roster show' says what is in force");
		goto cleanup;
	}
	draft_remove(admin);
	say(invocation, "The draft of roster %llu is forgotten.\n", (unsigned long long)draft->version);
	rc = output_result(invocation, show_roster_facts(draft, admin->newest), failure);
cleanup:
	roster_free(draft);
	admin_close(admin);
	return rc;
}
