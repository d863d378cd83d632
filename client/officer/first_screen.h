/* What an officer sees first of a report, in the order that helps her act: urgency, contact, where the person
 * is, what she needs and refuses, consent, then the summary; the story itself only when it is asked for. */
#ifndef OFFICER_FIRST_SCREEN_H
#define OFFICER_FIRST_SCREEN_H

#include "history.h"
#include "proto/alert_list.h"

/* Whether now lies in one of a channel's windows (`days`, `from`, `to`, `utc_offset`: her own time). A window
 * whose end comes before its beginning goes over midnight and belongs to the day it begins on. */
bool window_is_open(const json_t *windows, int64_t now);

struct screen {
	const json_t *report; /* validated */
	const struct history *history;
	const struct alert *alert; /* as its desk's list has it; NULL where it isn't there */
	int64_t now;
	bool with_narrative;
};

/* Appends the words. */
void first_screen(const struct screen *screen, struct buffer *out);

#endif
