/* The lists of a desk's reports, page by page, for whoever goes through all of them. */
#ifndef OFFICER_DESK_PAGES_H
#define OFFICER_DESK_PAGES_H

#include "officer.h"
#include "proto/alert_list.h"
#include "proto/header_list.h"

/* The desk's reports behind *after, closed ones too. *after is then where the next page begins, 0 where none
 * follows. The caller frees *ret_alerts, which is NULL on failure. */
MUST_USE int desk_reports_page(struct officer *officer, const char *desk, uint64_t *after,
	struct alert **ret_alerts, size_t *ret_count, struct failure *failure);

/* The desk's reports behind after whose header is older than the roster in force. */
MUST_USE int desk_headers_page(struct officer *officer, const char *desk, uint64_t after,
	struct header_list *ret_page, struct failure *failure);

#endif
