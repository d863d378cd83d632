#include "offers.h"

#include "outbox.h"
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"
#include "proto/cursor.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define OFFER_MAX  128
#define OFFERS_MAX 100000 /* at once, of all desks */
#define MINUTE     60
#define FIRST_TIER 1
/* As releases.c looks: a test's clock jumps without telling. */
#define CHECK_MS (CLARION_TEST_CLOCK_BUILD ? 50 : 15000)

/* Few at any time, and the lists of all desks look here: kept in memory, as the shelf has them. */
struct offers {
	struct event *event;
	struct offer *list;
	size_t count, room;
	bool is_unsure; /* a group was rolled back: the shelf knows */
};

static struct place place_of(const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	return (struct place){
		.column = COLUMN_OFFER, .identity = blind_id, .identity_len = BLIND_INDEX_BYTES
	};
}

static int keep(struct offers *offers, const struct offer *offer)
{
	if (offers->list == NULL || offers->count == offers->room) {
		size_t room = (offers->room + 8) * 2;
		struct offer *grown =
			room > OFFERS_MAX ? NULL : reallocarray(offers->list, room, sizeof *grown);

		if (grown == NULL)
			return -1;
		offers->list = grown;
		offers->room = room;
	}
	offers->list[offers->count++] = *offer;
	return 0;
}

static int parse(const struct buffer *plain, struct offer *offer)
{
	struct reader in = reader_of(plain->data, plain->len);
	uint64_t until;

	if (reader_text(&in, offer->desk, sizeof offer->desk) != 0 || reader_u64(&in, &offer->seq) != 0 ||
		reader_u64(&in, &until) != 0 || reader_end(&in) != 0)
		return -1;
	offer->until = (int64_t)until;
	return 0;
}

static int load_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct store *store = context;
	struct buffer plain = buffer_of(OFFER_MAX);
	struct offer offer;
	struct place place;
	int rc = 0;

	if (name_len != sizeof offer.blind_id)
		return 0;
	memcpy(offer.blind_id, name, name_len);
	place = place_of(offer.blind_id);
	/* A damaged one is said aloud: its report is still its desk's. */
	if (seal_get_row(store->seal, &place, data, len, &plain) != 0 || parse(&plain, &offer) != 0)
		log_plain(LOG_ERROR, "offer_damaged");
	else
		rc = keep(store->offers, &offer);
	buffer_free(&plain);
	return rc;
}

static void arm(struct store *store)
{
	const struct timeval soon = { .tv_sec = CHECK_MS / 1000, .tv_usec = CHECK_MS % 1000 * 1000 };

	if (store->offers->count > 0 && event_add(store->offers->event, &soon) != 0)
		log_plain(LOG_ERROR, "offers_timer_failed");
}

static int read_shelf(struct store *store)
{
	store->offers->count = 0;
	if (backend_each(store->backend, SHELF_OFFERS, load_one, store) != 0)
		return -1;
	store->offers->is_unsure = false;
	arm(store);
	return 0;
}

static struct offers *sure(struct store *store)
{
	if (store->offers->is_unsure && read_shelf(store) != 0)
		log_plain(LOG_ERROR, "offers_unread");
	return store->offers;
}

void offers_rolled_back(struct store *store)
{
	if (store->offers != NULL)
		store->offers->is_unsure = true;
}

const struct offer *offer_of(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	const struct offers *offers = sure(store);

	for (size_t at = 0; at < offers->count; at++)
		if (bytes_equal(offers->list[at].blind_id, blind_id, BLIND_INDEX_BYTES))
			return &offers->list[at];
	return NULL;
}

const struct offer *offers_next(struct store *store, const char *desk, uint64_t after)
{
	const struct offers *offers = sure(store);
	const struct offer *next = NULL;

	for (size_t at = 0; at < offers->count; at++) {
		const struct offer *offer = &offers->list[at];

		if (offer->seq > after && strcmp(offer->desk, desk) == 0 &&
			(next == NULL || offer->seq < next->seq))
			next = offer;
	}
	return next;
}

static int find(struct store *store, const struct offer *offer, struct report_facts **ret_facts)
{
	struct backend_report row;

	return backend_find(store->backend, offer->blind_id, &row) == 0
		       ? report_open_row(store, &row, ret_facts)
		       : -1;
}

