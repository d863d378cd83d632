/* ack: a human has decrypted it. The server learns it (the climb ends), and so does the sender, by a sealed
 * and signed message in her mailbox. */
#include "history.h"
#include "message.h"
#include "related.h"
#include "verbs.h"

#include "client/output.h"

#define TRIES 3 /* others may act on the report in the same moment */

/* *ret_is_new: this call acknowledged it. */
static int acknowledge(struct officer *officer, const struct report *report, struct history *ret_history,
	bool *ret_is_new, struct failure *failure)
{
	for (int try = 1;; try++) {
		enum report_state next;

		*ret_is_new = false;
		if (history_fetch(officer, report, ret_history, failure) != 0)
			return -1;
		/* Others may add theirs; mine counts once. */
		if (ret_history->is_acknowledged_by_me ||
			event_next_state(ret_history->state, EVENT_ACK, &next) != 0)
			return 0;
		*ret_is_new = true;
		if (history_add(officer, report, EVENT_ACK, NULL, ret_history, failure) == 0)
			return 0;
		if (failure->exit_code != EX_TEMPFAIL || try == TRIES)
			return -1;
	}
}

/* A second threat within 30 days makes it urgent: an event of hers says so, once. What can't be looked into
 * now is said by the next who opens it; the acknowledgement stands. */
static void raise_repeated(struct officer *officer, const struct report *report, struct history *history)
{
	struct related related;
	struct failure why;
	const char *urgency;
	json_t *content;

	if (related_find(officer, report, &related, &why) != 0)
		return;
	urgency = related_urgency(&related, history);
	if (urgency == NULL)
		return;
	content = json_pack("{s:s, s:s, s:s}", "urgency", urgency, "report", related.threat_before, "text",
		"A second threat within 30 days.");
	if (content != NULL && history_add(officer, report, EVENT_NOTE, content, history, &why) == 0)
		say(officer->invocation,
			"REPEATED THREAT: another one within 30 days (%s). It is urgent now.\n",
			related.threat_before);
	else
		say_aside(officer->invocation,
			"it is a second threat within 30 days, and that couldn't be noted: acknowledge it "
			"again");
	json_decref(content);
}

static int run(struct officer *officer, const char *id, struct failure *failure)
{
	char nothing[] = "";
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history history;
	bool is_new;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		acknowledge(officer, report, &history, &is_new, failure) != 0)
		goto cleanup;
	/* Again where it was mine before: the message may have been lost with a connection. */
	if (report->has_proof && (is_new || history.is_acknowledged_by_me) &&
		message_send(officer, report, MAILBOX_STATE, history.state, nothing, failure) != 0)
		goto cleanup;
	if (is_new)
		say(officer->invocation, "Acknowledged%s.\n",
			report->has_proof
				? "; its sender will see it in her inbox"
				: "; it was sealed by other means, so a second officer must too before "
				  "it stops climbing");
	else
		say(officer->invocation, "It was acknowledged before%s%s.\n",
			history.acknowledged_by[0] != '\0' ? " by " : "", history.acknowledged_by);
	raise_repeated(officer, report, &history);
	rc = output_result(
		officer->invocation, json_pack("{s:s}", "state", state_word(history.state)), failure);
cleanup:
	report_free(report);
	return rc;
}

int verb_ack(const struct invocation *invocation, struct failure *failure)
{
	return officer_on_report(invocation, run, failure);
}
