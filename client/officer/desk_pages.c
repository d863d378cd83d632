#include "desk_pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_SIZE 128

/* Free ret_answer with link_answer_free(), also on failure. */
static int fetch(struct officer *officer, const char *desk, const char *list, uint64_t after,
	struct link_answer *ret_answer, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path };

	(void)snprintf(path, sizeof path, "desks/%.*s/%s?after=%" PRIu64, NAME_SIZE - 1, desk, list, after);
	if (officer_call(officer, &request, NULL, ret_answer, failure) != 0)
		return -1;
	if (ret_answer->status != 200)
		return link_refused(ret_answer, "the desk's reports weren't listed", failure);
	return 0;
}

static int refuse_circle(struct failure *failure)
{
	return failure_set(
		failure, EX_PROTOCOL, "the server goes round in circles: tell your organisation's admin");
}

int desk_reports_page(struct officer *officer, const char *desk, uint64_t *after, struct alert **ret_alerts,
	size_t *ret_count, struct failure *failure)
{
	struct link_answer answer = { 0 };
	struct alert *alerts = NULL;
	size_t count = 0;
	uint64_t next = 0;
	struct fault fault;
	int rc = -1;

	*ret_alerts = NULL;
	if (fetch(officer, desk, "reports", *after, &answer, failure) != 0)
		goto cleanup;
	if (report_page_parse(
		    (const char *)answer.body.data, answer.body.len, &alerts, &count, &next, &fault) != 0) {
		rc = failure_of(failure, EX_PROTOCOL, &fault);
		goto cleanup;
	}
	if (next != 0 && next <= *after) {
		rc = refuse_circle(failure);
		goto cleanup;
	}
	*ret_alerts = alerts;
	*ret_count = count;
	*after = next;
	alerts = NULL;
	rc = 0;
cleanup:
	free(alerts);
	link_answer_free(&answer);
	return rc;
}

int desk_headers_page(struct officer *officer, const char *desk, uint64_t after, struct header_list *ret_page,
	struct failure *failure)
{
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc = fetch(officer, desk, "headers", after, &answer, failure);

	if (rc == 0 &&
		header_list_parse((const char *)answer.body.data, answer.body.len, ret_page, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	if (rc == 0 && ret_page->more && ret_page->after <= after)
		rc = refuse_circle(failure);
	link_answer_free(&answer);
	return rc;
}
