/* GET desks/{desk}/alerts: what is open at a desk, and the long-polls that wait for the next. */
#include "escalation.h"
#include "offers.h"
#include "store_state.h"

#include "base/log.h"
#include "proto/alert_list.h"
#include "proto/encode.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60

struct listing {
	struct store *store;
	struct alert *alerts;
	size_t count;
	bool more;
};

void alert_fill(struct store *store, const struct report_facts *facts, struct alert *ret_alert)
{
	const struct roster_desk *desk = roster_desk(store->roster, facts->desk);

	memset(ret_alert, 0, sizeof *ret_alert);
	ret_alert->seq = facts->seq;
	hex_encode(facts->id, sizeof facts->id, ret_alert->report);
	memcpy(ret_alert->desk, facts->desk, sizeof ret_alert->desk);
	ret_alert->urgency = facts->urgency;
	ret_alert->state = facts->state;
	ret_alert->accepted = facts->accepted;
	ret_alert->has_due = facts->state == STATE_NEW && desk != NULL;
	if (ret_alert->has_due)
		ret_alert->due = facts->listed + (int64_t)desk_ack_minutes(desk, facts->urgency) * MINUTE;
	escalation_fill(store, facts, ret_alert);
}

static int list_one(void *context, const struct backend_report *row)
{
	struct listing *listing = context;
	struct report_facts *facts = NULL;

	if (listing->count == ALERTS_MAX) {
		listing->more = true;
		return 1;
	}
	/* A damaged row is said aloud, and the others are served. */
	if (report_open_row(listing->store, row, &facts) != 0)
		log_event(LOG_ERROR, "row_damaged", "seq=%llu", (unsigned long long)row->seq);
	else
		alert_fill(listing->store, facts, &listing->alerts[listing->count++]);
	facts_free(facts);
	return 0;
}

/* Into its place by number; behind a page that is full it waits for the next one. */
static void insert(struct listing *listing, const struct alert *alert)
{
	size_t at = listing->count;

	while (at > 0 && listing->alerts[at - 1].seq > alert->seq)
		at--;
	if (listing->count == ALERTS_MAX)
		listing->more = true;
	else
		listing->count++;
	if (at == ALERTS_MAX)
		return;
	memmove(&listing->alerts[at + 1], &listing->alerts[at],
		(listing->count - at - 1) * sizeof *listing->alerts);
	listing->alerts[at] = *alert;
}

/* What other desks offer to this one. */
static void add_offers(struct listing *listing, const char *desk, uint64_t after)
{
	const struct offer *offer;

	while ((offer = offers_next(listing->store, desk, after)) != NULL) {
		struct alert alert;

		after = offer->seq;
		if (listing->more && listing->count > 0 &&
			offer->seq > listing->alerts[listing->count - 1].seq)
			return;
		if (offer_alert(listing->store, offer, &alert) != 0)
			log_event(LOG_ERROR, "row_damaged", "offer=%llu", (unsigned long long)after);
		else
			insert(listing, &alert);
	}
}

/* Writes the answer's body; *ret_count says how many alerts are in it. */
static int list(struct request *request, size_t *ret_count)
{
	struct store *store = request->front->store;
	const struct route *route = &request->route;
	struct listing listing = { .store = store, .alerts = store->alerts };
	uint8_t desk[BLIND_INDEX_BYTES];
	size_t again = 0;
	/* Who asks for the first time knows from now on. */
	uint64_t raised = raises_newest(store);

	if (seal_index(store->seal, INDEX_OPEN_DESK, route->desk, strlen(route->desk), desk) != 0 ||
		backend_each_open(store->backend, desk, route->after, list_one, &listing) != 0 ||
		raises_merge_fallen(store, route->desk, route->after, &listing.count, &listing.more) != 0)
		return -1;
	add_offers(&listing, route->desk, route->after);
	if (alert_list_begin(listing.alerts, listing.count, listing.more, &request->answer.body) != 0)
		return -1;
	if (route->has_raised && raises_list(store, route->desk, route->raised, &again, &raised) != 0)
		return -1;
	*ret_count = listing.count + again;
	return alert_list_end(listing.alerts, again, raised, &request->answer.body);
}

static void answer_now(struct request *request)
{
	size_t count;

	buffer_free(&request->answer.body);
	request->answer.body = buffer_of(ALERT_BODY_MAX);
	if (list(request, &count) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
}

static void on_timeout(evutil_socket_t fd, short what, void *context)
{
	struct request *request = context;

	(void)fd;
	(void)what;
	alerts_stop_waiting(request);
	answer_now(request);
}

/* Parks the request with as little memory as it can do with. */
static void wait_for_more(struct request *request)
{
	struct store *store = request->front->store;
	struct timeval time = { .tv_sec = request->route.wait };

	request->timer = event_new(store->base, -1, 0, on_timeout, request);
	if (request->timer == NULL || event_add(request->timer, &time) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	buffer_free(&request->answer.body);
	free(request->text);
	request->text = NULL;
	memset(&request->fields, 0, sizeof request->fields);
	request->is_waiting = true;
	request->next_waiting = store->waiting;
	request->previous_waiting = NULL;
	if (store->waiting != NULL)
		store->waiting->previous_waiting = request;
	store->waiting = request;
}

void alerts_stop_waiting(struct request *request)
{
	struct store *store = request->front->store;

	if (request->timer != NULL)
		event_free(request->timer);
	request->timer = NULL;
	if (!request->is_waiting)
		return;
	if (request->previous_waiting != NULL)
		request->previous_waiting->next_waiting = request->next_waiting;
	else
		store->waiting = request->next_waiting;
	if (request->next_waiting != NULL)
		request->next_waiting->previous_waiting = request->previous_waiting;
	request->is_waiting = false;
}

void call_get_alerts(struct request *request)
{
	const struct roster_officer *officer = request->signer.officer;
	size_t count = 0;

	if (!officer_serves(officer, request->route.desk)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	if (list(request, &count) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else if (count == 0 && request->route.wait > 0 && !request->front->store->draining)
		wait_for_more(request);
	else
		request_answer(request, 200, "application/json");
}

void alerts_wake(struct store *store, const char *desk)
{
	struct request *request = store->waiting;

	while (request != NULL) {
		struct request *next = request->next_waiting;

		if (strcmp(request->route.desk, desk) == 0) {
			alerts_stop_waiting(request);
			answer_now(request);
		}
		request = next;
	}
}

void alerts_raised(struct store *store, const struct report_facts *facts)
{
	const struct roster_desk *desk = roster_desk(store->roster, facts->desk);
	struct request *request = store->waiting;

	while (request != NULL) {
		struct request *next = request->next_waiting;
		const char *asked = request->route.desk;

		if (request->route.has_raised &&
			(strcmp(asked, facts->desk) == 0 || (facts->level == LEVEL_FALLBACK && desk != NULL &&
								    strcmp(asked, desk->fallback) == 0))) {
			alerts_stop_waiting(request);
			answer_now(request);
		}
		request = next;
	}
}

void alerts_answer_all(struct store *store)
{
	while (store->waiting != NULL) {
		struct request *request = store->waiting;
		const struct roster_officer *officer =
			roster_officer_by_key(store->roster, request->signer.keyid);

		alerts_stop_waiting(request);
		/* The roster may have changed meanwhile: whoever isn't in it any more gets nothing. */
		if (officer == NULL || !officer_serves(officer, request->route.desk))
			request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		else
			answer_now(request);
	}
}
