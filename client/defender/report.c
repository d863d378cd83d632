/* `clarion report`: asks or reads, seals into the queue, then sends; or with --out seals into a file that
 * anybody may carry, and sends nothing. */
#include "client/output.h"
#include "client/progress.h"
#include "reporting.h"
#include "sealed_out.h"
#include "verbs.h"

static int run(struct reporting *reporting, struct failure *failure)
{
	const struct queued *entry = NULL;
	struct failure ignored;
	bool show;
	int rc;

	if (reporting_prepare(reporting, failure) != 0 || reporting_take_receipt(reporting, failure) != 0 ||
		reporting_seal(reporting, &entry, failure) != 0)
		return -1;
	reporting_say_readers(reporting);
	reporting_say_server(reporting, entry);
	reporting_say_receipt(reporting);
	if (reporting->delay > 0) {
		reporting_say_delay(reporting);
		rc = reporting_answer(reporting, failure);
		reporting_keep_next(reporting);
		return rc;
	}
	rc = reporting_deliver(reporting, entry, &show, failure);
	if (rc == 0)
		say(reporting->invocation,
			"The server has it, and has signed that. Nobody has read it yet: `%s inbox` shows "
			"who confirms it.\n",
			reporting->invocation->program);
	if (show && reporting_answer(reporting, rc == 0 ? failure : &ignored) != 0)
		rc = -1;
	if (!reporting->session.is_in_memory)
		reporting_keep_next(reporting);
	return rc;
}

int run_report(const struct invocation *invocation, struct failure *failure)
{
	const char *out = arguments_option(invocation->arguments, "out");
	struct reporting reporting = { .invocation = invocation, .makes_no_connection = out != NULL };
	int rc = reporting_take_delay(&reporting, failure);

	progress_allow(invocation);
	if (rc == 0)
		rc = session_open(invocation, &reporting.session, failure);
	if (rc == 0)
		rc = out != NULL ? seal_out(&reporting, out, failure) : run(&reporting, failure);
	reporting_free(&reporting);
	return rc;
}
