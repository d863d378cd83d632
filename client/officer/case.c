/* case: who did what with a report, and when. */
#include "history_words.h"
#include "related.h"
#include "verbs.h"
#include "words.h"

#include "client/output.h"

#include <string.h>

static json_t *proposal_of(const struct history *history)
{
	return history->proposed[0] == '\0'
		       ? json_null()
		       : json_pack("{s:s, s:s}", "reason", history->proposed, "by", history->proposed_by);
}

static json_t *related_json(const struct related *related)
{
	json_t *list = json_array();

	for (size_t at = 0; at < related->count; at++) {
		if (json_array_append_new(list, json_string(related->list[at].id)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int show(struct officer *officer, const struct history *history, struct history_words *words,
	const struct related *related, struct failure *failure)
{
	const char *text;

	history_words_standing(history, &words->words);
	related_show(related, &words->words);
	text = buffer_text(&words->words);
	if (text == NULL)
		return failure_memory(failure);
	say(officer->invocation, "State: %s%s%s\n%s%s", state_word(history->state),
		history->owner[0] != '\0' ? ", " : "", history->owner,
		history->count == 0 ? "Nothing has been done yet.\n" : "", text);
	return output_result(officer->invocation,
		json_pack("{s:s, s:s?, s:O, s:o, s:b, s:o}", "state", state_word(history->state), "owner",
			history->owner[0] == '\0' ? NULL : history->owner, "events", words->list, "proposed",
			proposal_of(history), "lacks_signature", history->lacks_signature, "related",
			related_json(related)),
		failure);
}

static int run(struct officer *officer, const char *id, struct failure *failure)
{
	struct history_words words = history_words_new();
	const struct roster_officer *me;
	struct report *report = NULL;
	struct related related;
	struct history history;
	int rc = -1;

	if (officer_me(officer, &me, failure) == 0 && report_take(officer, id, &report, failure) == 0 &&
		history_read(officer, report, history_words_add, &words, &history, failure) == 0 &&
		related_find(officer, report, &related, failure) == 0)
		rc = show(officer, &history, &words, &related, failure);
	history_words_free(&words);
	report_free(report);
	return rc;
}

int verb_case(const struct invocation *invocation, struct failure *failure)
{
	plain_where_asked(invocation);
	return officer_on_report(invocation, run, failure);
}
