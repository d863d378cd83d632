/* canary: a test report through the whole path, from a timer; an alarm where it doesn't come out. */
#include "client_run.h"
#include "rehearsal.h"
#include "verbs.h"

#include "client/output.h"
#include "keys/clock.h"

#include <stdlib.h>

/* Those that count: behind the last one that came out. */
static size_t first_open(const struct rehearsals *canaries)
{
	size_t at = canaries->count;

	while (at > 0 && canaries->list[at - 1].acknowledged == 0)
		at--;
	return at;
}

static size_t count_late(const struct rehearsals *canaries)
{
	size_t late = 0;

	for (size_t at = first_open(canaries); at < canaries->count; at++)
		late += rehearsal_is_late(&canaries->list[at], clock_wall_ms() / 1000);
	return late;
}

static int answer(const struct admin *admin, const struct rehearsals *canaries, struct failure *failure)
{
	size_t open = canaries->count - first_open(canaries), late = count_late(canaries);
	const struct rehearsal *out =
		open < canaries->count ? &canaries->list[canaries->count - open - 1] : NULL;

	if (out != NULL)
		say(admin->invocation, "The last canary that came out took %lld s; %s answered for it.\n",
			(long long)(out->acknowledged - out->sent), out->by);
	say(admin->invocation, "On their way: %zu. Late: %zu.\n", open, late);
	return output_result(admin->invocation,
		json_pack("{s:I, s:I, s:o}", "waiting", (json_int_t)open, "late", (json_int_t)late, "last",
			out == NULL ? json_null() : rehearsal_json(out)),
		failure);
}

/* Says it, and runs what she wants to be run. */
static int alarm(const struct admin *admin, const struct failure *reason, struct failure *failure)
{
	const char *command = arguments_option(admin->invocation->arguments, "exec");

	if (command != NULL)
		command_run(command);
	return failure_set(failure, EX_UNAVAILABLE, "ALARM: %.400s", reason->fault.text);
}

static int late(struct failure *reason)
{
	return failure_set(reason, EX_UNAVAILABLE,
		"a test report didn't come out in time: see that the server runs, and that an officer's "
		"`watch "
		"--duty' does at its desk");
}

static int run(struct admin *admin, struct rehearsals *canaries, bool sends, struct failure *failure)
{
	struct failure reason;
	bool is_broken = rehearsals_check(admin, canaries, &reason) != 0;

	/* One on its way at a time, unless it is late: then the next shows when the path is whole again. */
	if (!is_broken && sends && first_open(canaries) + count_late(canaries) == canaries->count)
		is_broken = rehearsal_send(admin, canaries, &reason) != 0;
	if (is_broken && reason.exit_code != EX_UNAVAILABLE)
		return failure_of(failure, reason.exit_code, &reason.fault);
	if (answer(admin, canaries, failure) != 0)
		return -1;
	if (is_broken || (count_late(canaries) > 0 && late(&reason) != 0))
		return alarm(admin, &reason, failure);
	return 0;
}

static int canary(const struct invocation *invocation, bool sends, struct failure *failure)
{
	struct rehearsals *canaries = malloc(sizeof *canaries);
	struct admin *admin = NULL;
	int rc = canaries == NULL ? failure_memory(failure) : admin_open(invocation, &admin, failure);

	if (rc == 0)
		rc = rehearsals_load(admin, REPORT_CANARY, canaries, failure);
	if (rc == 0)
		rc = run(admin, canaries, sends, failure);
	free(canaries);
	admin_close(admin);
	return rc;
}

int verb_canary(const struct invocation *invocation, struct failure *failure)
{
	return canary(invocation, true, failure);
}

int verb_canary_status(const struct invocation *invocation, struct failure *failure)
{
	return canary(invocation, false, failure);
}
