/* refer: another desk, here or at a partner, gets a limited view of the report, where its sender agreed; the
 * case stays whose it is. */
#include "handover_note.h"
#include "message.h"
#include "partner.h"
#include "referral.h"
#include "step.h"
#include "verbs.h"
#include "view.h"
#include "words.h"

#include "client/output.h"
#include "proto/encode.h"
#include "proto/event_content.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define TOLD_SIZE 200

struct referring {
	char desk[NAME_SIZE];
	char partner_name[NAME_SIZE]; /* "" for a desk of our own */
	struct partner partner;
	struct organisation *organisation; /* whose desk it is */
	json_t *content;                   /* of the event; `text` is there from the start where a note is */
	struct shared_evidence evidence;
};

static int take_where(
	const struct invocation *invocation, struct referring *referring, struct failure *failure)
{
	const char *desk = arguments_option(invocation->arguments, "desk");
	const char *partner = arguments_option(invocation->arguments, "partner");

	if (desk == NULL)
		return failure_set(failure, EX_USAGE, "--desk is missing: say which desk to refer it to");
	if (name_of(desk, strlen(desk), referring->desk) != 0)
		return failure_set(failure, EX_DATAERR, "no desk has that name: check how it is written");
	if (partner != NULL && name_of(partner, strlen(partner), referring->partner_name) != 0)
		return failure_set(failure, EX_DATAERR, "no partner has that name: check how it is written");
	return 0;
}

/* Sealed by the newest roster there is: somebody may have left the other desk. */
static int find_desk(struct officer *officer, struct referring *referring, struct failure *failure)
{
	if (organisation_refresh(officer->organisation, NULL, failure) != 0)
		return -1;
	referring->organisation = officer->organisation;
	if (referring->partner_name[0] != '\0') {
		if (partner_open(officer, referring->partner_name, &referring->partner, failure) != 0)
			return -1;
		referring->organisation = referring->partner.organisation;
	}
	if (roster_desk(organisation_roster(referring->organisation), referring->desk) == NULL)
		return failure_set(failure, EX_DATAERR, "no desk has that name: check how it is written");
	return 0;
}

/* What she agreed to names desks of ours and partners. */
static int check_desk(struct officer *officer, const struct report *report, const struct referring *referring,
	struct failure *failure)
{
	bool is_partner = referring->partner_name[0] != '\0';
	const char *whom = is_partner ? referring->partner_name : referring->desk;

	if (!is_partner && report->has_proof && strcmp(report->destination.desk, referring->desk) == 0)
		return failure_set(
			failure, EX_DATAERR, "the report is at that desk already: refer it to another one");
	if (is_partner && view_fits_agency(report->json, failure) != 0)
		return -1;
	return view_permitted(report->json, whom, organisation_now(officer->organisation), failure);
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

/* A desk of ours gets the officer's words; another organisation a note that says from whom. */
static json_t *make_view(struct officer *officer, const struct report *report, const struct history *history,
	const struct referring *referring)
{
	const char *words = json_string_value(json_object_get(referring->content, "text"));
	struct buffer note = buffer_of(HANDOVER_NOTE_MAX + CONTENT_TEXT_MAX);
	json_t *view = NULL, *evidence = shared_evidence_json(&referring->evidence);

	if (referring->partner_name[0] != '\0') {
		handover_note(report, history, organisation_roster(officer->organisation)->organisation,
			words, &note);
		words = buffer_text(&note);
	}
	if (referring->partner_name[0] == '\0' || words != NULL)
		view = view_of(report->json, report->id, words);
	if (evidence == NULL || (view != NULL && json_array_size(evidence) > 0 &&
					json_object_set(view, "evidence", evidence) != 0)) {
		json_decref(view);
		view = NULL;
	}
	json_decref(evidence);
	buffer_free(&note);
	return view;
}

/* What became of it stands in the event: its receipt number, and the server's signed acceptance. */
static int keep(const struct referral *referral, struct referring *referring, struct failure *failure)
{
	char signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];
	json_t *content = referring->content;

