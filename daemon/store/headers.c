/* Which reports still wait to be wrapped again: a desk's officers are listed them a page at a time, and an
 * admin is told how many there are. Closed reports lie under no desk's index, so both read row after row, a
 * slice at a time. */
#include "offers.h"
#include "store_state.h"

#include "base/log.h"
#include "proto/encode.h"
#include "proto/header_list.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_LISTED  2000 /* looked at for one page: some 10 ms */
#define ROWS_COUNTED 200  /* in one turn of the loop: 1 ms */

static bool is_old(const struct store *store, const struct report_facts *facts)
{
	return facts->header_roster < store->roster->version;
}

/* --- a desk's list */

struct listing {
	struct request *request;
	struct header_list *list;
	size_t rows;
};

/* Older than the roster in force, or nobody but its maker has opened it and the one who asks is somebody
 * else. */
static bool waits_for(const struct request *request, const struct report_facts *facts)
{
	return strcmp(facts->desk, request->route.desk) == 0 &&
	       (is_old(request->front->store, facts) ||
		       (facts->header_stage == HEADER_UNCONFIRMED &&
			       !bytes_equal(
				       facts->wrapped_by, request->signer.keyid, sizeof facts->wrapped_by)));
}

static void add(struct store *store, struct header_list *list, const struct report_facts *facts)
{
	struct header_entry *entry = &list->entries[list->count++];
	const struct offer *offer = offer_of(store, facts->blind_id);

	hex_encode(facts->id, sizeof facts->id, entry->report);
	entry->roster = facts->header_roster;
	entry->is_wrapped = facts->header_stage != HEADER_FIRST;
	entry->is_confirmed = facts->header_stage != HEADER_UNCONFIRMED;
	if (offer != NULL)
		memcpy(entry->offered, offer->desk, sizeof entry->offered);
}

static int list_one(void *context, const struct backend_report *row)
{
	struct listing *listing = context;
	struct report_facts *facts = NULL;

	if (listing->rows == ROWS_LISTED || listing->list->count == HEADERS_MAX) {
		listing->list->more = true;
		return 1;
	}
	listing->rows++;
	listing->list->after = row->body;
	if (row->seq == 0)
		return 0;
	if (report_open_row(listing->request->front->store, row, &facts) != 0)
		log_event(LOG_ERROR, "row_damaged", "seq=%llu", (unsigned long long)row->seq);
	else if (waits_for(listing->request, facts))
		add(listing->request->front->store, listing->list, facts);
	facts_free(facts);
	return 0;
}

void call_get_headers(struct request *request)
{
	struct listing listing = { .request = request };
	struct store *store = request->front->store;

	if (!officer_serves(request->signer.officer, request->route.desk)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	listing.list = calloc(1, sizeof *listing.list);
	if (listing.list != NULL)
		listing.list->after = request->route.after;
	if (listing.list == NULL ||
		backend_each_between(
			store->backend, request->route.after + 1, INT64_MAX, list_one, &listing) != 0 ||
		header_list_write(listing.list, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
	free(listing.list);
}

/* --- how many there are */

/* Rows up to `body` have been counted; those behind it are met later. */
struct headers_count {
	struct event *event;
	uint64_t body;
	uint64_t old;
	uint64_t rows; /* in this slice */
	bool is_done;
};

static int count_one(void *context, const struct backend_report *row)
{
	struct store *store = context;
	struct headers_count *count = store->headers;
	struct report_facts *facts = NULL;

	if (count->rows == ROWS_COUNTED)
		return 1;
	count->rows++;
	count->body = row->body;
	/* One that isn't listed yet is met when it is. */
	if (row->seq != 0 && report_open_row(store, row, &facts) == 0 && is_old(store, facts))
		count->old++;
	facts_free(facts);
	return 0;
}

static void count_on(struct store *store)
{
	const struct timeval soon = { .tv_usec = 1000 };

	if (event_add(store->headers->event, &soon) != 0)
		log_plain(LOG_ERROR, "headers_not_counted");
}

static void on_count(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;
	struct headers_count *count = store->headers;

	(void)fd;
	(void)what;
	count->rows = 0;
	if (backend_each_between(store->backend, count->body + 1, INT64_MAX, count_one, store) != 0)
		log_plain(LOG_ERROR, "headers_not_counted");
	else if (count->rows == ROWS_COUNTED)
		count_on(store);
	else
		count->is_done = true;
}

int headers_start(struct store *store)
{
	store->headers = calloc(1, sizeof *store->headers);
	if (store->headers == NULL)
		return -1;
	store->headers->event = event_new(store->base, -1, 0, on_count, store);
	if (store->headers->event == NULL ||
		event_priority_set(store->headers->event, event_base_get_npriorities(store->base) - 1) != 0)
		return -1;
	headers_recount(store);
	return 0;
}

void headers_recount(struct store *store)
{
	struct headers_count *count = store->headers;

	if (count == NULL)
		return;
	count->body = 0;
	count->old = 0;
	count->is_done = false;
	count_on(store);
}

/* True where the count has come by this row, so that a change of it must be told. */
static bool is_behind(const struct headers_count *count, const struct report_facts *facts)
{
	return count != NULL && facts->seq != 0 && (count->is_done || facts->body <= count->body);
}

void headers_added(struct store *store, const struct report_facts *facts)
{
	if (is_behind(store->headers, facts) && is_old(store, facts))
		store->headers->old++;
}

void headers_gone(struct store *store, const struct report_facts *facts)
{
	if (is_behind(store->headers, facts) && is_old(store, facts))
		store->headers->old--;
}

void headers_destroyed(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	struct report_facts *facts = NULL;
	struct backend_report row;

	if (backend_find(store->backend, blind_id, &row) == 0 && report_open_row(store, &row, &facts) == 0)
		headers_gone(store, facts);
	else
		headers_recount(store);
	facts_free(facts);
}

int headers_old(const struct store *store, uint64_t *ret_old)
{
	if (store->headers == NULL || !store->headers->is_done)
		return -1;
	*ret_old = store->headers->old;
	return 0;
}

void headers_free(struct store *store)
{
	if (store->headers != NULL && store->headers->event != NULL)
		event_free(store->headers->event);
	free(store->headers);
	store->headers = NULL;
}
