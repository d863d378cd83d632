/* assign: whose case it is. Anybody of the desk may: work must not stop because somebody is away. */
#include "readers.h"
#include "step.h"
#include "verbs.h"

#include <string.h>

int verb_assign(const struct invocation *invocation, struct failure *failure)
{
	const char *name = arguments_operand(invocation->arguments, 1);
	struct step step = {
		.type = EVENT_ASSIGN, .by_anyone = true, .said = "Assigned.", .check = check_named_officer
	};
	char checked[NAME_SIZE];
	json_t *content = NULL;
	int rc;

	if (name_of(name, strlen(name), checked) != 0)
		return failure_set(
			failure, EX_DATAERR, "no officer has such a name: check how it is written");
	content = json_pack("{s:s}", "officer", checked);
	step.content = content;
	rc = content == NULL ? failure_memory(failure) : step_run(invocation, &step, failure);
	json_decref(content);
	return rc;
}
