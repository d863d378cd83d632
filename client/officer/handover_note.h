/* What another organisation is told with a referral, on one screen (DOMAIN 2.4). */
#ifndef OFFICER_HANDOVER_NOTE_H
#define OFFICER_HANDOVER_NOTE_H

#include "history.h"

#define HANDOVER_NOTE_MAX (16 * 1024)

/* Appends: whose it is and which, urgency and state, what is due when, how she is now, how she may be reached
 * (only whether), what she refuses, and the officer's own words (NULL for none). from is the organisation's
 * name. */
void handover_note(const struct report *report, const struct history *history, const char *from,
	const char *words, struct buffer *out);

#endif
