/* refer: another desk gets a limited view of the report, where its sender agreed; the case stays whose it is.
 */
#include "message.h"
#include "referral.h"
#include "step.h"
#include "verbs.h"
#include "view.h"
#include "words.h"

#include "client/output.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define TOLD_SIZE 160

struct referring {
	char desk[NAME_SIZE];
	json_t *content; /* of the event; `text` is there from the start where a note is */
};

static int take_desk(
	const struct invocation *invocation, struct referring *referring, struct failure *failure)
{
	const char *name = arguments_option(invocation->arguments, "desk");

	if (name == NULL)
		return failure_set(failure, EX_USAGE, "--desk is missing: say which desk to refer it to");
	if (name_of(name, strlen(name), referring->desk) != 0)
		return failure_set(failure, EX_DATAERR, "no desk has that name: check how it is written");
	return 0;
}

/* Sealed by the newest roster there is: somebody may have left the other desk. */
static int check_desk(struct officer *officer, const struct report *report, const struct referring *referring,
	struct failure *failure)
{
	if (organisation_refresh(officer->organisation, NULL, failure) != 0)
		return -1;
	if (roster_desk(organisation_roster(officer->organisation), referring->desk) == NULL)
		return failure_set(failure, EX_DATAERR, "no desk has that name: check how it is written");
	if (report->has_proof && strcmp(report->destination.desk, referring->desk) == 0)
		return failure_set(
			failure, EX_DATAERR, "the report is at that desk already: refer it to another one");
	return view_permitted(
		report->json, referring->desk, organisation_now(officer->organisation), failure);
}

static int check_state(const struct history *history, struct failure *failure)
{
	enum report_state next;

	if (event_next_state(history->state, EVENT_REFER, &next) == 0)
		return 0;
	return failure_set(failure, EX_DATAERR, "that can't be done with a report that is `%s': %s",
		state_word(history->state),
		history->state == STATE_NEW ? "acknowledge it first" : "look at its history");
}

static int send_view(struct officer *officer, const struct report *report, struct referring *referring,
	struct failure *failure)
{
	json_t *view = view_of(
		report->json, report->id, json_string_value(json_object_get(referring->content, "text")));
	const char *word = json_string_value(json_object_get(report->json, "urgency"));
	struct referral *referral = sodium_malloc(sizeof *referral);
	enum urgency urgency = URGENCY_WITHHELD;
	int rc = -1;

	if (view == NULL || referral == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (word == NULL || urgency_of(word, strlen(word), &urgency) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the report's urgency isn't one: tell your admin");
		goto cleanup;
	}
	if (referral_send(officer, view, referring->desk, urgency, referral, failure) != 0)
		goto cleanup;
	if (json_object_set_new(referring->content, "desk", json_string(referring->desk)) != 0 ||
		json_object_set_new(referring->content, "report", json_string(referral->id)) != 0 ||
		json_object_set_new(referring->content, "receipt", json_string(referral->receipt)) != 0)
		rc = failure_memory(failure);
	else
		rc = 0;
cleanup:
	sodium_free(referral);
	json_decref(view);
	return rc;
}

/* She agreed beforehand; now she hears that it was done. */
static int tell_sender(struct officer *officer, const struct report *report, const struct history *history,
	const struct referring *referring, struct failure *failure)
{
	char text[TOLD_SIZE];

	if (!report->has_proof)
		return 0;
	(void)snprintf(text, sizeof text, "As you agreed, a part of your report was shown to the desk %s.",
		referring->desk);
	return message_send(officer, report, MAILBOX_STATE, history->state, text, failure);
}

static int answer(struct officer *officer, const struct history *history, const struct referring *referring,
	struct failure *failure)
{
	say(officer->invocation,
		"Referred to %s. It sees a part of the report; the case stays whose it is.\n",
		referring->desk);
	return output_result(officer->invocation,
		json_pack("{s:s, s:s, s:O}", "state", state_word(history->state), "desk", referring->desk,
			"report", json_object_get(referring->content, "report")),
		failure);
}

static int run(struct officer *officer, const char *id, struct referring *referring, struct failure *failure)
{
	struct step step = { .type = EVENT_REFER, .by_anyone = true };
	struct report *report = NULL;
	const struct roster_officer *me;
	struct history history;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		check_desk(officer, report, referring, failure) != 0 ||
		history_fetch(officer, report, &history, failure) != 0 ||
		check_state(&history, failure) != 0 || send_view(officer, report, referring, failure) != 0)
		goto cleanup;
	step.content = referring->content;
	if (step_take(officer, report, &step, &history, failure) != 0 ||
		tell_sender(officer, report, &history, referring, failure) != 0)
		goto cleanup;
	rc = answer(officer, &history, referring, failure);
cleanup:
	report_free(report);
	return rc;
}

int verb_refer(const struct invocation *invocation, struct failure *failure)
{
	struct referring referring = { .content = json_object() };
	struct officer *officer = NULL;
	char id[ID_SIZE];
	int rc = -1;

	if (take_desk(invocation, &referring, failure) == 0 &&
		report_argument(invocation, id, failure) == 0 &&
		text_member(invocation, 1, referring.content, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, &referring, failure);
	officer_close(officer);
	json_decref(referring.content);
	return rc;
}
