/* Whether a copy without metadata goes along with each attachment, and what where none can be made. */
#ifndef DEFENDER_WORKING_COPY_H
#define DEFENDER_WORKING_COPY_H

#include "compose.h"

/* 64 for a --working-copy that isn't auto, none or require. */
MUST_USE int working_copy_check(const struct arguments *arguments, struct failure *failure);

/* Attaches a file, with its working copy where --working-copy and the tools allow. Where none can be made:
 * asks where she is being asked (it may be left out then), warns elsewhere, and is 65 with `require`. */
MUST_USE int attach(const struct invocation *invocation, const char *path, bool may_ask,
	struct composed *composed, struct failure *failure);

#endif