	base64_encode(BASE64_PADDED, referral->accepted.signature, ED25519_SIGNATURE_BYTES, signature);
	if (json_object_set_new(content, "desk", json_string(referring->desk)) != 0 ||
		json_object_set_new(content, "report", json_string(referral->id)) != 0 ||
		json_object_set_new(content, "receipt", json_string(referral->receipt)) != 0 ||
		json_object_set_new(content, "acceptance",
			json_pack("{s:s, s:s}", "accepted", referral->accepted.accepted, "signature",
				signature)) != 0)
		return failure_memory(failure);
	if (referring->partner_name[0] != '\0' &&
		json_object_set_new(content, "partner", json_string(referring->partner_name)) != 0)
		return failure_memory(failure);
	return 0;
}

static int send_view(struct officer *officer, const struct report *report, const struct history *history,
	struct referring *referring, struct failure *failure)
{
	const char *word = json_string_value(json_object_get(report->json, "urgency"));
	struct referral *referral = sodium_malloc(sizeof *referral);
	struct referral_order order = { .organisation = referring->organisation,
		.is_partner = referring->partner_name[0] != '\0',
		.desk = referring->desk,
		.urgency = URGENCY_WITHHELD,
		.report = report,
		.evidence = &referring->evidence };
	int rc = -1;

	referring->evidence = shared_evidence_of(report->json);
	if (shared_evidence_measure(report, &referring->evidence, failure) != 0)
		goto cleanup;
	order.view = make_view(officer, report, history, referring);
	if (order.view == NULL || referral == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (word == NULL || urgency_of(word, strlen(word), &order.urgency) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the report's urgency isn't one: tell your admin");
		goto cleanup;
	}
	if (referral_send(officer, &order, referral, failure) == 0)
		rc = keep(referral, referring, failure);
cleanup:
	sodium_free(referral);
	json_decref(order.view);
	return rc;
}

/* She agreed beforehand; now she hears that it was done. */
static int tell_sender(struct officer *officer, const struct report *report, const struct history *history,
	const struct referring *referring, struct failure *failure)
{
	char text[TOLD_SIZE];

	if (!report->has_proof)
		return 0;
	(void)snprintf(text, sizeof text,
		"As you agreed, a part of your report was shown to the desk %s%s%s.", referring->desk,
		referring->partner_name[0] != '\0' ? " of the partner " : "", referring->partner_name);
	return message_send(officer, report, MAILBOX_STATE, history->state, text, failure);
}

static int answer(struct officer *officer, const struct history *history, const struct referring *referring,
	struct failure *failure)
{
	say(officer->invocation,
		"Referred to %s. It sees a part of the report; the case stays whose it is.\n",
		referring->desk);
	if (referring->evidence.count > 0)
		say(officer->invocation, "%zu attachment%s went along, as she allowed.\n",
			referring->evidence.count, referring->evidence.count == 1 ? "" : "s");
	if (referring->evidence.held_back > 0)
		say(officer->invocation,
			"%zu did not, though she allowed it: an original that may tell where she was, and no "
			"copy without that.\n",
			referring->evidence.held_back);
	return output_result(officer->invocation,
		json_pack("{s:s, s:s, s:O, s:I}", "state", state_word(history->state), "desk",
			referring->desk, "report", json_object_get(referring->content, "report"),
			"attachments", (json_int_t)referring->evidence.count),
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
		find_desk(officer, referring, failure) != 0 ||
		check_desk(officer, report, referring, failure) != 0 ||
		history_fetch(officer, report, &history, failure) != 0 ||
		check_state(&history, failure) != 0 ||
		send_view(officer, report, &history, referring, failure) != 0)
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

	if (take_where(invocation, &referring, failure) == 0 &&
		report_argument(invocation, id, failure) == 0 &&
		text_member(invocation, 1, referring.content, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, &referring, failure);
	partner_close(&referring.partner);
	officer_close(officer);
	json_decref(referring.content);
	return rc;
}
