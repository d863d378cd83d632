#include "message.h"

#include "history.h"

#include "keys/clock.h"
#include "proto/age_file.h"
#include "proto/text.h"

#include <stdio.h>
#include <string.h>

#define SEALED_MESSAGE_MAX (256 * 1024)
#define MESSAGE_PATH_SIZE  64

/* The message sealed to the mailbox, appended to sealed. */
static int seal(struct officer *officer, const struct report *report, const struct mailbox_message *message,
	struct buffer *sealed, struct failure *failure)
{
	struct buffer plain = buffer_of(MAILBOX_PLAINTEXT_MAX);
	int rc = 0;

	if (mailbox_message_write(message, officer->identity->signing_key, &plain) != 0)
		rc = failure_set(failure, EX_DATAERR, "the text is too long: send it in parts");
	else if (age_file_seal(&report->mailbox_recipient, 1, plain.data, plain.len, sealed) != 0)
		rc = failure_memory(failure);
	buffer_free(&plain);
	return rc;
}

/* Where she writes for a desk that it was transferred to: the words that its sender can follow. */
static int add_via(struct officer *officer, const struct report *report, struct mailbox_message *message,
	struct failure *failure)
{
	const struct roster_officer *me = roster_officer_by_key(
		organisation_roster(officer->organisation), officer->identity->public_key);
	struct history history;
	size_t count = 0;

	if (me == NULL || officer_serves(me, report->destination.desk))
		return 0;
	if (history_fetch(officer, report, &history, failure) != 0)
		return -1;
	for (size_t at = 0; at < history.via_count; at++)
		if (officer_serves(me, history.via[at].desk))
			count = at + 1;
	memcpy(message->via, history.via, count * sizeof history.via[0]);
	message->via_count = count;
	return 0;
}

int message_send(struct officer *officer, const struct report *report, enum mailbox_kind kind,
	enum report_state state, char *text, struct failure *failure)
{
	struct mailbox_message message = { .kind = kind,
		.state = state,
		.text = text,
		.sent = clock_wall_ms() / 1000,
		.roster = organisation_roster(officer->organisation)->version };
	struct buffer sealed = buffer_of(SEALED_MESSAGE_MAX);
	char path[MESSAGE_PATH_SIZE];
	int rc = -1;

	if (!report->has_proof)
		return failure_set(failure, EX_DATAERR,
			"this report has no mailbox: it was sealed by other means, answer the way it came");
	if (strlen(text) > MAILBOX_TEXT_MAX || !text_is_lines(text, strlen(text)))
		return failure_set(failure, EX_DATAERR,
			"the answer must be plain UTF-8 text: leave out control characters");
	memcpy(message.report, report->id, sizeof message.report);
	memcpy(message.mailbox, report->mailbox, sizeof message.mailbox);
	(void)snprintf(path, sizeof path, "mailboxes/%s", report->mailbox);
	if (add_via(officer, report, &message, failure) == 0 &&
		seal(officer, report, &message, &sealed, failure) == 0)
		rc = officer_post(officer, path, &sealed, "the message wasn't taken", failure);
	buffer_free(&sealed);
	return rc;
}
