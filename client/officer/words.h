/* What verbs take from the command line besides names: texts, times, degrees. */
#ifndef OFFICER_WORDS_H
#define OFFICER_WORDS_H

#include "client/program.h"
#include "proto/buffer.h"

#include <jansson.h>

/* The operand at this place, or with `-` all of standard input, without the line feeds at its end: plain
 * lines of 1 to max bytes, else 65. what names it (`the answer`). */
MUST_USE int text_operand(const struct invocation *invocation, size_t at, const char *what,
	struct buffer *out, struct failure *failure);

/* The same as member `text` of content; nothing where the operand isn't there. */
MUST_USE int text_member(
	const struct invocation *invocation, size_t at, json_t *content, struct failure *failure);

/* --NAME TIME as member `until`: a time in UTC, or +MINUTESm, +HOURSh, +DAYSd from now; 64 where it is
 * missing, 65 for one that has passed. */
MUST_USE int time_member(const struct invocation *invocation, const char *name, int64_t now, json_t *content,
	struct failure *failure);

/* --NAME CODE as member of the same name, in capitals. Nothing where it isn't given. */
MUST_USE int code_member(
	const struct invocation *invocation, const char *name, json_t *content, struct failure *failure);

/* --plain, where --ascii doesn't say more: texts of others without the marks around them. */
void plain_where_asked(const struct invocation *invocation);

#endif
