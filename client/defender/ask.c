#include "ask.h"

#include "client/output.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TOLD_MAX 1024

void tell(const struct asking *asking, const char *format, ...)
{
	char text[TOLD_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, translated(format), arguments);
	va_end(arguments);
	if (asking->screen != NULL)
		buffer_put_string(screen_text(asking->screen), text);
	else
		say(asking->invocation, "%s", text);
	sodium_memzero(text, sizeof text);
}

#define CODE_SHOWN_MAX 24
#define EVERYWHERE     2 /* "I don't know" and "I'd rather not say" */

bool has_choices(const struct posed *posed)
{
	return posed->question->kind == QUESTION_CHOICE || posed->question->kind == QUESTION_MANY;
}

size_t choice_total(const struct asking *asking, const struct posed *posed)
{
	return posed->count + (asking->is_aside ? 0 : EVERYWHERE);
}

const char *choice_words(const struct posed *posed, size_t at)
{
	if (at < posed->count)
		return translated(posed->choices[at].words);
	return at == posed->count ? translated("I don't know") : translated("I'd rather not say");
}

const char *choice_code(const struct posed *posed, size_t at)
{
	static char shown[CODE_SHOWN_MAX];

	if (at >= posed->count || strcmp(language_code(), "en") == 0 ||
		strcmp(posed->choices[at].words, posed->choices[at].code) == 0 ||
		strcmp(choice_words(posed, at), posed->choices[at].words) != 0)
		return "";
	(void)snprintf(shown, sizeof shown, " (%s)", posed->choices[at].code);
	return shown;
}

void choice_reply(const struct posed *posed, size_t at, struct reply *reply)
{
	reply->asked = ASKED_ANSWERED;
	reply->state = at < posed->count    ? ANSWER_GIVEN
		       : at == posed->count ? ANSWER_UNKNOWN
					    : ANSWER_WITHHELD;
	if (at < posed->count)
		(void)snprintf(reply->text, ANSWER_MAX + 1, "%s", posed->choices[at].code);
}

/* How far into text the code stands; its length where it doesn't. */
static size_t place_of(const char *text, const char *code)
{
	size_t len = strlen(code), at = 0;

	while (text[at] != '\0') {
		size_t one = strcspn(text + at, " ");

		if (one == len && strncmp(text + at, code, len) == 0)
			return at;
		at += one + strspn(text + at + one, " ");
	}
	return at;
}

bool choice_is_in(const char *text, const char *code)
{
	return text[place_of(text, code)] != '\0';
}

void choice_toggle(char *text, const char *code)
{
	size_t at = place_of(text, code), len = strlen(text), one = strlen(code);

	if (at == len) {
		if (len + one + 2 <= ANSWER_MAX)
			(void)snprintf(text + len, ANSWER_MAX - len, "%s%s", len > 0 ? " " : "", code);
		return;
	}
	/* With the space behind it, or else the one before. */
	if (text[at + one] == ' ') {
		one++;
	} else if (at > 0) {
		at--;
		one++;
	}
	memmove(text + at, text + at + one, len - at - one + 1);
}
