/* What a report asks, as data: the questions, their words and the codes that answers become (DOMAIN, section
 * 1). Whoever reviews the domain changes question_table.c and question_acts.c, no other code; a test holds
 * every code against the report's schema. */
#ifndef DEFENDER_QUESTION_TABLE_H
#define DEFENDER_QUESTION_TABLE_H

#include "proto/base.h"

#define QUESTION_TABLE_VERSION 1
#define QUESTION_CHOICES_MAX   64 /* the largest list: who is to be excluded */

/* Marks what is shown to people, for translators; the words are looked up when they are shown. */
#ifndef N_
#define N_(words) words
#endif

enum question_kind {
	QUESTION_CHOICE,  /* one of the choices */
	QUESTION_MANY,    /* up to max of them */
	QUESTION_LINE,    /* one line of at most max bytes */
	QUESTION_STORY,   /* lines, at most max bytes */
	QUESTION_DATE,    /* 2026, 2026-11 or 2026-11-24 */
	QUESTION_COUNTRY, /* two letters */
};

struct question_choice {
	const char *code;
	const char *words;
};

struct question {
	const char *id; /* unique */
	/* Where the answer goes: `persons[].unit` is a member of the first entry of a list. NULL: it only
	 * decides what is asked next. */
	const char *path;
	enum question_kind kind;
	const char *words;
	const char *help; /* NULL, or what makes it easier to answer */
	const struct question_choice *choices;
	size_t count;
	size_t max;
	/* What "I don't know" and "I'd rather not say" become; NULL: nothing is put down. */
	const char *unknown, *withheld;
	bool must_answer; /* nothing can be sent without it */
	bool is_more;     /* asked on request only */
	bool is_watched;  /* she is warned where it seems to hold what is never asked for */
	bool is_narrowed; /* only the choices whose codes begin with the answer to `after` */
	/* Asked only where the answer to the question `after` is (with is_not: is there, and isn't) one of
	 * these codes, separated by spaces. NULL: always. */
	const char *after, *codes;
	bool is_not;
};

extern const struct question question_table[];
extern const size_t question_count;

/* What one question's choices are where the organisation decides: its officers. */
#define QUESTION_EXCLUDE "exclude"

/* question_acts.c: the kinds of incident, family by family. */
#define QUESTION_ACT_FAMILIES 15
extern const struct question_choice question_families[QUESTION_ACT_FAMILIES];
#define QUESTION_ACTS 64
extern const struct question_choice question_acts[QUESTION_ACTS];

#endif
