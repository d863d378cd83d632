/* One question line by line: no cursor addressing, one label a line, plain words to go back and on. */
#include "ask.h"
#include "client/output.h"
#include "client/terminal.h"
#include "proto/digit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define INSTEAD "give the report with --file"

static void show(const struct asking *asking, const struct posed *posed)
{
	tell(asking, "\n");
	if (asking->intro != NULL)
		asking->intro(asking, asking->intro_owner);
	if (asking->note != NULL)
		tell(asking, "%s\n", translated(asking->note));
	if (!asking->is_aside)
		tell(asking, "Question %zu of %zu.\n", posed->number, posed->total);
	tell(asking, "%s\n", translated(posed->question->words));
	if (posed->question->help != NULL)
		tell(asking, "%s\n", translated(posed->question->help));
	for (size_t at = 0; has_choices(posed) && at < choice_total(asking, posed); at++)
		tell(asking, "%zu: %s%s\n", at + 1, choice_words(posed, at), choice_code(posed, at));
	for (size_t at = 0; has_choices(posed) && at < posed->count; at++)
		if (choice_is_in(posed->answer.text, posed->choices[at].code))
			tell(asking, "Chosen: %zu\n", at + 1);
	if (!has_choices(posed) && posed->answer.text[0] != '\0')
		tell(asking, "You have answered this; an empty line leaves it as it is.\n");
	(void)fflush(NULL);
}

/* Plain words instead of arrow keys. */
static bool is_word(const char *text, struct reply *reply)
{
	if (text[0] == '\0' || strcmp(text, "next") == 0)
		reply->asked = ASKED_ON;
	else if (strcmp(text, "back") == 0)
		reply->asked = ASKED_BACK;
	else if (strcmp(text, "end") == 0)
		reply->asked = ASKED_END;
	else
		return false;
	return true;
}

/* What stands between numbers, as our languages' keyboards make it. */
static void skip_commas(const char **text)
{
	static const char *const marks[] = { " ", ",", "\xd8\x8c", "\xef\xbc\x8c", "\xe3\x80\x81",
		"\xe3\x80\x80" };

	for (size_t at = 0; at < COUNT_OF(marks);) {
		size_t len = strlen(marks[at]);

		if (strncmp(*text, marks[at], len) == 0) {
			*text += len;
			at = 0;
		} else {
			at++;
		}
	}
}

/* The next number of a line of numbers; 0 for anything else. */
static size_t next_number(const char **text)
{
	size_t number = 0;

	size_t used;
	char digit;

	skip_commas(text);
	while (number < QUESTION_CHOICES_MAX * 10 && (used = digit_read(*text, strlen(*text), &digit)) > 0) {
		number = number * 10 + (size_t)(digit - '0');
		*text += used;
	}
	skip_commas(text);
	return number;
}

/* -1 where it isn't a number of the choices, or several where only one may be. */
static int numbers(
	const struct asking *asking, const struct posed *posed, const char *text, struct reply *reply)
{
	bool is_many = posed->question->kind == QUESTION_MANY;

	reply->text[0] = '\0';
	do {
		size_t number = next_number(&text);

		if (number == 0 || number > choice_total(asking, posed))
			return -1;
		/* "I don't know" stands alone. */
		if (number > posed->count && reply->text[0] != '\0')
			return -1;
		if (!is_many || number > posed->count) {
			choice_reply(posed, number - 1, reply);
			return *text == '\0' ? 0 : -1;
		}
		if (!choice_is_in(reply->text, posed->choices[number - 1].code))
			choice_toggle(reply->text, posed->choices[number - 1].code);
	} while (*text != '\0');
	reply->asked = ASKED_ANSWERED;
	reply->state = ANSWER_GIVEN;
	return 0;
}

static const char *prompt_of(const struct asking *asking, const struct posed *posed)
{
	if (asking->is_aside)
		return N_("Number: ");
	if (posed->question->kind == QUESTION_MANY)
		return N_("Numbers, back, next or end: ");
	return has_choices(posed) ? N_("Number, back, next or end: ") : "> ";
}

/* Lines up to an empty one. */
static int story(const struct asking *asking, const struct posed *posed, const char *first,
	struct reply *reply, struct failure *failure)
{
	char *line = NULL;
	size_t len = strlen(first);
	bool is_end = false;

	memcpy(reply->text, first, len + 1);
	while (!is_end) {
		size_t more;

		if (ask_line("> ", INSTEAD, &line, failure) != 0)
			return -1;
		more = strlen(line);
		is_end = more == 0;
		if (!is_end && len + more + 1 <= posed->question->max) {
			reply->text[len] = '\n';
			memcpy(reply->text + len + 1, line, more + 1);
			len += more + 1;
		} else if (!is_end) {
			tell(asking, "That line wasn't kept: the answer is full.\n");
			is_end = true;
		}
		sodium_free(line);
		line = NULL;
	}
	return 0;
}

static int take(const struct asking *asking, const struct posed *posed, const char *text, struct reply *reply,
	struct failure *failure)
{
	reply->asked = ASKED_ANSWERED;
	reply->state = ANSWER_GIVEN;
	if (!asking->is_aside && is_word(text, reply))
		return 0;
	if (has_choices(posed)) {
		/* No code: it is asked again. */
		if (numbers(asking, posed, text, reply) != 0) {
			reply->state = ANSWER_GIVEN;
			memcpy(reply->text, "?", 2);
		}
		return 0;
	}
	if (strcmp(text, "?") == 0 || strcmp(text, "-") == 0) {
		choice_reply(posed, posed->count + (text[0] == '-'), reply);
		return 0;
	}
	if (posed->question->kind == QUESTION_STORY)
		return story(asking, posed, text, reply, failure);
	memcpy(reply->text, text, strlen(text) + 1);
	return 0;
}

int ask_in_lines(
	const struct asking *asking, const struct posed *posed, struct reply *reply, struct failure *failure)
{
	char *text = NULL;
	int rc;

	show(asking, posed);
	if (ask_line(prompt_of(asking, posed), INSTEAD, &text, failure) != 0)
		return -1;
	rc = take(asking, posed, text, reply, failure);
	sodium_free(text);
	return rc;
}
