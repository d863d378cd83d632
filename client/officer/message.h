/* A sealed, signed message into a report's mailbox. */
#ifndef OFFICER_MESSAGE_H
#define OFFICER_MESSAGE_H

#include "report.h"

/* text is "" only for MAILBOX_STATE. 65 where the report has no mailbox, or the text isn't plain. */
MUST_USE int message_send(struct officer *officer, const struct report *report, enum mailbox_kind kind,
	enum report_state state, char *text, struct failure *failure);

#endif