int offer_alert(struct store *store, const struct offer *offer, struct alert *ret_alert)
{
	struct report_facts *facts = NULL;
	struct offer copy = *offer;

	if (find(store, &copy, &facts) != 0)
		return -1;
	alert_fill(store, facts, ret_alert);
	memcpy(ret_alert->desk, copy.desk, sizeof ret_alert->desk);
	ret_alert->seq = copy.seq;
	ret_alert->has_due = true;
	ret_alert->due = copy.until;
	facts_free(facts);
	return 0;
}

static int put(struct store *store, const struct offer *offer)
{
	struct buffer plain = buffer_of(OFFER_MAX), sealed = buffer_of(2 * OFFER_MAX);
	struct place place = place_of(offer->blind_id);
	int rc;

	buffer_put_text(&plain, offer->desk);
	buffer_put_u64(&plain, offer->seq);
	buffer_put_u64(&plain, (uint64_t)offer->until);
	rc = buffer_ok(&plain);
	if (rc == 0)
		rc = seal_put_row(store->seal, &place, plain.data, plain.len, &sealed);
	if (rc == 0)
		rc = backend_put(store->backend, SHELF_OFFERS, offer->blind_id, sizeof offer->blind_id,
			sealed.data, sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

int offer_make(struct store *store, const struct report_facts *facts, const char *desk)
{
	const struct roster_desk *line = roster_desk(store->roster, desk);
	struct offer offer = { .seq = 0 };

	if (line == NULL || offer_of(store, facts->blind_id) != NULL)
		return -1;
	memcpy(offer.blind_id, facts->blind_id, sizeof offer.blind_id);
	memcpy(offer.desk, line->name, sizeof offer.desk);
	offer.until = store_now(store) + (int64_t)desk_ack_minutes(line, facts->urgency) * MINUTE / 2;
	if (backend_take_number(store->backend, &offer.seq) != 0 || put(store, &offer) != 0 ||
		keep(store->offers, &offer) != 0)
		return -1;
	arm(store);
	return outbox_wake_tier(store, offer.desk, FIRST_TIER, facts->urgency);
}

int offer_end(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	struct offers *offers;
	size_t at = 0;

	/* At the start, before they are loaded: what a backup put back is destroyed again. */
	if (store->offers == NULL)
		return backend_remove(store->backend, SHELF_OFFERS, blind_id, BLIND_INDEX_BYTES);
	offers = sure(store);
	while (at < offers->count && !bytes_equal(offers->list[at].blind_id, blind_id, BLIND_INDEX_BYTES))
		at++;
	if (at == offers->count)
		return 0;
	offers->list[at] = offers->list[--offers->count];
	return backend_remove(store->backend, SHELF_OFFERS, blind_id, BLIND_INDEX_BYTES);
}

/* Nobody took it: its desk is told as of a new one, and the other one sees it no more. */
static int return_one(struct store *store, struct report_facts *facts)
{
	if (backend_begin(store->backend) == 0 && offer_end(store, facts->blind_id) == 0 &&
		report_relist(store, facts) == 0 &&
		outbox_wake_tier(store, facts->desk, FIRST_TIER, facts->urgency) == 0 &&
		backend_commit(store->backend) == 0) {
		outbox_committed(store);
		log_event(LOG_WARNING, "offer_returned", "seq=%llu", (unsigned long long)facts->seq);
		report_announce(store, facts);
		return 0;
	}
	backend_rollback(store->backend);
	outbox_rolled_back(store);
	offers_rolled_back(store);
	return -1;
}

/* One whose report can't be read holds up no other; it is tried again. */
static void on_time(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;
	int64_t now = store_now(store);
	bool failed = false;

	(void)fd;
	(void)what;
	/* What is read below is durable. */
	group_commit(store);
	for (size_t at = 0; at < sure(store)->count;) {
		const struct offer *offer = &store->offers->list[at];
		struct report_facts *facts = NULL;

		if (offer->until <= now && find(store, offer, &facts) == 0 && return_one(store, facts) == 0) {
			/* The last one has its place. */
		} else {
			failed |= offer->until <= now;
			at++;
		}
		facts_free(facts);
	}
	if (failed)
		log_plain(LOG_ERROR, "offer_not_returned");
	arm(store);
}

int offers_load(struct store *store)
{
	store->offers = calloc(1, sizeof *store->offers);
	if (store->offers == NULL)
		return -1;
	store->offers->event = evtimer_new(store->base, on_time, store);
	return store->offers->event == NULL ? -1 : read_shelf(store);
}

void offers_free(struct store *store)
{
	if (store->offers == NULL)
		return;
	if (store->offers->event != NULL)
		event_free(store->offers->event);
	free(store->offers->list);
	free(store->offers);
	store->offers = NULL;
}
