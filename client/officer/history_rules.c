/* What events come to: whose case it is, in which state, and what waits for a second signature. */
#include "history.h"

#include "proto/event_content.h"

#include <string.h>

static bool is_urgent(const json_t *urgency)
{
	enum urgency level;
	const char *word = json_string_value(urgency);

	return word != NULL && urgency_of(word, strlen(word), &level) == 0 &&
	       (level == URGENCY_IMMEDIATE || level == URGENCY_URGENT || level == URGENCY_WITHHELD);
}

static void copy_name(char ret_name[NAME_SIZE], const char *name)
{
	if (name == NULL || name_of(name, strlen(name), ret_name) != 0)
		ret_name[0] = '\0';
}

static const char *member(const json_t *content, const char *name)
{
	return json_string_value(json_object_get(content, name));
}

static void copy_text(char *ret_text, size_t size, const char *text)
{
	if (text == NULL || strlen(text) >= size)
		text = "";
	memcpy(ret_text, text, strlen(text) + 1);
}

struct history history_of(const json_t *report)
{
	return (struct history){ .state = STATE_NEW,
		.was_urgent = is_urgent(json_object_get(report, "urgency")) };
}

struct actor actor_of(const struct roster_officer *officer)
{
	return (struct actor){ .name = officer->name, .is_supervisor = officer->tier >= SUPERVISOR_TIER };
}

/* Its owner's to write, and the first one counts: proposing again takes nobody's proposal away. */
static void take_proposal(struct history *history, const struct actor *by, const json_t *content)
{
	const char *reason = member(content, "reason");

	if (reason == NULL || strlen(reason) >= sizeof history->proposed ||
		(strcmp(history->proposed, reason) == 0 && strcmp(history->proposed_by, by->name) != 0))
		return;
	memcpy(history->proposed, reason, strlen(reason) + 1);
	copy_name(history->proposed_by, by->name);
	history->proposed_by_supervisor = by->is_supervisor;
}

enum closing history_closing(const struct history *history, const char *reason, const struct actor *actor)
{
	const struct closure_reason *rule = closure_reason(reason);
	bool by_two = rule->needs_second && history->was_urgent;

	if (!by_two && (!rule->needs_supervisor || actor->is_supervisor))
		return CLOSING_ENDS;
	if (strcmp(history->proposed, reason) != 0)
		return CLOSING_PROPOSES;
	if (strcmp(history->proposed_by, actor->name) == 0)
		return CLOSING_PROPOSED;
	return rule->needs_supervisor && !actor->is_supervisor && !history->proposed_by_supervisor
		       ? CLOSING_RANKS
		       : CLOSING_ENDS;
}

/* What a tool of ours would have refused. A reason that can't be read can't be judged. */
static bool lacks_signature(const struct history *history, const struct actor *by, const json_t *content)
{
	const char *reason = member(content, "reason");

	return reason != NULL && closure_reason(reason) != NULL &&
	       history_closing(history, reason, by) != CLOSING_ENDS;
}

/* Who takes up again what was handed over, closed and reopened, or waited. */
static void take_owner(
	struct history *history, enum report_state before, enum event_type type, const char *by)
{
	if (type == EVENT_REOPEN || type == EVENT_ACCEPT || history->owner[0] == '\0')
		copy_name(history->owner, by);
	else if (type == EVENT_ACTIVATE && before == STATE_HANDOVER && strcmp(by, history->heir) == 0)
		copy_name(history->owner, by);
}

/* A desk that is offered a report has it once somebody there accepts. */
static void take_desk(struct history *history, enum event_type type, const json_t *content)
{
	const json_t *word = json_object_get(content, "delegation");

	if (type == EVENT_ACCEPT) {
		memcpy(history->desk, history->offered, sizeof history->desk);
		if (history->via_count < DELEGATIONS_MAX)
			history->via[history->via_count++] = history->offer;
	}
	copy_name(history->offered, type == EVENT_TRANSFER ? member(content, "desk") : "");
	if (type != EVENT_TRANSFER || delegation_parse(word, &history->offer) != 0)
		history->offer = (struct delegation){ .roster = 0 };
}

bool history_served(
	const struct history *history, const struct report *report, const struct roster_officer *officer)
{
	bool served =
		officer_serves(officer, report->destination.desk) || officer_serves(officer, history->desk);

	for (size_t at = 0; at < history->via_count; at++)
		served = served || officer_serves(officer, history->via[at].desk);
	return served;
}

static void decide(struct history *history, enum report_state before, enum event_type type,
	const struct actor *by, const json_t *content)
{
	const char *other = member(content, "officer");

	history->lacks_signature = type == EVENT_CLOSE ? lacks_signature(history, by, content)
						       : history->lacks_signature && type == EVENT_ASSIGN;
	if (type == EVENT_ASSIGN && other != NULL)
		copy_name(history->owner, other);
	else if (type != EVENT_ASSIGN)
		take_owner(history, before, type, by->name);
	if (type != EVENT_ASSIGN)
		take_desk(history, type, content);
	copy_name(history->heir, type == EVENT_HANDOVER ? other : "");
	if (type != EVENT_ASSIGN)
		copy_text(history->until, sizeof history->until, member(content, "until"));
	history->proposed[0] = '\0';
	history->decisions++;
	history->decision = type;
	copy_name(history->decided_by, by->name);
}

/* Triage, or a note that raises it. */
static void take_urgency(struct history *history, const json_t *content)
{
	const char *word = member(content, "urgency");

	if (word == NULL)
		return;
	copy_text(history->urgency, sizeof history->urgency, word);
	history->was_urgent = history->was_urgent || is_urgent(json_object_get(content, "urgency"));
}

int history_apply(
	struct history *history, enum event_type type, const struct actor *by, const json_t *content)
{
	enum report_state before = history->state;

	if ((type == EVENT_ACCEPT || type == EVENT_REJECT) && history->offered[0] == '\0')
		return -1;
	if (event_next_state(before, type, &history->state) != 0)
		return -1;
	if (type == EVENT_ACK && history->acknowledged_by[0] == '\0')
		copy_name(history->acknowledged_by, by->name);
	if (type == EVENT_ACK && history->owner[0] == '\0')
		copy_name(history->owner, by->name);
	if (type == EVENT_NOTE || type == EVENT_TRIAGE)
		take_urgency(history, content);
	if (type == EVENT_NOTE)
		take_proposal(history, by, content);
	else if (type != EVENT_ACK && type != EVENT_REFER && type != EVENT_CONTACT)
		decide(history, before, type, by, content);
	return 0;
}
