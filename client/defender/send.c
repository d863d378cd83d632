/* `clarion send`: what is queued, one connection a report. */
#include "client/output.h"
#include "client/progress.h"
#include "delay.h"
#include "keys/clock.h"
#include "session.h"
#include "submit.h"
#include "verbs.h"

#include <poll.h>
#include <sodium.h>

#define FIRST_PAUSE_S   30
#define LONGEST_PAUSE_S 900
#define MS_PER_SECOND   1000

struct tally {
	bool home_is_busy; /* another command works in it for longer than anybody waits: its turn first */
	size_t sent, refused;
	size_t early;        /* delayed ones whose moment hasn't come */
	int64_t next;        /* the earliest of those moments */
	struct failure last; /* why something is left, or was refused */
};

/* What may not go: a delayed one whose moment hasn't come, an alarm that wasn't given, a dummy, and what
 * follows a report that isn't accepted yet. What follows one that never will be goes from the queue. */
static int passes_over(
	struct session *session, struct tally *tally, size_t *at, bool *ret_passed, struct failure *failure)
{
	const struct queued *entry = queue_at(session->queue, *at);

	*ret_passed = true;
	if (!entry->is_prepared && !entry->is_cover &&
		!delay_is_over(entry->not_before, organisation_now(session->organisation))) {
		tally->next = tally->early == 0 || entry->not_before < tally->next ? entry->not_before
										   : tally->next;
		tally->early++;
		(*at)++;
		return 0;
	}
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

/* Once through the queue. *ret_queued: what is left; *ret_wait: in how many seconds the next delayed one is
 * due. */
static int send_once(const struct invocation *invocation, struct tally *tally, size_t *ret_queued,
	int64_t *ret_wait, struct failure *failure)
{
	struct session session = { 0 };
	int rc = session_open(invocation, &session, failure);

	tally->early = 0;
	tally->home_is_busy = rc != 0 && failure->exit_code == EX_TEMPFAIL;
	if (rc == 0)
		rc = send_all(invocation, &session, tally, failure);
	if (rc == 0) {
		*ret_queued = count_waiting(session.queue);
		*ret_wait = tally->next - organisation_now(session.organisation);
	}
	session_close(&session);
	return rc;
}

/* Until so many seconds are over, or the wall clock shows the moment: a machine may sleep meanwhile. */
static void sleep_for(int64_t seconds, int64_t moment)
{
	int64_t until = clock_boot_ms() + (seconds < 1 ? 1 : seconds) * MS_PER_SECOND;

	do
		(void)poll(NULL, 0, MS_PER_SECOND);
	while (clock_boot_ms() < until && clock_wall_seconds() < moment);
}

/* Until nothing is left: to each delayed one's moment, and with growing pauses, not all alike, where nothing
 * gets through. Between two tries the home is everybody's. */
static int send_and_wait(
	const struct invocation *invocation, struct tally *tally, size_t *ret_queued, struct failure *failure)
{
	int64_t wait, pause = FIRST_PAUSE_S;

	for (;;) {
		size_t sent = tally->sent;

		if (send_once(invocation, tally, ret_queued, &wait, failure) != 0) {
			if (!tally->home_is_busy)
				return -1;
			sleep_for(1, INT64_MAX);
			continue;
		}
		if (*ret_queued == 0)
			return 0;
		if (tally->sent > sent)
			pause = FIRST_PAUSE_S;
		if (*ret_queued > tally->early && (tally->early == 0 || wait > pause)) {
			wait = pause + (int64_t)randombytes_uniform((uint32_t)pause);
			pause = pause * 2 < LONGEST_PAUSE_S ? pause * 2 : LONGEST_PAUSE_S;
		}
		sleep_for(wait, tally->early > 0 ? tally->next : INT64_MAX);
	}
}

/* Why something is left. */
static int left_over(const struct invocation *invocation, const struct tally *tally, size_t queued,
	struct failure *failure)
{
	if (queued > tally->early)
		return failure_of(failure, EX_TEMPFAIL, &tally->last.fault);
	return failure_set(failure, EX_TEMPFAIL,
		translated_count("%zu report waits for its own moment: `%s send` again later",
			"%zu reports wait for their own moments: `%s send` again later", queued),
		queued, invocation->program);
}

int run_send(const struct invocation *invocation, struct failure *failure)
{
	struct tally tally = { 0 };
	size_t queued = 0;
	int64_t wait;
	int rc;

	progress_allow(invocation);
	if (arguments_flag(invocation->arguments, "wait"))
		rc = send_and_wait(invocation, &tally, &queued, failure);
	else
		rc = send_once(invocation, &tally, &queued, &wait, failure);
	if (rc != 0)
		return -1;
	say(invocation, "Sent: %zu. Still queued: %zu.\n", tally.sent, queued);
	rc = output_result(invocation, result_of(&tally, queued), failure);
	if (rc == 0 && queued > 0)
		rc = left_over(invocation, &tally, queued, failure);
	else if (rc == 0 && tally.refused > 0)
		rc = failure_set(failure, EX_DATAERR,
			translated_count(
				"the server can't take %zu report, it is gone from the queue: report again",
				"the server can't take %zu of the reports, they are gone from the queue: "
				"report "
				"again",
				tally.refused),
			tally.refused);
	return rc;
}
