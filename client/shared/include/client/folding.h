/* Words that were agreed by mouth or on paper, typed on any keyboard: the same for a person, other bytes for
 * a program. */
#ifndef CLIENT_FOLDING_H
#define CLIENT_FOLDING_H

#include "proto/base.h"

#define FOLDING_MAX 4096 /* bytes of a word; a longer one is like no other, so that folding stays cheap */

/* Whether two texts are the same word: after canonical decomposition (composed and decomposed characters are
 * alike), without case, with the digits of every script as ASCII, full-width forms as ASCII, without tatweel,
 * harakat and what doesn't show, and with any white space as one blank between words. Bytes that are not
 * UTF-8 make it like no other; so does a word of which nothing is left. */
bool words_alike(const char *one, const char *other);

/* Whether a character is drawn onto the one before it. */
bool is_combining(uint32_t point);

#endif
