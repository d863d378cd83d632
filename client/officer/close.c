/* close: for a reason. Where the reason could hide that a woman in danger was given up, and she ever was in
 * danger, one officer proposes and another one closes; that something never happened, a supervisor signs. */
#include "step.h"
#include "verbs.h"
#include "words.h"

#include "client/output.h"
#include "proto/event_content.h"

#include <string.h>

static const char *reason_of(const json_t *content)
{
	return json_string_value(json_object_get(content, "reason"));
}

static bool is_confirmation(const struct invocation *invocation)
{
	return arguments_flag(invocation->arguments, "confirm");
}

static int take_reason(const struct invocation *invocation, json_t *content, struct failure *failure)
{
	struct buffer known = buffer_of(200);

	if (code_member(invocation, "reason", content, failure) != 0)
		return -1;
	if (reason_of(content) != NULL ? closure_reason(reason_of(content)) != NULL
				       : is_confirmation(invocation))
		return 0;
	for (size_t at = 0; at < closure_reason_count; at++)
		buffer_put_format(&known, "%s%s", at == 0 ? "" : ", ", closure_reasons[at].code);
	(void)failure_set(failure, EX_USAGE, "--reason is missing or isn't one: give one of %s",
		buffer_text(&known) == NULL ? "those in the manual" : buffer_text(&known));
	buffer_free(&known);
	return -1;
}

/* --confirm signs what is proposed, and nothing else. */
static int take_proposed(const struct invocation *invocation, const struct history *history, json_t *content,
	struct failure *failure)
{
	const char *reason = reason_of(content);

	if (!is_confirmation(invocation))
		return 0;
	if (history->proposed[0] == '\0' || (reason != NULL && strcmp(reason, history->proposed) != 0))
		return failure_set(failure, EX_DATAERR,
			"nobody has proposed to close it%s: look at its history with `case'",
			reason == NULL ? "" : " for that reason");
	if (reason == NULL && json_object_set_new(content, "reason", json_string(history->proposed)) != 0)
		return failure_memory(failure);
	return 0;
}

static struct step step_of(enum closing closing, const struct history *history, const json_t *content)
{
	const struct closure_reason *rule = closure_reason(reason_of(content));
	struct step step = { .type = EVENT_CLOSE, .content = content, .said = "Closed." };

	if (closing == CLOSING_PROPOSES) {
		step.type = EVENT_NOTE;
		step.said = rule->needs_supervisor
				    ? "Proposed. For this reason a supervisor has to sign too: she closes it "
				      "with `close --confirm'."
				    : "Proposed. For this reason a second officer of the desk has to sign: "
				      "she closes it with `close --confirm'.";
	}
	/* Whoever signs second needn't own the case. */
	step.by_anyone = closing == CLOSING_ENDS && strcmp(history->proposed, reason_of(content)) == 0;
	return step;
}

/* A proposal is its owner's to make, though it is written as a note. */
static int check_proposal(const struct history *history, const char *me, struct failure *failure)
{
	enum report_state next;

	if (event_next_state(history->state, EVENT_CLOSE, &next) != 0)
		return failure_set(failure, EX_DATAERR, "that can't be done with a report that is `%s': %s",
			state_word(history->state),
			history->state == STATE_NEW ? "acknowledge it first" : "look at its history");
	if (history->owner[0] != '\0' && strcmp(history->owner, me) != 0)
		return failure_set(failure, EX_NOPERM,
			"the case is %s's: ask her, or take it over with `assign' first", history->owner);
	return 0;
}

static int check_closing(enum closing closing, const struct history *history, const struct actor *actor,
	struct failure *failure)
{
	if (closing == CLOSING_RANKS)
		return failure_set(failure, EX_NOPERM,
			"for that reason a supervisor has to sign: ask an officer of tier %d or above",
			SUPERVISOR_TIER);
	return closing == CLOSING_ENDS ? 0 : check_proposal(history, actor->name, failure);
}

static int close_case(struct officer *officer, const struct report *report, json_t *content,
	struct history *ret_history, struct failure *failure)
{
	char name[NAME_SIZE];
	const struct roster_officer *me;
	struct actor actor;
	struct history history;
	struct step step;
	enum closing closing;

	if (officer_me(officer, &me, failure) != 0 ||
		history_fetch(officer, report, &history, failure) != 0 ||
		take_proposed(officer->invocation, &history, content, failure) != 0)
		return -1;
	/* A step may refresh the roster, and with it move what me points to. */
	memcpy(name, me->name, sizeof name);
	actor = (struct actor){ .name = name, .is_supervisor = actor_of(me).is_supervisor };
	closing = history_closing(&history, reason_of(content), &actor);
	step = step_of(closing, &history, content);
	if (check_closing(closing, &history, &actor, failure) != 0)
		return -1;
	if (closing == CLOSING_PROPOSED) {
		step.said = "You have proposed this already: another officer of the desk has to sign now.";
		*ret_history = history;
	} else if (step_take(officer, report, &step, ret_history, failure) != 0) {
		return -1;
	}
	/* Again where it was closed before: the message may have been lost with a connection. */
	if (ret_history->count == history.count)
		history.state = STATE_NEW;
	if (ret_history->state == STATE_CLOSED &&
		step_tell(officer, report, history.state, STATE_CLOSED, failure) != 0)
		return -1;
	say(officer->invocation, "%s\n", step.said);
	if (ret_history->state == STATE_CLOSED && strcmp(reason_of(content), "WITHDRAWN") == 0)
		say(officer->invocation,
			"She took it back: your admin destroys it with `clarion-admin destroy'.\n");
	return 0;
}

static int run(struct officer *officer, const char *id, json_t *content, struct failure *failure)
{
	struct report *report = NULL;
	struct history history;
	int rc = -1;

	if (report_take(officer, id, &report, failure) == 0 &&
		close_case(officer, report, content, &history, failure) == 0)
		rc = step_answer(officer, &history, failure);
	report_free(report);
	return rc;
}

int verb_close(const struct invocation *invocation, struct failure *failure)
{
	struct officer *officer = NULL;
	json_t *content = json_object();
	char id[ID_SIZE];
	int rc = -1;

	if (take_reason(invocation, content, failure) == 0 &&
		text_member(invocation, 1, content, failure) == 0 &&
		report_argument(invocation, id, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, content, failure);
	officer_close(officer);
	json_decref(content);
	return rc;
}
