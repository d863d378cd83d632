/* `clarion send`: what is queued, one connection a report. */
#include "client/output.h"
#include "session.h"
#include "submit.h"
#include "verbs.h"

struct tally {
	size_t sent, refused;
	struct failure last; /* why something is left, or was refused */
};

/* What may not go: an alarm that wasn't given, a dummy, and what follows a report that isn't accepted yet.
 * What follows one that never will be goes from the queue. */
static int passes_over(
	struct session *session, struct tally *tally, size_t *at, bool *ret_passed, struct failure *failure)
{
	const struct queued *entry = queue_at(session->queue, *at);

	*ret_passed = true;
	if (entry->is_prepared || entry->is_cover ||
		(entry->after[0] != '\0' && queue_find(session->queue, entry->after) != NULL)) {
		(*at)++;
		return 0;
	}
	if (entry->after[0] != '\0' && !queue_has_accepted(session->queue, entry->after)) {
		tally->refused++;
		return queue_drop(session->queue, entry, failure);
	}
	*ret_passed = false;
	return 0;
}

static size_t count_waiting(const struct queue *queue)
{
	size_t count = 0;

	for (size_t at = 0; at < queue_count(queue); at++)
		count += !queue_at(queue, at)->is_prepared && !queue_at(queue, at)->is_cover;
	return count;
}

static int send_all(const struct invocation *invocation, struct session *session, struct tally *tally,
	struct failure *failure)
{
	struct acceptance_answer accepted;
	enum submitted outcome;
	int64_t when;
	bool passed;

	for (size_t at = 0; at < queue_count(session->queue);) {
		if (passes_over(session, tally, &at, &passed, failure) != 0)
			return -1;
		if (passed)
			continue;
		if (submit(session->organisation, session->vault, session->queue,
			    queue_at(session->queue, at), &accepted, &outcome, &tally->last) != 0)
			return failure_of(failure, tally->last.exit_code, &tally->last.fault);
		if (outcome == SUBMIT_ACCEPTED) {
			tally->sent++;
			if (time_parse(accepted.accepted, TIME_CHARS, &when) == 0 &&
				organisation_saw(session->organisation, when, failure) != 0)
				return -1;
		} else if (outcome == SUBMIT_NEVER) {
			tally->refused++;
			say_aside(invocation, "%s", tally->last.fault.text);
		} else {
			at++;
			/* Where one can't get through, the next can't either. */
			if (tally->last.exit_code == EX_UNAVAILABLE || tally->last.exit_code == EX_PROTOCOL)
				break;
		}
	}
	return 0;
}

static json_t *result_of(const struct tally *tally, size_t queued)
{
	json_t *result =
		json_pack("{s:I, s:I}", "sent", (json_int_t)tally->sent, "queued", (json_int_t)queued);

	if (result != NULL && tally->refused > 0 &&
		json_object_set_new(result, "refused", json_integer((json_int_t)tally->refused)) != 0) {
		json_decref(result);
		result = NULL;
	}
	return result;
}

int run_send(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	struct tally tally = { 0 };
	size_t queued;
	int rc = -1;

	if (session_open(invocation, &session, failure) != 0 ||
		send_all(invocation, &session, &tally, failure) != 0)
		goto cleanup;
	queued = count_waiting(session.queue);
	say(invocation, "Sent: %zu. Still queued: %zu.\n", tally.sent, queued);
	rc = output_result(invocation, result_of(&tally, queued), failure);
	if (rc == 0 && queued > 0)
		rc = failure_of(failure, EX_TEMPFAIL, &tally.last.fault);
	else if (rc == 0 && tally.refused > 0)
		rc = failure_set(failure, EX_DATAERR,
			translated_count(
				"the server can't take %zu report, it is gone from the queue: report again",
				"the server can't take %zu of the reports, they are gone from the queue: "
				"report "
				"again",
				tally.refused),
			tally.refused);
cleanup:
	session_close(&session);
	return rc;
}
