/* Held reports: once their time passes they are reports like any other, also after a restart in between. */
#include "escalation.h"
#include "outbox.h"
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"
#include "keys/clock.h"

#include <event2/event.h>

#define UNREAD_S         60 /* until a row is tried again that didn't open: memory may have been short */
#define RELEASES_AT_ONCE 64 /* in one transaction; the rest follows at once */
/* A missed release shows within a minute, whatever the timer did; a test's clock jumps without telling it. */
#define CHECK_MS (CLARION_TEST_CLOCK_BUILD ? 50 : 15000)

static void on_time(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	store->release_at = 0;
	releases_run(store);
}

/* Looks at this time, unless it will look earlier: a later release puts off no other. */
static void look_at(struct store *store, int64_t when)
{
	int64_t seconds = when - store_now(store), in_ms = CHECK_MS, at;
	struct timeval time;

	if (seconds < CHECK_MS / 1000)
		in_ms = seconds < 0 ? 0 : seconds * 1000;
	at = clock_boot_ms() + in_ms;
	if (store->release_at != 0 && store->release_at <= at)
		return;
	time = (struct timeval){ .tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000 };
	if (evtimer_add(store->release_event, &time) != 0)
		log_plain(LOG_ERROR, "release_timer_failed");
	else
		store->release_at = at;
}

/* Where memory is short, the next look goes through all rows. */
static void keep(struct store *store, int64_t release, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	if (held_push(store->held, release, blind_id) != 0)
		store->held_unknown = true;
}

void releases_schedule(struct store *store, const struct report_facts *facts)
{
	keep(store, facts->release, facts->blind_id);
	look_at(store, facts->release);
}

static int keep_one(void *context, const struct backend_report *row)
{
	struct store *store = context;
	struct report_facts *facts = NULL;

	if (report_open_row(store, row, &facts) != 0) {
		keep(store, store_now(store) + UNREAD_S, row->id);
		return 0;
	}
	if (facts->stage == STAGE_HELD)
		keep(store, facts->release, facts->blind_id);
	facts_free(facts);
	return 0;
}

static int look_through(struct store *store)
{
	held_clear(store->held);
	store->held_unknown = false;
	if (backend_each_upload(store->backend, keep_one, store) == 0)
		return 0;
	store->held_unknown = true;
	return -1;
}

struct due {
	struct report_facts *facts[RELEASES_AT_ONCE];
	size_t count;
};

static bool is_taken(const struct due *due, const struct report_facts *facts)
{
	for (size_t i = 0; i < due->count; i++)
		if (due->facts[i]->body == facts->body)
			return true;
	return false;
}

/* The row that the heap's first stands for: it may have been put off, called off or released since. */
static int take_first(struct store *store, struct due *due)
{
	const struct held_entry first = *held_first(store->held);
	struct report_facts *facts = NULL;
	struct backend_report row;

	if (backend_find(store->backend, first.blind_id, &row) != 0) {
		if (backend_error(store->backend) != BACKEND_MISSING)
			return -1;
		held_pop(store->held);
		return 0;
	}
	held_pop(store->held);
	if (report_open_row(store, &row, &facts) != 0) {
		keep(store, store_now(store) + UNREAD_S, first.blind_id);
		return 0;
	}
	if (facts->stage == STAGE_HELD && facts->release > store_now(store)) {
		keep(store, facts->release, facts->blind_id);
	} else if (facts->stage == STAGE_HELD && !is_taken(due, facts)) {
		due->facts[due->count++] = facts;
		facts = NULL;
	}
	facts_free(facts);
	return 0;
}

static bool is_due(const struct store *store)
{
	const struct held_entry *first = held_first(store->held);

	if (store_clock_is_doubted(store))
		return false;
	return store->held_unknown || (first != NULL && first->release <= store_now(store));
}

static int take_due(struct store *store, struct due *due)
{
	if (store->held_unknown && look_through(store) != 0)
		return -1;
	while (due->count < RELEASES_AT_ONCE && is_due(store)) {
		if (take_first(store, due) != 0)
			return -1;
	}
	return 0;
}

static int publish_all(struct store *store, struct due *due)
{
	if (backend_begin(store->backend) != 0)
		return -1;
	for (size_t i = 0; i < due->count; i++) {
		if (report_publish(store, due->facts[i]) != 0)
			return -1;
	}
	if (pages_write(store) != 0 || backend_commit(store->backend) != 0)
		return -1;
	pages_committed(store);
	return 0;
}

/* Announces what was published; what wasn't is due again. */
static void end_due(struct store *store, struct due *due, bool published)
{
	for (size_t i = 0; i < due->count; i++) {
		if (published)
			report_announce(store, due->facts[i]);
		else
			keep(store, due->facts[i]->release, due->facts[i]->blind_id);
		facts_free(due->facts[i]);
	}
}

void releases_run(struct store *store)
{
	struct due due = { .count = 0 };
	const struct held_entry *first;
	int rc = 0;

	if (is_due(store)) {
		group_commit(store);
		rc = take_due(store, &due);
		if (rc == 0 && due.count > 0) {
			rc = publish_all(store, &due);
			if (rc != 0) {
				backend_rollback(store->backend);
				outbox_rolled_back(store);
				escalation_rolled_back(store);
			} else {
				outbox_committed(store);
			}
		}
		end_due(store, &due, rc == 0);
	}
	if (rc != 0)
		log_plain(LOG_ERROR, "release_failed");
	first = held_first(store->held);
	if (rc != 0 || store->held_unknown || store_clock_is_doubted(store))
		look_at(store, store_now(store) + CHECK_MS / 1000);
	else if (first != NULL)
		look_at(store, first->release);
}

int releases_load(struct store *store)
{
	store->release_event = evtimer_new(store->base, on_time, store);
	store->held = held_new();
	if (store->release_event == NULL || store->held == NULL)
		return -1;
	store->held_unknown = true;
	releases_run(store);
	return 0;
}
