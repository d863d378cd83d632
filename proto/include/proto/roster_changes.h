/* What is different between two rosters, in words: shown before an admin signs, and to whoever takes the new
 * one. */
#ifndef PROTO_ROSTER_CHANGES_H
#define PROTO_ROSTER_CHANGES_H

#include "proto/buffer.h"
#include "proto/roster.h"

/* Appends one sentence a line, each ended with LF; nothing where nothing but version, times and signatures
 * differ. before is NULL for an organisation's first roster. Titles are quoted as they are: valid UTF-8, no
 * control characters. */
MUST_USE int roster_changes(const struct roster *before, const struct roster *after, struct buffer *out);

#endif
