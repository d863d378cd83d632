/* contact: somebody has tried to reach the sender, in a way that she marked safe. The server learns that it
 * was tried, because it alerts the desk where nobody does in time, and nothing of how. */
#include "step.h"
#include "verbs.h"
#include "words.h"

int verb_contact(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_CONTACT, .by_anyone = true, .said = "Noted that you tried." };
	json_t *content = json_object();
	int rc = -1;

	if (text_member(invocation, 1, content, failure) == 0) {
		step.content = content;
		rc = step_run(invocation, &step, failure);
	}
	json_decref(content);
	return rc;
}
