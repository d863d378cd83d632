/* Held reports: once their time passes they are reports like any other, also after a restart in between. */
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"

#include <event2/event.h>

#define RELEASES_AT_ONCE 64 /* in one transaction; the rest follows at once */
/* A missed release shows within a minute, whatever the timer did; a test's clock jumps without telling it. */
#define CHECK_MS (CLARION_TEST_CLOCK_BUILD ? 50 : 15000)

static void on_time(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	releases_run(context);
}

static void arm(struct store *store, int64_t in_ms)
{
	struct timeval time = { .tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000 };

	if (evtimer_add(store->release_event, &time) != 0)
		log_plain(LOG_ERROR, "release_timer_failed");
}

void releases_schedule(struct store *store, int64_t when)
{
	int64_t seconds = when - store_now(store) + 1;

	if (seconds < 0)
		seconds = 0;
	arm(store, seconds < CHECK_MS / 1000 ? seconds * 1000 : CHECK_MS);
}

struct due {
	struct store *store;
	struct report_facts *facts[RELEASES_AT_ONCE];
	size_t count;
	bool any_held;
};

static int find_due(void *context, const struct backend_report *row)
{
	struct due *due = context;
	struct report_facts *facts = NULL;

	if (report_open_row(due->store, row, &facts) != 0)
		return 0;
	due->any_held = due->any_held || facts->stage == STAGE_HELD;
	if (facts->stage == STAGE_HELD && facts->release <= store_now(due->store)) {
		due->facts[due->count++] = facts;
		facts = NULL;
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
	struct due due = { .store = store };
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
	if (rc != 0)
		log_plain(LOG_ERROR, "release_failed");
	if (due.any_held)
		arm(store, rc == 0 && due.count == RELEASES_AT_ONCE ? 0 : CHECK_MS);
}

int releases_load(struct store *store)
{
	store->release_event = evtimer_new(store->base, on_time, store);
	if (store->release_event == NULL)
		return -1;
	releases_run(store);
	return 0;
}
