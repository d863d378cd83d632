/* A situation report as text, CSV and one page of HTML. Only what may be published is in any of them.
 */
#ifndef OFFICER_SITUATION_WORDS_H
#define OFFICER_SITUATION_WORDS_H

#include "proto/buffer.h"
#include "situation.h"

#define SITUATION_WORDS_MAX (8 * 1024 * 1024)
#define CELL_SIZE           16

/* A cell as it is shown: `25`, `<10`, `*` for one that is hidden with another. */
void cell_words(const struct situation_part *part, size_t table, size_t row, size_t column,
	char ret_words[CELL_SIZE]);

void situation_text(const struct situation *situation, struct buffer *out);
void situation_csv(const struct situation *situation, struct buffer *out);
/* Self-contained: no script, nothing fetched; in the language in use (proto/language.h). title is the
 * organisation's name, made safe here. */
void situation_html(const struct situation *situation, const char *title, struct buffer *out);

/* How far it may go: the label of the part that may go least far. */
const char *situation_label(const struct situation *situation);
/* The day from which a part's numbers are final. */
void situation_final_on(const struct situation_part *part, char ret_date[DATE_SIZE]);

/* Said with every form; and of a part that isn't released, with the day until when. */
extern const char situation_caveat[];
#define SITUATION_PROVISIONAL                                                                                \
	N_("PROVISIONAL until %s, and for this desk only: compared with the final numbers, these would "     \
	   "tell of single people")

/* Marks a text that the page shows in its own language; elsewhere it stays as it is written. */
#define N_(words) words

#endif
