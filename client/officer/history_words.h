/* A history as a person reads it, and as JSON. */
#ifndef OFFICER_HISTORY_WORDS_H
#define OFFICER_HISTORY_WORDS_H

#include "history.h"

#define HISTORY_WORDS_MAX (64 * 1024 * 1024) /* a thousand of the longest notes, made safe to show */

struct history_words {
	struct buffer words;
	json_t *list; /* NULL where memory was short */
};

struct history_words history_words_new(void);
void history_words_free(struct history_words *words);

/* A history_each: context is a struct history_words. */
MUST_USE int history_words_add(void *context, const struct history_entry *entry, struct failure *failure);

/* What a person must know of it besides: who has proposed to close it, that a signature is missing. */
void history_words_standing(const struct history *history, struct buffer *out);

#endif
