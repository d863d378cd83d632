/* reply: an answer to the sender, sealed to her receipt number and signed by the officer. It is a contact:
 * her mailbox is always safe to write to. */
#include "message.h"
#include "step.h"
#include "verbs.h"
#include "words.h"

#include "client/output.h"

#include <stdlib.h>
#include <string.h>

/* The answer is on its way whatever becomes of this; without it the desk is alerted once more. */
static void note_contact(struct officer *officer, const struct report *report, const struct history *history)
{
	json_t *content = json_pack("{s:s}", "text", "Answered in her mailbox.");
	const struct step step = { .type = EVENT_CONTACT, .content = content, .by_anyone = true };
	enum report_state next;
	struct history now;
	struct failure why;

	if (event_next_state(history->state, EVENT_CONTACT, &next) == 0 &&
		(content == NULL || step_take(officer, report, &step, &now, &why) != 0))
		say_aside(officer->invocation,
			"it couldn't be noted that she was answered: say so with `contact', or the desk is "
			"alerted");
	json_decref(content);
}

static int run(struct officer *officer, const char *id, const struct buffer *text, struct failure *failure)
{
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history history;
	char *copy = strndup((const char *)text->data, text->len);
	int rc = -1;

	if (copy == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		history_fetch(officer, report, &history, failure) != 0 ||
		message_send(officer, report, MAILBOX_ANSWER, history.state, copy, failure) != 0)
		goto cleanup;
	note_contact(officer, report, &history);
	say(officer->invocation, "Sent. Its sender reads it with her receipt number.\n");
	rc = output_result(
		officer->invocation, json_pack("{s:s}", "state", state_word(history.state)), failure);
cleanup:
	free(copy);
	report_free(report);
	return rc;
}

int verb_reply(const struct invocation *invocation, struct failure *failure)
{
	struct buffer text = buffer_of(MAILBOX_TEXT_MAX + 1);
	struct officer *officer = NULL;
	char id[ID_SIZE];
	int rc = -1;

	if (report_argument(invocation, id, failure) == 0 &&
		text_operand(invocation, 1, "the answer", &text, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, &text, failure);
	buffer_free(&text);
	officer_close(officer);
	return rc;
}
