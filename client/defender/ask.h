/* Showing one question and taking its answer: on the whole screen (ask_screen.c), or line by line
 * (ask_plain.c) for a screen reader, a dumb terminal and --plain. */
#ifndef DEFENDER_ASK_H
#define DEFENDER_ASK_H

#include "client/program.h"
#include "client/screen.h"
#include "questionnaire.h"

struct asking {
	const struct invocation *invocation;
	struct screen *screen; /* NULL: line by line */
	const char *note;      /* NULL, or what was wrong with the answer before */
	/* NULL, or what is told before the question, each time that it is shown. */
	void (*intro)(const struct asking *asking, const void *intro_owner);
	const void *intro_owner;
	bool is_aside; /* a question of the program's own: not to be skipped, gone back from, or unknown */
};

enum asked {
	ASKED_ANSWERED,
	ASKED_ON,   /* on, as it is */
	ASKED_BACK, /* to the question before */
	ASKED_END,  /* enough of questions */
};

struct reply {
	enum asked asked;
	enum answer_state state; /* with ASKED_ANSWERED */
	char *text;              /* with ANSWER_GIVEN; sodium_malloc, of ANSWER_MAX + 1 bytes */
};

/* -1 where the terminal is gone. */
MUST_USE int ask_on_screen(
	const struct asking *asking, const struct posed *posed, struct reply *reply, struct failure *failure);
MUST_USE int ask_in_lines(
	const struct asking *asking, const struct posed *posed, struct reply *reply, struct failure *failure);

/* A piece of what is shown, on the screen or in lines. */
void tell(const struct asking *asking, const char *format, ...) PRINTF_LIKE(2, 3);

/* Choices and, behind them, "I don't know" and "I'd rather not say" where those can be said: how many, the
 * words of one, and the reply that choosing it is. */
bool has_choices(const struct posed *posed);
size_t choice_total(const struct asking *asking, const struct posed *posed);
const char *choice_words(const struct posed *posed, size_t at);
/* What is shown behind the words: "" where they are in her language; where they are only there in English,
 * the code, which an officer or a printed list can explain. Good until the next call. */
const char *choice_code(const struct posed *posed, size_t at);
void choice_reply(const struct posed *posed, size_t at, struct reply *reply);

/* Whether the answer, codes separated by spaces, holds this choice. */
bool choice_is_in(const char *text, const char *code);
/* Puts a code in, or takes it out. */
void choice_toggle(char *text, const char *code);

#endif
