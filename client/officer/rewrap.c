/* rewrap: gives the reports of her desks to their officers of today. Each report is done or not, whole: it
 * can be interrupted at any time, and goes on where it stopped. */
#include "rewrap_one.h"
#include "verbs.h"

#include "client/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 96

struct run {
	struct officer *officer;
	uint64_t done, failed;
	bool is_alarmed;
	bool shows_progress;
	struct header_list list;
};

static void show_progress(const struct run *run, bool is_over)
{
	if (!run->shows_progress)
		return;
	(void)fprintf(stderr, "\r%" PRIu64 " wrapped again, %" PRIu64 " not%s", run->done, run->failed,
		is_over ? "\n" : "");
	(void)fflush(stderr);
}

/* What concerns one report doesn't end the run; a lost line does. */
static bool is_about_the_report(const struct failure *failure)
{
	return failure->exit_code == EX_DATAERR || failure->exit_code == EX_NOPERM ||
	       failure->exit_code == EX_PROTOCOL || failure->exit_code == EX_TEMPFAIL ||
	       failure->exit_code == EX_SOFTWARE;
}

static void say_of(const struct run *run, const struct header_entry *entry, const char *words)
{
	if (run->shows_progress)
		(void)fputc('\n', stderr);
	say_aside(run->officer->invocation, "%s: %s", entry->report, words);
}

static int one(struct run *run, const char *desk, const struct header_entry *entry, struct failure *failure)
{
	bool is_alarming = false;

	if (rewrap_one(run->officer, desk, entry, &is_alarming, failure) == 0) {
		run->done++;
		run->is_alarmed = run->is_alarmed || is_alarming;
		if (is_alarming)
			say_of(run, entry,
				"ALARM: whoever wrapped it again last kept it from you; it is given back to "
				"its desk");
		return 0;
	}
	if (!is_about_the_report(failure))
		return -1;
	run->failed++;
	run->is_alarmed = run->is_alarmed || failure->exit_code == EX_PROTOCOL;
	say_of(run, entry, failure->fault.text);
	return 0;
}

static int fetch_page(struct run *run, const char *desk, uint64_t after, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path };
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc;

	(void)snprintf(path, sizeof path, "desks/%.*s/headers?after=%" PRIu64, NAME_SIZE - 1, desk, after);
	if (officer_call(run->officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (answer.status != 200)
		rc = link_refused(&answer, "the desk's reports weren't listed", failure);
	else if (header_list_parse((const char *)answer.body.data, answer.body.len, &run->list, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	else if (run->list.more && run->list.after <= after)
		rc = failure_set(failure, EX_PROTOCOL,
			"the server goes round in circles: tell your organisation's admin");
	else
		rc = 0;
	link_answer_free(&answer);
	return rc;
}

static int one_desk(struct run *run, const char *desk, struct failure *failure)
{
	uint64_t after = 0;

	do {
		if (fetch_page(run, desk, after, failure) != 0)
			return -1;
		after = run->list.after;
		for (size_t at = 0; at < run->list.count; at++) {
			if (one(run, desk, &run->list.entries[at], failure) != 0)
				return -1;
			show_progress(run, false);
		}
	} while (run->list.more);
	return 0;
}

/* Hers, or the one that --desk names. */
static int choose_desks(struct officer *officer, char ret_desks[OFFICER_DESKS_MAX][NAME_SIZE],
	size_t *ret_count, struct failure *failure)
{
	const char *wished = arguments_option(officer->invocation->arguments, "desk");
	const struct roster_officer *me;

	/* Wrapped for the newest roster or not at all. */
	if (organisation_refresh(officer->organisation, NULL, failure) != 0 ||
		organisation_fresh(officer->organisation, failure) != 0 ||
		officer_me(officer, &me, failure) != 0)
		return -1;
	*ret_count = 0;
	for (size_t at = 0; at < me->desk_count; at++) {
		if (wished == NULL || strcmp(wished, me->desks[at]) == 0)
			memcpy(ret_desks[(*ret_count)++], me->desks[at], NAME_SIZE);
	}
	return *ret_count > 0 ? 0
			      : failure_set(failure, EX_NOPERM,
					"--desk names none of your desks: `pull' shows whose alerts you get");
}

static int report_run(struct run *run, int rc, struct failure *failure)
{
	struct failure printed = { .exit_code = 0 };
	const struct invocation *invocation = run->officer->invocation;

	show_progress(run, true);
	if (!run->shows_progress)
		say(invocation, "%" PRIu64 " wrapped again, %" PRIu64 " not.\n", run->done, run->failed);
	if (output_result(invocation,
		    json_pack("{s:I, s:I}", "done", (json_int_t)run->done, "failed", (json_int_t)run->failed),
		    &printed) != 0 &&
		rc == 0) {
		*failure = printed;
		return -1;
	}
	if (rc == 0 && run->is_alarmed)
		rc = failure_set(failure, EX_PROTOCOL,
			"ALARM: not everything was what it should be: tell your organisation's admin");
	return rc;
}

static int run_desks(struct run *run, struct failure *failure)
{
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	size_t count;
	int rc = 0;

	if (choose_desks(run->officer, desks, &count, failure) != 0)
		return -1;
	/* It may take long, and nothing of it is in the home: others are let in. */
	home_unlock(run->officer->home);
	for (size_t at = 0; rc == 0 && at < count; at++)
		rc = one_desk(run, desks[at], failure);
	return report_run(run, rc, failure);
}

int verb_rewrap(const struct invocation *invocation, struct failure *failure)
{
	struct run *run = calloc(1, sizeof *run);
	int rc = -1;

	if (run == NULL)
		return failure_memory(failure);
	run->shows_progress = !invocation->json && isatty(STDERR_FILENO) == 1;
	if (officer_open(invocation, &run->officer, failure) == 0)
		rc = run_desks(run, failure);
	officer_close(run->officer);
	free(run);
	return rc;
}
