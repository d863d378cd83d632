/* What the files of report.h share. */
#ifndef OFFICER_REPORT_INTERNAL_H
#define OFFICER_REPORT_INTERNAL_H

#include "report.h"
#include "report_text.h"

/* An empty one. NULL where memory is short. */
MUST_USE struct report *report_new(const char *id);

/* Proof stanza and report.json against each other and the roster (76). After header and json are there. */
MUST_USE int report_check(struct officer *officer, struct report *report, struct failure *failure);

/* The header of the fetched file. */
MUST_USE int report_header(
	const struct report *report, struct age_header **ret_header, struct failure *failure);

/* What is said about a header that isn't the first. *ret_again: it changed while it was fetched. */
MUST_USE int report_settle(
	struct officer *officer, struct report *report, bool *ret_again, struct failure *failure);

/* Tells the server where a colleague's header is waiting for that. After report_look. */
void report_confirm(struct officer *officer, const struct report *report);

/* Feeds the sealed file to the opener piece by piece, until *done (may be NULL) is true or the file ends. -1
 * with the fault; the sinks' own reasons are the caller's to know. */
MUST_USE int report_feed(
	const struct report *report, struct report_opener *opener, const bool *done, struct fault *fault);

/* Proof stanza and envelope against each other, the roster and the organisation; fills in what the report
 * says of itself. 76 for every difference. */
MUST_USE int report_check_envelope(struct officer *officer, struct report *report, struct failure *failure);

#endif
