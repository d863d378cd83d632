/* refer: another desk, here or at a partner, gets a limited view of the report, where its sender agreed; the
 * case stays whose it is. What is broken off anywhere is finished by saying it again, and is one referral. */
#include "handover_note.h"
#include "message.h"
#include "partner.h"
#include "referral_kept.h"
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
	struct shared_evidence evidence;   /* of one that goes on, only how many */
	struct referral *referral;         /* NULL until it is made */
};

static struct referral_place place_of(const struct report *report, const struct referring *referring)
{
	return (struct referral_place){ report->id, referring->desk, referring->partner_name };
}

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
static int fill_event(const struct referring *referring, struct failure *failure)
{
	const struct referral *referral = referring->referral;
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

/* Sealed, and durable in the home before it leaves. */
static int make(struct officer *officer, const struct report *report, const struct history *history,
	struct referring *referring, struct failure *failure)
{
	const char *word = json_string_value(json_object_get(report->json, "urgency"));
	const struct referral_place place = place_of(report, referring);
	struct referral_order order = { .organisation = referring->organisation,
		.is_partner = referring->partner_name[0] != '\0',
		.desk = referring->desk,
		.urgency = URGENCY_WITHHELD,
		.report = report,
		.evidence = &referring->evidence };
	json_t *said = NULL;
	int rc = -1;

	referring->evidence = shared_evidence_of(report->json);
	if (shared_evidence_measure(report, &referring->evidence, failure) != 0)
		return -1;
	order.view = make_view(officer, report, history, referring);
	said = json_pack("{s:O, s:I, s:I}", "content", referring->content, "attachments",
		(json_int_t)referring->evidence.count, "held_back",
		(json_int_t)referring->evidence.held_back);
	if (order.view == NULL || said == NULL)
		rc = failure_memory(failure);
	else if (word == NULL || urgency_of(word, strlen(word), &order.urgency) != 0)
		rc = failure_set(failure, EX_DATAERR, "the report's urgency isn't one: tell your admin");
	else if (referral_make(&order, &referring->referral, failure) == 0)
		rc = referral_keep(officer, &place, referring->referral, said, failure);
	json_decref(order.view);
	json_decref(said);
	return rc;
}

/* --- what was said before */

struct before {
	const struct referring *referring;
	bool is_in_case;           /* this very referral */
	char same_report[ID_SIZE]; /* another one, to the same desk with the same words; "" for none */
};

static bool is_same_text(const json_t *one, const json_t *other, const char *name)
{
	const char *a = json_string_value(json_object_get(one, name)),
		   *b = json_string_value(json_object_get(other, name));

	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static int look_at(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct before *before = context;
	const struct referring *referring = before->referring;
	const char *desk = json_string_value(json_object_get(entry->content, "desk")),
		   *partner = json_string_value(json_object_get(entry->content, "partner")),
		   *report = json_string_value(json_object_get(entry->content, "report"));

	(void)failure;
	if (entry->event->type != EVENT_REFER || desk == NULL || report == NULL)
		return 0;
	if (referring->referral != NULL && strcmp(report, referring->referral->id) == 0)
		before->is_in_case = true;
	if (strcmp(desk, referring->desk) == 0 &&
		strcmp(partner == NULL ? "" : partner, referring->partner_name) == 0 &&
		is_same_text(entry->content, referring->content, "text"))
		memcpy(before->same_report, report, ID_SIZE);
	return 0;
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

/* Both ways lead here: made just now, or before its tool was interrupted. Each step is one that may be taken
 * again. */
static int finish(struct officer *officer, const struct report *report, struct referring *referring,
	struct history *ret_history, struct failure *failure)
{
	struct step step = { .type = EVENT_REFER, .by_anyone = true, .content = referring->content };
	const struct referral_place place = place_of(report, referring);
	struct before before = { .referring = referring };

	if (referral_deliver(officer, referring->organisation, referring->partner_name[0] != '\0',
		    referring->referral, failure) != 0 ||
		fill_event(referring, failure) != 0 ||
		history_read(officer, report, look_at, &before, ret_history, failure) != 0)
		return -1;
	if (!before.is_in_case && step_take(officer, report, &step, ret_history, failure) != 0)
		return -1;
	return tell_sender(officer, report, ret_history, referring, failure) == 0
		       ? referral_forget(officer, &place, failure)
		       : -1;
}

/* Everything that must be true before anything leaves, now as then. */
static int check(struct officer *officer, const struct report *report, struct referring *referring,
	struct before *before, struct history *ret_history, struct failure *failure)
{
	return find_desk(officer, referring, failure) != 0 ||
			       check_desk(officer, report, referring, failure) != 0 ||
			       history_read(officer, report, look_at, before, ret_history, failure) != 0 ||
			       check_state(ret_history, failure) != 0
		       ? -1
		       : 0;
}

/* What can't be sent any more is no reason to refuse all that comes after it. */
static void give_up(struct officer *officer, const struct report *report, const struct referring *referring,
	const struct failure *failure)
{
	const struct referral_place place = place_of(report, referring);
	struct failure ignored;

	if (failure->exit_code != EX_DATAERR && failure->exit_code != EX_NOPERM &&
		failure->exit_code != EX_NOINPUT)
		return;
	if (referral_forget(officer, &place, &ignored) == 0)
		say_aside(officer->invocation,
			"a referral to %s that was broken off can't be finished any more, and is given up: "
			"whether it had arrived there isn't known",
			referring->desk);
}

/* What an interrupted tool left. *ret_is_same: it is what is asked for now, with the same words. */
static int resume(struct officer *officer, const struct report *report, const struct referring *wanted,
	bool *ret_is_same, struct failure *failure)
{
	struct referring kept = { .content = NULL };
	const struct referral_place place = place_of(report, wanted);
	struct before before = { .referring = &kept };
	struct history history;
	json_t *said = NULL;
	int rc = -1;

	*ret_is_same = false;
	memcpy(kept.desk, wanted->desk, sizeof kept.desk);
	memcpy(kept.partner_name, wanted->partner_name, sizeof kept.partner_name);
	if (referral_recall(officer, &place, &kept.referral, &said, failure) != 0)
		return -1;
	if (kept.referral == NULL)
		return 0;
	kept.content = json_deep_copy(json_object_get(said, "content"));
	kept.evidence.count = (size_t)json_integer_value(json_object_get(said, "attachments"));
	kept.evidence.held_back = (size_t)json_integer_value(json_object_get(said, "held_back"));
	if (kept.content == NULL) {
		rc = failure_memory(failure);
	} else if (check(officer, report, &kept, &before, &history, failure) != 0 ||
		   finish(officer, report, &kept, &history, failure) != 0) {
		give_up(officer, report, &kept, failure);
	} else {
		*ret_is_same = is_same_text(kept.content, wanted->content, "text");
		rc = *ret_is_same ? answer(officer, &history, &kept, failure) : 0;
	}
	partner_close(&kept.partner);
	referral_free(kept.referral);
	json_decref(kept.content);
	json_decref(said);
	return rc;
}

/* Said twice, and done once. */
static int answer_again(struct officer *officer, const struct history *history, struct referring *referring,
	const char *report, struct failure *failure)
{
	if (json_object_set_new(referring->content, "report", json_string(report)) != 0)
		return failure_memory(failure);
	say(officer->invocation,
		"It was referred to %s with the same words before: nothing more was sent. To refer it again, "
		"write what is new.\n",
		referring->desk);
	return output_result(officer->invocation,
		json_pack("{s:s, s:s, s:s}", "state", state_word(history->state), "desk", referring->desk,
			"report", report),
		failure);
}

static int run(struct officer *officer, const char *id, struct referring *referring, struct failure *failure)
{
	struct before before = { .referring = referring };
	struct report *report = NULL;
	const struct roster_officer *me;
	struct history history;
	bool is_done = false;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		resume(officer, report, referring, &is_done, failure) != 0)
		goto cleanup;
	if (is_done)
		rc = 0;
	else if (check(officer, report, referring, &before, &history, failure) != 0)
		rc = -1;
	else if (before.same_report[0] != '\0')
		rc = answer_again(officer, &history, referring, before.same_report, failure);
	else if (make(officer, report, &history, referring, failure) == 0 &&
		 finish(officer, report, referring, &history, failure) == 0)
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
	referral_free(referring.referral);
	json_decref(referring.content);
	return rc;
}
