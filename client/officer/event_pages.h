/* A report's events as the server lists them, page by page. Nothing is proven of them here: history.h does
 * that, for whoever can open the report. */
#ifndef OFFICER_EVENT_PAGES_H
#define OFFICER_EVENT_PAGES_H

#include "officer.h"
#include "proto/event.h"

/* event lives during the call only. -1 ends the walk. */
typedef int event_each(void *context, const struct report_event *event, struct failure *failure);

/* Calls each with every event of the report, in the server's order. 76 for an answer that isn't a list of
 * events, or that never ends. */
MUST_USE int event_pages(struct officer *officer, const char *report, event_each *each, void *context,
	struct failure *failure);

#endif
