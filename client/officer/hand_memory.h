/* What this officer's home remembers of a receipt number: its first report, and further ones that were
 * proven. */
#ifndef OFFICER_HAND_MEMORY_H
#define OFFICER_HAND_MEMORY_H

#include "officer.h"

#include <jansson.h>

/* `report` and `hand_key` of the first, `seen` further ones, a list of [counter, id]. *ret_memory is NULL
 * where nothing is remembered. */
MUST_USE int hand_recall(
	struct officer *officer, const char *mailbox, json_t **ret_memory, struct failure *failure);

/* The first report that one of this officer's reports was proven to follow; "" where it is a first one
 * itself, or wasn't opened. */
void hand_first_of(const struct officer *officer, const char *report, char ret_first[ID_SIZE]);
MUST_USE int hand_keep_first(
	struct officer *officer, const char *report, const char *first, struct failure *failure);

#endif
