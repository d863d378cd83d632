/* activate, wait, monitor: states that a case doesn't rest in without a time at which somebody looks again.
 */
#include "keys/clock.h"
#include "step.h"
#include "verbs.h"
#include "words.h"

static int run(
	const struct invocation *invocation, const char *option, struct step *step, struct failure *failure)
{
	json_t *content = json_object();
	int rc = -1;

	step->content = content;
	if (time_member(invocation, option, clock_wall_ms() / 1000, content, failure) == 0 &&
		text_member(invocation, 1, content, failure) == 0)
		rc = step_run(invocation, step, failure);
	json_decref(content);
	return rc;
}

int verb_activate(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_ACTIVATE, .said = "Active." };

	return run(invocation, "due", &step, failure);
}

int verb_wait(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_WAIT, .said = "Waiting." };

	return run(invocation, "until", &step, failure);
}

int verb_monitor(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_MONITOR, .said = "Monitored." };

	return run(invocation, "until", &step, failure);
}
