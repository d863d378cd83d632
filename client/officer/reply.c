/* reply: an answer to the sender, sealed to her receipt number and signed by the officer. */
#include "history.h"
#include "message.h"
#include "verbs.h"
#include "words.h"

#include "client/output.h"

#include <stdlib.h>
#include <string.h>

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
