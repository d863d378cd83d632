/* handover: the case stays its owner's until the colleague named takes it up with `activate'. */
#include "readers.h"
#include "step.h"
#include "verbs.h"
#include "words.h"

#include <string.h>

int verb_handover(const struct invocation *invocation, struct failure *failure)
{
	const char *name = arguments_operand(invocation->arguments, 1);
	struct step step = { .type = EVENT_HANDOVER,
		.said = "Handed over: it stays yours until she takes it up with `activate'.",
		.check = check_named_officer };
	char checked[NAME_SIZE];
	json_t *content = NULL;
	int rc = -1;

	if (name_of(name, strlen(name), checked) != 0)
		return failure_set(
			failure, EX_DATAERR, "no officer has such a name: check how it is written");
	content = json_pack("{s:s}", "officer", checked);
	step.content = content;
	if (content == NULL)
		rc = failure_memory(failure);
	else if (text_member(invocation, 2, content, failure) == 0)
		rc = step_run(invocation, &step, failure);
	json_decref(content);
	return rc;
}
