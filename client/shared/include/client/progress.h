/* How far something long has come and what is left, for a person who waits: one line with a bar that is
 * written anew on standard error, where that is a terminal; lines of their own with --plain. Nothing anywhere
 * else. One at a time. */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include "client/program.h"

/* Without this, nothing is shown. */
void progress_allow(const struct invocation *invocation);

enum progress_of { PROGRESS_SEALING, PROGRESS_SENDING };

/* What is shorter than a megabyte isn't shown. */
void progress_begin(enum progress_of what, uint64_t total);
void progress_at(uint64_t done);
/* Also behind a failure: the line is ended. */
void progress_end(void);

#endif
