/* Held reports: once their time passes they are reports like any other, also after a restart in between. */
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"
#include "keys/clock.h"

#include <event2/event.h>

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

void releases_schedule(struct store *store, int64_t when)
{
	look_at(store, when);
}

struct due {
	struct store *store;
	struct report_facts *facts[RELEASES_AT_ONCE];
	size_t count;
	int64_t next; /* release of those whose time comes later; INT64_MAX for none */
};

static int find_due(void *context, const struct backend_report *row)
{
	struct due *due = context;
	struct report_facts *facts = NULL;

	if (report_open_row(due->store, row, &facts) != 0)
		return 0;
	if (facts->stage == STAGE_HELD && facts->release <= store_now(due->store)) {
		due->facts[due->count++] = facts;
		facts = NULL;
	} else if (facts->stage == STAGE_HELD && facts->release < due->next) {
		due->next = facts->release;
	}
	facts_free(facts);
	return due->count == RELEASES_AT_ONCE;
}

static int publish_all(struct store *store, struct due *due)
{
	if (backend_begin(store->backend) != 0)
		return -1;
	for (size_t i = 0; i < due->count; i++) {
		if (report_publish(store, due->facts[i]) != 0)
			return -1;
	}
	return backend_commit(store->backend);
}

void releases_run(struct store *store)
{
	struct due due = { .store = store, .next = INT64_MAX };
	int rc;

	group_commit(store);
	rc = backend_each_upload(store->backend, find_due, &due);
	if (rc == 0 && due.count > 0) {
		rc = publish_all(store, &due);
		if (rc != 0)
			backend_rollback(store->backend);
	}
	for (size_t i = 0; i < due.count; i++) {
		if (rc == 0)
			report_announce(store, due.facts[i]);
		facts_free(due.facts[i]);
	}
	if (rc != 0) {
		log_plain(LOG_ERROR, "release_failed");
		due.next = store_now(store) + CHECK_MS / 1000;
	} else if (due.count == RELEASES_AT_ONCE) {
		due.next = store_now(store);
	}
	if (due.next != INT64_MAX)
		look_at(store, due.next);
}

int releases_load(struct store *store)
{
	store->release_event = evtimer_new(store->base, on_time, store);
	if (store->release_event == NULL)
		return -1;
	releases_run(store);
	return 0;
}
