#include "history_words.h"

#include "client/terminal.h"

#include <inttypes.h>
#include <string.h>

static const char *const done_words[EVENT_TYPES] = {
	[EVENT_ACK] = "acknowledged it",
	[EVENT_ASSIGN] = "assigned it",
	[EVENT_NOTE] = "noted",
	[EVENT_TRIAGE] = "triaged it",
	[EVENT_ACTIVATE] = "took it up",
	[EVENT_WAIT] = "let it wait",
	[EVENT_MONITOR] = "keeps watch on it",
	[EVENT_HANDOVER] = "hands it over",
	[EVENT_REFER] = "referred it",
	[EVENT_CLOSE] = "closed it",
	[EVENT_REOPEN] = "reopened it",
	[EVENT_TRANSFER] = "offers it",
	[EVENT_ACCEPT] = "accepted it",
	[EVENT_REJECT] = "did not accept it",
	[EVENT_CONTACT] = "tried to reach her",
};

/* What is said of a member, where it is there; `receipt` is nobody's business on a screen. */
static const struct said_member {
	const char *name, *words;
} said_members[] = {
	{ "officer", "to" },
	{ "desk", "to the desk" },
	{ "partner", "of the partner" },
	{ "from", "answered by" },
	{ "says", "saying" },
	{ "report", "as report" },
	{ "follow_up", "a further report by the same hand:" },
	{ "reason", "reason" },
	{ "until", "until" },
	{ "urgency", "urgency" },
	{ "verification", "verification" },
	{ "need", "need" },
	{ "outcome", "outcome" },
	{ "threat", "threats" },
	{ "vulnerability", "vulnerabilities" },
	{ "capacity", "capacities" },
};

struct history_words history_words_new(void)
{
	return (struct history_words){ .words = buffer_of(HISTORY_WORDS_MAX), .list = json_array() };
}

void history_words_free(struct history_words *words)
{
	buffer_free(&words->words);
	json_decref(words->list);
	words->list = NULL;
}

static void put_members(struct buffer *out, const json_t *content)
{
	for (size_t at = 0; at < COUNT_OF(said_members); at++) {
		const json_t *value = json_object_get(content, said_members[at].name);

		if (value == NULL)
			continue;
		buffer_put_format(out, ", %s ", said_members[at].words);
		if (json_is_string(value))
			terminal_safe(json_string_value(value), json_string_length(value), out);
		else
			buffer_put_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	}
}

static void put_words(struct buffer *out, const struct history_entry *entry)
{
	const json_t *text = json_object_get(entry->content, "text");
	char created[TIME_SIZE];

	time_format(entry->event->created, created);
	buffer_put_format(out, "  %s  %s %s", created, entry->by, done_words[entry->event->type]);
	put_members(out, entry->content);
	if (entry->event->content != NULL && entry->content == NULL)
		buffer_put_string(out, " (what she wrote can't be read)");
	buffer_put_string(out, "\n");
	if (json_string_length(text) == 0)
		return;
	terminal_safe_lines(json_string_value(text), json_string_length(text), "      ", out);
	buffer_put_string(out, "\n");
}

static json_t *json_of(const struct history_entry *entry)
{
	char created[TIME_SIZE];

	time_format(entry->event->created, created);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:O?}", "number", (json_int_t)entry->event->number,
		"type", event_type_word(entry->event->type), "by", entry->by, "created", created, "state",
		state_word(entry->state), "content", entry->content);
}

int history_words_add(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct history_words *words = context;

	put_words(&words->words, entry);
	if (json_array_append_new(words->list, json_of(entry)) != 0 || buffer_ok(&words->words) != 0)
		return failure_memory(failure);
	return 0;
}

void history_words_standing(const struct history *history, struct buffer *out)
{
	if (history->proposed[0] != '\0' && history->state != STATE_CLOSED)
		buffer_put_format(out,
			"%s proposes to close it (%s): another officer signs with `close --confirm', or goes "
			"on with it.\n",
			history->proposed_by, history->proposed);
	if (history->offered[0] != '\0')
		buffer_put_format(out,
			"It is offered to the desk %s, and stays %s's case until somebody there accepts "
			"it.\n",
			history->offered, history->owner);
	if (history->lacks_signature)
		buffer_put_format(out,
			"ALARM: %s closed it without a second signature that its reason asks for: take it up "
			"again with `reopen', and tell the head of the desk.\n",
			history->decided_by);
}
