/* Which language a person is spoken to in: --language CODE, else what her environment says, by gettext's
 * rules: the locale is the first of LC_ALL, LC_MESSAGES and LANG that isn't empty; where it is C or POSIX, or
 * there is none, English; else the first of the list LANGUAGE that this program speaks, else the locale's
 * language.
 *
 * The locale need not be installed. Where it names a charset other than UTF-8, English it is: letters of
 * other scripts would be garbage there. Digits, times and codes are ASCII in every language: no locale is
 * set. */
#ifndef CLIENT_LANGUAGE_H
#define CLIENT_LANGUAGE_H

#include "client/failure.h"
#include "proto/language.h"

/* Chooses among what was offered (proto/language.h); does nothing where nothing was. Looks through the words
 * of the command line itself, so that a fault in it is told in the language asked for. 64 for a --language
 * that isn't spoken. */
MUST_USE int language_choose(int argc, char **argv, struct failure *failure);

/* Which one a part of a program speaks that is in English elsewhere: asked, or where it is NULL what the
 * environment says. *ret_language is NULL for English. 64 as above. */
MUST_USE int language_find(const char *asked, const struct language **ret_language, struct failure *failure);

#endif
