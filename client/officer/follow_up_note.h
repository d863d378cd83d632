/* A further report by the same hand is content that came to the reports before it. The server can't know
 * that: a note in each closed one says so, and begins the time anew for which it is kept. */
#ifndef OFFICER_FOLLOW_UP_NOTE_H
#define OFFICER_FOLLOW_UP_NOTE_H

#include "hand.h"

#include <jansson.h>

/* Ids of the reports that came before this further one by the same hand, as far as memory (hand_memory.h)
 * knows them: the first, and further ones with a lower counter. A new reference, NULL where memory is short.
 */
MUST_USE json_t *follow_up_before(const json_t *memory, const char *report, uint64_t counter);

/* Whether this is what an event says in which the further report was noted; content may be NULL. */
bool follow_up_is_named(const json_t *content, const char *report);

/* Adds a note to each of them that is closed and has none of this one yet. What can't be noted is said, and
 * tried again when the report is opened again; a failure is only 76, and what comes of short memory. */
MUST_USE int follow_up_note(struct officer *officer, const struct report *report,
	const struct hand_judgement *judgement, struct failure *failure);

#endif
