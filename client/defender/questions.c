#include "compose.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/report_schema.h"
#include "proto/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NARRATIVE_MAX 16384

struct answer {
	const char *code;
	const char *words;
};

struct question {
	const char *field;
	const char *words;
	const struct answer *answers;
	size_t count;
	bool may_skip;
};

static const struct answer urgencies[] = {
	{ "immediate", "Someone may be killed, taken or badly hurt now or within 24 hours" },
	{ "urgent", "Danger within days, or getting worse" },
	{ "priority", "It happened or goes on, no new danger this week" },
	{ "record", "Keep this; do not act or contact me" },
	{ "withheld", "I'd rather not say (treated as immediate)" },
};
static const struct answer ongoing[] = {
	{ "IMM", "It is about to happen" },
	{ "ONG", "It goes on" },
	{ "REC", "It began again after a pause" },
	{ "END", "It is over" },
	{ "UNK", "I don't know" },
};
static const struct answer relations[] = {
	{ "SELF", "It happened to me" },
	{ "REL", "To a relative of mine" },
	{ "COL", "To a colleague" },
	{ "ORG", "To someone of my organisation" },
	{ "WIT", "I saw it" },
	{ "LAW", "I am her lawyer" },
	{ "NGO", "I work for a service or an NGO" },
	{ "OTH", "Something else" },
	{ "UNK", "I don't know" },
	{ "WHD", "I'd rather not say" },
};
static const struct answer work_links[] = {
	{ "YES", "Yes" },
	{ "LIK", "Probably" },
	{ "UNS", "I'm not sure" },
	{ "NOT", "No" },
};

#define ANSWERS(list) list, COUNT_OF(list)
static const struct question ask_how_urgent = { "urgency", "How urgent is it?", ANSWERS(urgencies), false };
static const struct question more_questions[] = {
	{ "ongoing", "Does it still go on?", ANSWERS(ongoing), true },
	{ "reporter_relation", "Who did it happen to?", ANSWERS(relations), true },
	{ "link_to_work", "Did it happen because of work for human rights?", ANSWERS(work_links), true },
};

static int set_text(json_t *report, const char *field, const char *text, struct failure *failure)
{
	return json_object_set_new(report, field, json_string(text)) == 0
		       ? 0
		       : failure_set(
				 failure, EX_DATAERR, "the answer isn't text that can be kept: start again");
}

/* The number typed; 0 for nothing typed, count + 1 for what isn't one. */
static size_t number_of(const char *text, size_t count)
{
	size_t number = 0, len = strlen(text);

	if (len > 2)
		return count + 1;
	for (size_t at = 0; at < len; at++) {
		if (text[at] < '0' || text[at] > '9')
			return count + 1;
		number = number * 10 + (size_t)(text[at] - '0');
	}
	return len > 0 && number == 0 ? count + 1 : number;
}

static int ask_one(const struct invocation *invocation, const struct question *question, json_t *report,
	struct failure *failure)
{
	for (;;) {
		char *text = NULL;
		size_t number;

		say(invocation, "\n%s\n", translated(question->words));
		for (size_t at = 0; at < question->count; at++)
			say(invocation, "  %zu  %s\n", at + 1, translated(question->answers[at].words));
		(void)fflush(NULL);
		if (ask_line(question->may_skip ? "Number (or nothing, to go on): " : "Number: ",
			    "give the report with --file", &text, failure) != 0)
			return -1;
		number = number_of(text, question->count);
		sodium_free(text);
		if (number >= 1 && number <= question->count)
			return set_text(report, question->field, question->answers[number - 1].code, failure);
		if (number == 0 && question->may_skip)
			return 0;
		say(invocation, "Please type one of the numbers.\n");
	}
}

static int ask_summary(const struct invocation *invocation, json_t *report, struct failure *failure)
{
	for (;;) {
		char *text = NULL;
		bool good;
		int rc;

		say(invocation, "\nIn one or two sentences: what happened? No names, please.\n");
		(void)fflush(NULL);
		if (ask_line("> ", "give the report with --file", &text, failure) != 0)
			return -1;
		good = text_is_title(text, strlen(text), REPORT_SUMMARY_MAX);
		rc = good ? set_text(report, "summary", text, failure) : 0;
		sodium_free(text);
		if (good)
			return rc;
		say(invocation, "Please write 1 to %d characters on one line; details come next.\n",
			REPORT_SUMMARY_MAX);
	}
}

/* Lines up to an empty one. */
static int ask_narrative(const struct invocation *invocation, json_t *report, struct failure *failure)
{
	struct buffer story = buffer_of(NARRATIVE_MAX);
	int rc = 0;

	say(invocation,
		"\nTell it in the order in which it happened, as long as you want. An empty line ends it.\n");
	(void)fflush(NULL);
	for (;;) {
		char *text = NULL;
		size_t len;

		rc = ask_line("> ", "give the report with --file", &text, failure);
		if (rc != 0)
			break;
		len = strlen(text);
		if (len > 0 && text_is_line(text, len) && story.len + len + 1 < story.max) {
			buffer_put(&story, "\n", story.len > 0 ? 1 : 0);
			buffer_put(&story, text, len);
		} else if (len > 0) {
			say(invocation, "That line wasn't kept: it is too long, or has characters that "
					"aren't text.\n");
		}
		sodium_free(text);
		if (len == 0)
			break;
	}
	if (rc == 0 && story.len > 0)
		rc = set_text(report, "narrative", buffer_text(&story), failure);
	buffer_free(&story);
	return rc;
}

int ask_report(const struct invocation *invocation, json_t *report, bool ask_urgency, struct failure *failure)
{
	say(invocation, "A few questions; Ctrl-C stops and keeps nothing. More can be added later.\n");
	if ((ask_urgency && ask_one(invocation, &ask_how_urgent, report, failure) != 0) ||
		ask_summary(invocation, report, failure) != 0 ||
		ask_narrative(invocation, report, failure) != 0)
		return -1;
	for (size_t at = 0; at < COUNT_OF(more_questions); at++)
		if (ask_one(invocation, &more_questions[at], report, failure) != 0)
			return -1;
	return 0;
}
