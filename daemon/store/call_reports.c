/* GET desks/{desk}/reports: all reports of a desk, closed ones too, for counting. Nothing in the clear says
 * which desk a closed report belongs to: rows are looked at in the order they came, a bounded number for each
 * answer. */
#include "store_state.h"

#include "base/log.h"
#include "proto/alert_list.h"

#include <inttypes.h>
#include <string.h>

/* Two milliseconds; as many as one page of alerts has room for. */
#define BODIES_AT_ONCE ALERTS_MAX

struct page {
	struct request *request;
	size_t count;
};

/* For counting: how far it climbed until somebody acknowledged it, which a list of what is open tells no more
 * then. */
static void fill(struct store *store, const struct report_facts *facts, struct alert *alert)
{
	alert_fill(store, facts, alert);
	alert->tier = facts->level;
}

static int look_at(void *context, const struct backend_report *row)
{
	struct page *page = context;
	struct store *store = page->request->front->store;
	struct report_facts *facts = NULL;

	if (report_open_row(store, row, &facts) != 0)
		log_event(LOG_ERROR, "row_damaged", "seq=%" PRIu64, row->seq);
	else if (facts->stage == STAGE_LISTED && strcmp(facts->desk, page->request->route.desk) == 0 &&
		 page->count < ALERTS_MAX)
		fill(store, facts, &store->alerts[page->count++]);
	facts_free(facts);
	return 0;
}

void call_get_reports(struct request *request)
{
	struct store *store = request->front->store;
	struct page page = { .request = request };
	uint64_t first = request->route.after, end = backend_next(store->backend), next;

	if (!officer_serves(request->signer.officer, request->route.desk)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	next = first < end && end - first > BODIES_AT_ONCE ? first + BODIES_AT_ONCE : 0;
	if (first < end && backend_each_between(
				   store->backend, first, first + BODIES_AT_ONCE - 1, look_at, &page) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	if (report_page_write(store->alerts, page.count, next, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
}
