/* open: fetches, decrypts and checks a report; shows what comes first and says where the rest is. */
#include "alerts.h"
#include "first_screen.h"
#include "follow_up_note.h"
#include "hand.h"
#include "history_words.h"
#include "kinds.h"
#include "related.h"
#include "verbs.h"
#include "words.h"

#include "client/output.h"
#include "proto/report_schema.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER_PREFIX     "report-"
#define FOLDER_ID_CHARS   12
#define FIRST_SCREEN_MAX  (512 * 1024) /* report.json is at most 60 KiB; marks make a value longer */
#define DEFAULT_NAME_SIZE (sizeof FOLDER_PREFIX + FOLDER_ID_CHARS)

/* Before a long way over the network: what is there will be there afterwards too. */
static int check_free(const char *folder, struct failure *failure)
{
	struct stat there;

	if (lstat(folder, &there) == 0)
		return failure_set(
			failure, EX_CANTCREAT, "the folder is there already: give --out another one");
	return 0;
}

/* What it is beside what it says, before anything else. */
static void say_kind(const json_t *report, struct buffer *words)
{
	static const char duress[] =
		"*** DURESS *** She was made to open her home. Whoever is beside her sees a harmless "
		"one, in which nothing of this shows; your answers reach only her receipt number.\n";
	static const char *const said[] = {
		[REPORT_COVER] = "A dummy, sent so that others don't stand out: nothing is to be done.\n",
		[REPORT_CANARY] = "A test of the path by your admin: nothing is to be done.\n",
		[REPORT_DRILL] = "THIS IS A DRILL. Acknowledge it as you would a real one, then close it.\n",
		[REPORT_DURESS] = duress,
	};
	enum report_kind kind = report_kind(report);

	if (kind != REPORT_ORDINARY)
		buffer_put_string(words, said[kind]);
}

/* How old it is and when it is due, the server's list knows; where that can't be had now, the rest is shown.
 */
static bool find_alert(struct officer *officer, const struct report *report, const struct history *history,
	struct alert *ret_alert)
{
	struct failure ignored;

	return !officer->invocation->json && history->desk[0] != '\0' &&
	       alert_find(officer, history->desk, report->id, ret_alert, &ignored) == 0;
}

static int show(struct officer *officer, const struct report *report, const struct history *history,
	struct history_words *done, const struct hand_judgement *judgement, const struct related *related,
	struct failure *failure)
{
	const struct invocation *invocation = officer->invocation;
	struct buffer words = buffer_of(FIRST_SCREEN_MAX);
	struct screen screen = { .report = report->json,
		.history = history,
		.now = organisation_now(officer->organisation),
		.with_narrative = arguments_flag(invocation->arguments, "narrative") };
	struct alert alert;
	const char *text;
	int rc = -1;

	say_kind(report->json, &words);
	hand_show(judgement, &words);
	history_words_standing(history, &words);
	screen.alert = find_alert(officer, report, history, &alert) ? &alert : NULL;
	first_screen(&screen, &words);
	/* Ninth in the order, and behind what she may have no time for. */
	related_show(related, &words);
	text = buffer_text(&words);
	if (text == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (!invocation->json)
		say(invocation, "%s%s%s", text, history->count == 0 ? "" : "What was done:\n",
			buffer_text(&done->words) == NULL ? "" : buffer_text(&done->words));
	if (!report->has_proof)
		say(invocation,
			"It was sealed by other means: nothing proves for whom, and it has no mailbox.\n");
	rc = output_result(invocation, hand_report(report, judgement), failure);
cleanup:
	buffer_free(&words);
	return rc;
}

static int run(struct officer *officer, const char *id, const char *folder, struct failure *failure)
{
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history_words done = history_words_new();
	struct hand_judgement judgement;
	struct related related;
	struct history history;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		history_read(officer, report, history_words_add, &done, &history, failure) != 0)
		goto cleanup;
	kinds_remember(officer, report);
	if (report_unpack(report, folder, failure) != 0 ||
		hand_judge(officer, report, folder, &judgement, failure) != 0 ||
		related_find(officer, report, &related, failure) != 0 ||
		show(officer, report, &history, &done, &judgement, &related, failure) != 0)
		goto cleanup;
	say(officer->invocation, "report.json and attachments/ are in %s.\n", folder);
	rc = follow_up_note(officer, report, &judgement, failure);
cleanup:
	history_words_free(&done);
	report_free(report);
	return rc;
}

int verb_open(const struct invocation *invocation, struct failure *failure)
{
	const char *folder = arguments_option(invocation->arguments, "out");
	char id[ID_SIZE], usual[DEFAULT_NAME_SIZE];
	struct officer *officer = NULL;
	int rc = -1;

	if (report_argument(invocation, id, failure) != 0)
		return -1;
	plain_where_asked(invocation);
	if (folder == NULL) {
		(void)snprintf(usual, sizeof usual, FOLDER_PREFIX "%.*s", FOLDER_ID_CHARS, id);
		folder = usual;
	}
	if (check_free(folder, failure) == 0 && officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, folder, failure);
	officer_close(officer);
	return rc;
}
