#include "follow_up_note.h"

#include "client/output.h"
#include "hand_memory.h"
#include "history.h"
#include "rewrap_one.h"

#include <string.h>

#define MEMBER "follow_up"
#define TRIES  4 /* others may act on the report in the same moment */

static int append(json_t *list, const char *id)
{
	return id == NULL ? 0 : json_array_append_new(list, json_string(id));
}

json_t *follow_up_before(const json_t *memory, const char *report, uint64_t counter)
{
	json_t *list = json_array();
	const json_t *seen;
	size_t at;
	int rc = append(list, json_string_value(json_object_get(memory, "report")));

	json_array_foreach(json_object_get(memory, "seen"), at, seen)
	{
		const char *other = json_string_value(json_array_get(seen, 1));

		if (rc == 0 && other != NULL && strcmp(other, report) != 0 &&
			json_integer_value(json_array_get(seen, 0)) < (json_int_t)counter)
			rc = append(list, other);
	}
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

bool follow_up_is_named(const json_t *content, const char *report)
{
	const char *named = json_string_value(json_object_get(content, MEMBER));

	return named != NULL && strcmp(named, report) == 0;
}

/* One report before it. */
struct noting {
	struct officer *officer;
	const char *further;
	json_t *content;
	bool is_noted; /* found in its history */
	bool is_new;   /* or written now */
};

static int find(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct noting *noting = context;

	(void)failure;
	noting->is_noted = noting->is_noted || (entry->event->type == EVENT_NOTE &&
						       follow_up_is_named(entry->content, noting->further));
	return 0;
}

static int note_in(void *context, const struct report *report, struct failure *failure)
{
	struct noting *noting = context;
	struct history history;

	for (int try = 1;; try++) {
		if (history_read(noting->officer, report, find, noting, &history, failure) != 0)
			return -1;
		if (history.state != STATE_CLOSED || noting->is_noted)
			return 0;
		noting->is_new = history_add(noting->officer, report, EVENT_NOTE, noting->content, &history,
					 failure) == 0;
		if (noting->is_new)
			return 0;
		if (failure->exit_code != EX_TEMPFAIL || try == TRIES)
			return -1;
	}
}

/* One that was destroyed has nothing to be kept. */
static int note_one(struct officer *officer, const char *id, const char *further, json_t *content,
	struct failure *failure)
{
	struct noting noting = { .officer = officer, .further = further, .content = content };

	if (report_glance_with(officer, id, note_in, &noting, failure) == 0) {
		if (noting.is_new)
			say(officer->invocation,
				"Noted in the closed report %.12s…: it is kept for its whole time from "
				"now.\n",
				id);
		return 0;
	}
	if (failure->exit_code == EX_PROTOCOL || failure->exit_code == EX_OSERR)
		return -1;
	if (failure->exit_code != EX_NOINPUT)
		say_aside(officer->invocation,
			"this couldn't be noted in the closed report %.12s…, so that it may be destroyed "
			"sooner than it should: open this one again later (%s)",
			id, failure->fault.text);
	return 0;
}

int follow_up_note(struct officer *officer, const struct report *report,
	const struct hand_judgement *judgement, struct failure *failure)
{
	json_t *memory = NULL, *before = NULL, *content = NULL;
	const json_t *id;
	struct hand_link link;
	size_t at;
	int rc = -1;

	if (judgement->hand != HAND_SAME || !hand_link_of(report->json, &link))
		return 0;
	if (hand_recall(officer, report->mailbox, &memory, failure) != 0)
		return -1;
	before = follow_up_before(memory, report->id, link.counter);
	content = json_pack("{s:s}", MEMBER, report->id);
	rc = before == NULL || content == NULL ? failure_memory(failure) : 0;
	json_array_foreach(before, at, id)
	{
		if (rc == 0)
			rc = note_one(officer, json_string_value(id), report->id, content, failure);
	}
	json_decref(memory);
	json_decref(before);
	json_decref(content);
	return rc;
}
