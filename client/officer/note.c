/* note: what an officer wants her colleagues to know, sealed to whoever can open the report. */
#include "step.h"
#include "verbs.h"
#include "words.h"

int verb_note(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_NOTE, .by_anyone = true, .said = "Noted." };
	json_t *content = json_object();
	int rc = -1;

	if (text_member(invocation, 1, content, failure) == 0 &&
		code_member(invocation, "verification", content, failure) == 0 &&
		code_member(invocation, "need", content, failure) == 0 &&
		code_member(invocation, "outcome", content, failure) == 0) {
		step.content = content;
		rc = step_run(invocation, &step, failure);
	}
	json_decref(content);
	return rc;
}
