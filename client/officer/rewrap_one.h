/* One report wrapped again for the officers of today. */
#ifndef OFFICER_REWRAP_ONE_H
#define OFFICER_REWRAP_ONE_H

#include "officer.h"
#include "proto/header_list.h"
#include "report.h"

#include <jansson.h>

/* *ret_is_alarming: the newest header, which a colleague made, wasn't what it should be, and the one before
 * it was gone by. Written always.
 *
 * Reads the header and the payload's first chunk, checks them, confirms a colleague's header, and puts a new
 * one where it is older than the roster: for its desk, and for one that it is offered to just then. desk is
 * the one whose list named the report. */
MUST_USE int rewrap_one(struct officer *officer, const char *desk, const struct header_entry *entry,
	bool *ret_is_alarming, struct failure *failure);

/* Its report.json alone, with every check that opening makes but those of the evidence: header and first
 * chunk are enough. A new reference. 77 where it isn't this officer's to open. */
MUST_USE int report_glance(
	struct officer *officer, const char *report, json_t **ret_json, struct failure *failure);

/* The same checks, then what use does with it: report has neither file nor opener, and lives during the call
 * only. */
typedef int report_use(void *context, const struct report *report, struct failure *failure);
MUST_USE int report_glance_with(
	struct officer *officer, const char *report, report_use *use, void *context, struct failure *failure);

/* For the officers of the desk that has it, and of another one too where also isn't NULL: a new header in any
 * case. */
MUST_USE int rewrap_for(struct officer *officer, const char *report, const char *desk, const char *also,
	struct failure *failure);

#endif
