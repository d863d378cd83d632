/* reopen: a closed case goes on, with whoever takes it up again. */
#include "step.h"
#include "verbs.h"
#include "words.h"

int verb_reopen(const struct invocation *invocation, struct failure *failure)
{
	struct step step = {
		.type = EVENT_REOPEN, .by_anyone = true, .said = "Reopened: it is your case now."
	};
	json_t *content = json_object();
	int rc = -1;

	step.content = content;
	if (text_member(invocation, 1, content, failure) == 0)
		rc = step_run(invocation, &step, failure);
	json_decref(content);
	return rc;
}
