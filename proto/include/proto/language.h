/* In which language people are spoken to. Every sentence is written in English where it arises; translated()
 * gives it in the language chosen, by gettext's rules: the English text is the key, and where a translation
 * is missing it is shown itself. The daemon and the tools that have no catalogues choose none, so that all
 * stays as it is written.
 *
 * The catalogues are part of the executable (po/, made into C by scripts/make-catalogues): no file beside it
 * tells what it is, none can be missing or forged, and no locale has to be installed. */
#ifndef PROTO_LANGUAGE_H
#define PROTO_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

/* The English text, and the language's: one form, or several one behind the other, each ended by a NUL. */
struct translation {
	const char *text, *forms;
};

struct language {
	const char *code; /* BCP 47: `ar`, `zh-Hans` */
	const struct translation *translations;
	size_t count;
	size_t (*form_of)(unsigned long number); /* which of the forms a number takes */
};

/* What this program can speak besides English, at its start and once. */
void languages_offer(const struct language *languages, size_t count);
const struct language *languages_offered(size_t *ret_count);

/* The language of everything from now on; NULL is English. */
void language_use(const struct language *language);

/* The BCP 47 code of the language in use; `en` where none was chosen. */
const char *language_code(void);

/* Whether it is written from the right. */
bool language_is_from_right(void);

/* A text of this program's in the language in use. Text of others is not to be given to it. */
const char *translated(const char *text) __attribute__((format_arg(1)));

/* The same for what is counted: one for 1, many for every other number, and in other languages whatever form
 * the number takes. Both hold the same conversions. */
const char *translated_count(const char *one, const char *many, unsigned long number)
	__attribute__((format_arg(1), format_arg(2)));

/* Why a call of the system failed and what to do, translated: the second half of a failure's sentence. Where
 * we have no words for the errno, the C library's. */
const char *error_words(int number);

#endif
