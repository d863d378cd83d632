#include "step.h"

#include "client/output.h"
#include "message.h"
#include "proto/event_content.h"

#include <string.h>

#define TRIES 4 /* others may act on the report in the same moment */

/* Who is responsible decides; who takes over what is handed to her is, from then on. */
static int check_owner(
	const struct history *history, const struct step *step, const char *me, struct failure *failure)
{
	if (step->by_anyone || history->owner[0] == '\0' || strcmp(history->owner, me) == 0 ||
		(step->type == EVENT_ACTIVATE && strcmp(history->heir, me) == 0))
		return 0;
	return failure_set(failure, EX_NOPERM,
		"the case is %s's: ask her, or take it over with `assign' first", history->owner);
}

static bool is_done_already(const struct history *history, const struct step *step, const char *me)
{
	enum report_state next;

	return history->decisions > 0 && history->decision == step->type && step->type != EVENT_ASSIGN &&
	       strcmp(history->decided_by, me) == 0 &&
	       event_next_state(history->state, step->type, &next) != 0;
}

/* A note, a contact or a referral is right whatever others decide meanwhile. */
static bool is_decision(enum event_type type)
{
	return type != EVENT_NOTE && type != EVENT_REFER && type != EVENT_ACK && type != EVENT_CONTACT;
}

static int one_try(struct officer *officer, const struct report *report, const struct step *step,
	struct history *history, struct failure *failure)
{
	const struct roster_officer *me;

	if (officer_me(officer, &me, failure) != 0)
		return -1;
	if (is_done_already(history, step, me->name))
		return 0;
	if (check_owner(history, step, me->name, failure) != 0)
		return -1;
	return history_add(officer, report, step->type, step->content, history, failure);
}

int step_take(struct officer *officer, const struct report *report, const struct step *step,
	struct history *ret_history, struct failure *failure)
{
	uint64_t decisions = 0;

	for (int try = 1;; try++) {
		struct history history;

		if (history_fetch(officer, report, &history, failure) != 0)
			return -1;
		if (try > 1 && is_decision(step->type) && history.decisions != decisions)
			return failure_set(failure, EX_TEMPFAIL,
				"%s was faster (`%s'): look at the report's history, then decide again",
				history.decided_by, event_type_word(history.decision));
		decisions = history.decisions;
		if (one_try(officer, report, step, &history, failure) == 0) {
			*ret_history = history;
			return 0;
		}
		if (failure->exit_code != EX_TEMPFAIL || try == TRIES)
			return -1;
	}
}

enum sight { SEES_STORED, SEES_OPENED, SEES_HANDLED, SEES_CLOSED };

static enum sight sight_of(enum report_state state)
{
	switch (state) {
	case STATE_NEW:
		return SEES_STORED;
	case STATE_ACK:
		return SEES_OPENED;
	case STATE_CLOSED:
		return SEES_CLOSED;
	default:
		return SEES_HANDLED;
	}
}

int step_tell(struct officer *officer, const struct report *report, enum report_state before,
	enum report_state now, struct failure *failure)
{
	char nothing[] = "";

	if (!report->has_proof || sight_of(before) == sight_of(now))
		return 0;
	return message_send(officer, report, MAILBOX_STATE, now, nothing, failure);
}

int step_answer(struct officer *officer, const struct history *history, struct failure *failure)
{
	return output_result(officer->invocation,
		json_pack("{s:s, s:s?}", "state", state_word(history->state), "owner",
			history->owner[0] == '\0' ? NULL : history->owner),
		failure);
}

static int run(struct officer *officer, const char *id, const struct step *step, struct failure *failure)
{
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history before, now;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		(step->check != NULL && step->check(officer, report, step, failure) != 0) ||
		history_fetch(officer, report, &before, failure) != 0 ||
		step_take(officer, report, step, &now, failure) != 0)
		goto cleanup;
	/* Told again where it was done before: the message may have been lost with a connection. */
	if (now.count == before.count)
		before.state = STATE_NEW;
	if (step_tell(officer, report, before.state, now.state, failure) != 0)
		goto cleanup;
	say(officer->invocation, "%s\n", step->said);
	rc = step_answer(officer, &now, failure);
cleanup:
	report_free(report);
	return rc;
}

int step_run(const struct invocation *invocation, const struct step *step, struct failure *failure)
{
	struct officer *officer = NULL;
	struct fault fault;
	char id[ID_SIZE];
	int rc = -1;

	if (step->content != NULL && event_content_check(step->content, &fault) != 0)
		return failure_of(failure, EX_USAGE, &fault);
	if (report_argument(invocation, id, failure) == 0 && officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, step, failure);
	officer_close(officer);
	return rc;
}
