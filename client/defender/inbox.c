/* `clarion inbox`: the answers to a report, with its receipt number. */
#include "client/output.h"
#include "client/terminal.h"
#include "mailbox.h"
#include "receipt_input.h"
#include "verbs.h"

#include <sodium.h>
#include <string.h>

static const char *state_meaning(enum report_state state)
{
	switch (state) {
	case STATE_NEW:
		return translated("stored; nobody has opened it yet");
	case STATE_ACK:
		return translated("opened: a person has read it");
	case STATE_CLOSED:
		return translated("closed");
	default:
		return translated("being handled");
	}
}

static void show_letter(const struct letter *letter, struct buffer *out)
{
	const struct mailbox_message *message = letter->message;
	char sent[TIME_SIZE];

	if (message == NULL) {
		buffer_put_string(
			out, translated("\nA message that your receipt number doesn't open: ignore it.\n"));
		return;
	}
	time_format(message->sent, sent);
	if (letter->from[0] == '\0')
		buffer_put_format(out,
			translated("\n%s  NOT PROVEN: no officer of the desk has signed this. Don't act on "
				   "it.\n"),
			sent);
	else
		buffer_put_format(out, translated("\n%s  from %s\nYour report: %s.\n"), sent, letter->from,
			state_meaning(message->state));
	if (message->text[0] != '\0') {
		terminal_safe_lines(message->text, strlen(message->text), "    ", out);
		buffer_put_string(out, "\n");
	}
}

/* It never pretends: a server's signature isn't a person. */
static void show_silence(const struct session *session, const struct known_report *known, struct buffer *out)
{
	buffer_put_string(
		out, translated("\nNobody has confirmed yet that a person has read this report.\n"));
	if (known != NULL && known->accepted[0] != '\0')
		buffer_put_format(out, translated("The server has had it since %s.\n"), known->accepted);
	else if (known != NULL)
		buffer_put_string(
			out, translated("It is still in the queue on this device: send it first.\n"));
	if (organisation_roster(session->organisation)->desk_count < 2)
		buffer_put_string(out,
			translated(
				"What else you can do: report again to another desk (your organisation has "
				"one only), reach your organisation in another way that you trust, or an "
				"emergency line of people you know. If you are in danger now, don't wait "
				"for this answer.\n"));
	else
		buffer_put_string(out,
			translated(
				"What else you can do: report again to another desk, reach your "
				"organisation in another way that you trust, or an emergency line of "
				"people you know. If you are in danger now, don't wait for this answer.\n"));
}

static void show(const struct invocation *invocation, const struct session *session,
	const struct known_report *known, const struct letters *letters)
{
	struct buffer out = buffer_of(LETTERS_MAX * (size_t)MAILBOX_PLAINTEXT_MAX);

	for (size_t at = 0; at < letters->count; at++)
		show_letter(&letters->list[at], &out);
	if (!letters->is_acknowledged)
		show_silence(session, known, &out);
	if (buffer_text(&out) != NULL)
		say(invocation, "%s", buffer_text(&out));
	buffer_free(&out);
}

static json_t *letter_to_json(const struct letter *letter)
{
	const struct mailbox_message *message = letter->message;
	char sent[TIME_SIZE];

	time_format(message->sent, sent);
	return json_pack("{s:s?, s:s, s:s, s:s, s:s}", "from", letter->from[0] == '\0' ? NULL : letter->from,
		"text", message->text, "sent", sent, "kind",
		message->kind == MAILBOX_STATE ? "state" : "answer", "state", state_word(message->state));
}

static int answer(const struct invocation *invocation, const struct letters *letters, struct failure *failure)
{
	json_t *list = json_array();
	json_t *result = json_pack("{s:o, s:b}", "messages", list, "acknowledged", letters->is_acknowledged);

	for (size_t at = 0; result != NULL && at < letters->count; at++) {
		if (letters->list[at].message == NULL)
			continue;
		if (json_array_append_new(list, letter_to_json(&letters->list[at])) != 0) {
			json_decref(result);
			result = NULL;
		}
	}
	return output_result(invocation, result, failure);
}

/* The rosters that answers are judged by hang on one that hasn't expired. */
static int renew_if_expired(struct session *session, struct failure *failure)
{
	if (organisation_fresh(session->organisation, failure) == 0)
		return 0;
	if (organisation_refresh(session->organisation, NULL, failure) != 0)
		return -1;
	return organisation_fresh(session->organisation, failure);
}

int run_inbox(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	struct receipt_ahead *receipt = NULL;
	struct receipt_keys *keys = NULL;
	struct letters letters = { 0 };
	struct known_report found, *known = NULL;
	int rc = -1;

	if (session_open(invocation, &session, failure) != 0 ||
		receipt_ask(invocation, &receipt, &keys, failure) != 0 ||
		renew_if_expired(&session, failure) != 0)
		goto cleanup;
	if (queue_find_mailbox(session.queue, keys->mailbox, &found) == 0)
		known = &found;
	if (letters_fetch(&session, keys, known, &letters, failure) != 0)
		goto cleanup;
	show(invocation, &session, known, &letters);
	rc = answer(invocation, &letters, failure);
cleanup:
	letters_free(&letters);
	receipt_keys_free(keys);
	sodium_free(receipt);
	session_close(&session);
	return rc;
}
