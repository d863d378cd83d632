/* drill: a report that officers take for real until they open it; how long it took until somebody
 * acknowledged. */
#include "rehearsal.h"
#include "verbs.h"

#include "client/output.h"
#include "keys/clock.h"

#include <stdlib.h>

static int begin(struct admin *admin, struct rehearsals *drills, struct failure *failure)
{
	const struct rehearsal *sent;

	if (rehearsal_send(admin, drills, failure) != 0)
		return -1;
	sent = &drills->list[drills->count - 1];
	say(admin->invocation,
		"The drill is on its way to %s, as %s. Officers see that it is one when they open it; `drill "
		"status' says how long they took.\n",
		sent->desk, urgency_word(sent->urgency));
	return output_result(admin->invocation, rehearsal_json(sent), failure);
}

static void show(const struct admin *admin, const struct rehearsal *drill)
{
	char sent[TIME_SIZE];

	time_format(drill->sent, sent);
	say(admin->invocation, "%s  %s  %s\n    ", sent, drill->desk, urgency_word(drill->urgency));
	if (drill->acknowledged != 0)
		say(admin->invocation, "acknowledged by %s after %lld s%s\n", drill->by,
			(long long)(drill->acknowledged - drill->sent),
			drill->acknowledged > drill->due ? ", LATE" : "");
	else
		say(admin->invocation, "nobody has acknowledged it%s\n",
			rehearsal_is_late(drill, clock_wall_ms() / 1000) ? ", and it is LATE" : " yet");
}

static int status(struct admin *admin, struct rehearsals *drills, struct failure *failure)
{
	json_t *list = json_array();

	if (list == NULL)
		return failure_memory(failure);
	if (rehearsals_check(admin, drills, failure) != 0) {
		json_decref(list);
		return -1;
	}
	for (size_t at = 0; list != NULL && at < drills->count; at++) {
		show(admin, &drills->list[at]);
		if (json_array_append_new(list, rehearsal_json(&drills->list[at])) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	if (drills->count == 0)
		say(admin->invocation, "There was no drill yet.\n");
	return output_result(
		admin->invocation, list == NULL ? NULL : json_pack("{s:o}", "drills", list), failure);
}

static int drill(const struct invocation *invocation,
	int (*act)(struct admin *admin, struct rehearsals *drills, struct failure *failure),
	struct failure *failure)
{
	struct rehearsals *drills = malloc(sizeof *drills);
	struct admin *admin = NULL;
	int rc = drills == NULL ? failure_memory(failure) : admin_open(invocation, &admin, failure);

	if (rc == 0)
		rc = rehearsals_load(admin, REPORT_DRILL, drills, failure);
	if (rc == 0)
		rc = act(admin, drills, failure);
	free(drills);
	admin_close(admin);
	return rc;
}

int verb_drill(const struct invocation *invocation, struct failure *failure)
{
	return drill(invocation, begin, failure);
}

int verb_drill_status(const struct invocation *invocation, struct failure *failure)
{
	return drill(invocation, status, failure);
}
