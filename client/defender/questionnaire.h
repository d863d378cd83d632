/* The answers to the questions, and which question is next. Pure: no terminal, no clock. Everything that was
 * typed lies in sodium_malloc memory until the questionnaire is freed. */
#ifndef DEFENDER_QUESTIONNAIRE_H
#define DEFENDER_QUESTIONNAIRE_H

#include "proto/base.h"
#include "question_table.h"

#include <jansson.h>

#define ANSWER_MAX 16384 /* the longest: the narrative */

enum answer_state {
	ANSWER_NONE,     /* not asked, or left out */
	ANSWER_GIVEN,    /* text is a code, codes joined by spaces, or what was typed */
	ANSWER_UNKNOWN,  /* "I don't know" */
	ANSWER_WITHHELD, /* "I'd rather not say" */
};

struct answer {
	enum answer_state state;
	const char *text; /* "" unless given */
};

/* A question as it stands: its choices narrowed to those that there are. */
struct posed {
	const struct question *question;
	struct question_choice choices[QUESTION_CHOICES_MAX];
	size_t count;
	struct answer answer;
	size_t number, total; /* the how manieth of how many */
};

struct questionnaire;

/* Begins at the first question of the table. NULL where memory lacks. */
struct questionnaire *questionnaire_new(const struct question *questions, size_t count);
void questionnaire_free(struct questionnaire *questionnaire);

/* Takes a question out: its answer was given elsewhere. */
void questionnaire_leave_out(struct questionnaire *questionnaire, const char *id);
/* The choices of a question that the table leaves open. They must outlive the questionnaire. */
void questionnaire_choices(struct questionnaire *questionnaire, const char *id,
	const struct question_choice *choices, size_t count);
/* From now on those are asked too that are asked on request only; to the first of them. */
void questionnaire_ask_more(struct questionnaire *questionnaire);

/* The question at hand. false behind the last. */
bool questionnaire_now(const struct questionnaire *questionnaire, struct posed *ret_posed);
/* To the one before or behind it, of those that apply. false where there is none: back stays where it is,
 * forward is behind the last. */
bool questionnaire_back(struct questionnaire *questionnaire);
bool questionnaire_forward(struct questionnaire *questionnaire);
/* To the first. */
void questionnaire_rewind(struct questionnaire *questionnaire);
/* To the first that must be answered and isn't; false (and nothing moves) where there is none. */
bool questionnaire_lacks(struct questionnaire *questionnaire);

/* Answers the question at hand. -1 for what it doesn't take: too long, no code of its choices, no date. */
MUST_USE int questionnaire_answer(
	struct questionnaire *questionnaire, enum answer_state state, const char *text);

/* Puts all answers of questions that apply into the report. -1 where memory lacks. */
MUST_USE int questionnaire_report(const struct questionnaire *questionnaire, json_t *report);

#endif
