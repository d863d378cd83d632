/* `clarion follow-up`: a further report that officers see with the first, signed by the hand key of its
 * receipt number. Works with the number alone, on any device. */
#include "client/output.h"
#include "client/progress.h"
#include "proto/encode.h"
#include "receipt_input.h"
#include "reporting.h"
#include "sealed_out.h"
#include "verbs.h"

#include <string.h>

static int check_arguments(const struct arguments *arguments, struct failure *failure)
{
	const char *file = arguments_option(arguments, "file"),
		   *receipt = arguments_option(arguments, "receipt-file"),
		   *report = arguments_option(arguments, "report");
	uint8_t id[ID_BYTES];

	if (file != NULL && receipt != NULL && strcmp(file, "-") == 0 && strcmp(receipt, "-") == 0)
		return failure_set(failure, EX_USAGE,
			"the report and the receipt number can't both come from standard input: give one of "
			"them in a file");
	if (report != NULL && hex_decode(report, strlen(report), id, sizeof id) != 0)
		return failure_set(failure, EX_USAGE,
			"--report isn't a report's id: give its 64 characters, or leave it out");
	return 0;
}

/* The first report, as far as it is known here: officers' tools find it by its mailbox too. */
static int find_first(struct reporting *reporting, struct known_report *ret_known, json_t **ret_exclude,
	struct failure *failure)
{
	const char *given = arguments_option(reporting->invocation->arguments, "report");

	reporting->follows.counter = reporting_counter(reporting);
	if (queue_find_mailbox(reporting->session.queue, reporting->keys->mailbox, ret_known) == 0) {
		reporting->wish.desk = ret_known->desk;
		memcpy(reporting->follows.report, ret_known->id, sizeof reporting->follows.report);
		*ret_exclude = json_array();
		for (size_t at = 0; at < ret_known->excluded_count; at++)
			if (json_array_append_new(*ret_exclude, json_string(ret_known->excluded[at])) != 0)
				return failure_memory(failure);
		reporting->wish.exclude = *ret_exclude;
	}
	if (given != NULL)
		memcpy(reporting->follows.report, given, ID_SIZE);
	return 0;
}

/* known lives as long as reporting, which points into it. */
static int run(
	struct reporting *reporting, struct known_report *known, json_t **exclude, struct failure *failure)
{
	const char *out = arguments_option(reporting->invocation->arguments, "out");
	const struct queued *entry = NULL;
	struct failure ignored;
	bool show;
	int rc;

	if (find_first(reporting, known, exclude, failure) != 0)
		return -1;
	if (out != NULL)
		return seal_out(reporting, out, failure);
	if (reporting_prepare(reporting, failure) != 0 || reporting_seal(reporting, &entry, failure) != 0)
		return -1;
	reporting_say_readers(reporting);
	reporting_say_server(reporting, entry);
	if (reporting->delay > 0) {
		reporting_say_delay(reporting);
		return reporting_answer(reporting, failure);
	}
	rc = reporting_deliver(reporting, entry, &show, failure);
	if (rc == 0)
		say(reporting->invocation,
			"The server has it, and has signed that. Answers come to the same receipt number.\n");
	if (show && reporting_answer(reporting, rc == 0 ? failure : &ignored) != 0)
		rc = -1;
	return rc;
}

int run_follow_up(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation,
		.makes_no_connection = arguments_option(invocation->arguments, "out") != NULL };
	struct known_report known;
	json_t *exclude = NULL;
	int rc = -1;

	progress_allow(invocation);
	if (check_arguments(invocation->arguments, failure) == 0 &&
		reporting_take_delay(&reporting, failure) == 0 &&
		session_open(invocation, &reporting.session, failure) == 0 &&
		receipt_ask(invocation, &reporting.receipt, &reporting.keys, failure) == 0)
		rc = run(&reporting, &known, &exclude, failure);
	json_decref(exclude);
	reporting_free(&reporting);
	return rc;
}
