/* rewrap: gives the reports of her desks to their officers of today. Each report is done or not, whole: it
 * can be interrupted at any time, and goes on where it stopped. */
#include "desk_pages.h"
#include "rewrap_crew.h"
#include "rewrap_one.h"
#include "verbs.h"

#include "client/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEW 16 /* so few are done sooner than helpers are started */

struct run {
	struct officer *officer;
	uint64_t done, failed;
	bool is_alarmed;
	bool shows_progress;
	bool is_over; /* before its time, and why */
	struct failure why;
};

struct work {
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	size_t count;
};

/* --- the work, in this process or in a helper */

/* What concerns one report doesn't end the run; a lost line does. */
static bool is_about_the_report(const struct failure *failure)
{
	return failure->exit_code == EX_DATAERR || failure->exit_code == EX_NOPERM ||
	       failure->exit_code == EX_PROTOCOL || failure->exit_code == EX_TEMPFAIL ||
	       failure->exit_code == EX_SOFTWARE;
}

/* Reports are shared out by their ids, so that no two helpers take the same one. */
static bool is_mine(const struct header_entry *entry, size_t at, size_t count)
{
	return ((size_t)entry->report[0] * 31 + (size_t)entry->report[1]) % count == at;
}

/* -1 where it must end: told already. */
static int do_one(struct officer *officer, const char *desk, const struct header_entry *entry,
	crew_tell *tell, void *context)
{
	struct outcome outcome = { .is_done = false };

	memcpy(outcome.report, entry->report, sizeof outcome.report);
	outcome.is_done = rewrap_one(officer, desk, entry, &outcome.is_alarming, &outcome.failure) == 0;
	if (!outcome.is_done) {
		outcome.is_the_end = !is_about_the_report(&outcome.failure);
		outcome.is_alarming = outcome.failure.exit_code == EX_PROTOCOL;
	}
	return tell(context, &outcome) != 0 || outcome.is_the_end ? -1 : 0;
}

struct share {
	size_t at, count;
	crew_tell *tell;
	void *context;
};

static int do_desk(
	struct officer *officer, const char *desk, struct header_list *list, const struct share *share)
{
	struct outcome end = { .is_the_end = true };
	uint64_t after = 0;

	do {
		if (desk_headers_page(officer, desk, after, list, &end.failure) != 0) {
			(void)share->tell(share->context, &end);
			return -1;
		}
		after = list->after;
		for (size_t i = 0; i < list->count; i++) {
			if (is_mine(&list->entries[i], share->at, share->count) &&
				do_one(officer, desk, &list->entries[i], share->tell, share->context) != 0)
				return -1;
		}
	} while (list->more);
	return 0;
}

static void do_share(struct officer *officer, const void *context, size_t at, size_t count, crew_tell *tell,
	void *tell_context)
{
	const struct work *work = context;
	const struct share share = { at, count, tell, tell_context };
	struct header_list *list = calloc(1, sizeof *list);
	struct outcome end = { .is_the_end = true };
	int rc = 0;

	if (list == NULL) {
		rc = failure_memory(&end.failure);
		(void)tell(tell_context, &end);
	}
	for (size_t desk = 0; rc == 0 && desk < work->count; desk++)
		rc = do_desk(officer, work->desks[desk], list, &share);
	free(list);
}

/* --- the run */

static void show_progress(const struct run *run, bool is_over)
{
	if (!run->shows_progress)
		return;
	(void)fprintf(stderr, "\r%" PRIu64 " wrapped again, %" PRIu64 " not%s", run->done, run->failed,
		is_over ? "\n" : "");
	(void)fflush(stderr);
}

static void say_of(const struct run *run, const struct outcome *outcome, const char *words)
{
	if (run->shows_progress)
		(void)fputc('\n', stderr);
	say_aside(run->officer->invocation, "%s: %s", outcome->report, words);
}

static int take_outcome(void *context, const struct outcome *outcome)
{
	struct run *run = context;

	if (outcome->is_the_end) {
		run->is_over = true;
		run->why = outcome->failure;
		return -1;
	}
	run->done += outcome->is_done ? 1 : 0;
	run->failed += outcome->is_done ? 0 : 1;
	run->is_alarmed = run->is_alarmed || outcome->is_alarming;
	if (!outcome->is_done)
		say_of(run, outcome, outcome->failure.fault.text);
	else if (outcome->is_alarming)
		say_of(run, outcome,
			"ALARM: whoever wrapped it again last kept it from you; it is given back to its "
			"desk");
	show_progress(run, false);
	return 0;
}

/* Hers, or the one that --desk names. */
static int choose_desks(struct officer *officer, struct work *ret_work, struct failure *failure)
{
	const char *wished = arguments_option(officer->invocation->arguments, "desk");
	const struct roster_officer *me;

	/* Wrapped for the newest roster or not at all. */
	if (organisation_refresh(officer->organisation, NULL, failure) != 0 ||
		organisation_fresh(officer->organisation, failure) != 0 ||
		officer_me(officer, &me, failure) != 0)
		return -1;
	ret_work->count = 0;
	for (size_t at = 0; at < me->desk_count; at++) {
		if (wished == NULL || strcmp(wished, me->desks[at]) == 0)
			memcpy(ret_work->desks[ret_work->count++], me->desks[at], NAME_SIZE);
	}
	return ret_work->count > 0
		       ? 0
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

static int are_few(struct officer *officer, const struct work *work, bool *ret_are, struct failure *failure)
{
	struct header_list *list = calloc(1, sizeof *list);
	size_t sum = 0;
	bool more = false;
	int rc = list == NULL ? failure_memory(failure) : 0;

	for (size_t desk = 0; rc == 0 && desk < work->count; desk++) {
		rc = desk_headers_page(officer, work->desks[desk], 0, list, failure);
		if (rc == 0) {
			sum += list->count;
			more = more || list->more;
		}
	}
	free(list);
	*ret_are = !more && sum <= FEW;
	return rc;
}

static int run_desks(struct run *run, struct failure *failure)
{
	struct work work;
	const struct crew crew = { run->officer, do_share, &work, take_outcome, run };
	bool few = false;
	int rc;

	if (choose_desks(run->officer, &work, failure) != 0)
		return -1;
	/* It may take long, and nothing of it is in the home: others are let in. */
	home_unlock(run->officer->home);
	rc = are_few(run->officer, &work, &few, failure);
	if (rc == 0 && few)
		do_share(run->officer, &work, 0, 1, take_outcome, run);
	else if (rc == 0)
		rc = crew_run(&crew, failure);
	if (rc == 0 && run->is_over) {
		*failure = run->why;
		rc = -1;
	}
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
