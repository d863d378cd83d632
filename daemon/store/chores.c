/* What the store does beside its calls: sealing again after a rotation, clearing away what was destroyed,
 * looking for what has been kept long enough. A share of each group under load, and more where nobody asks.
 */
#include "store_state.h"

#include "base/log.h"
#include "keys/clock.h"

#include <event2/event.h>
#include <malloc.h>

#define TICK_MS      10
#define ROWS_A_WRITE 1     /* is earned by each write of others: at most a tenth of what the write costs */
#define ROWS_TO_RIDE 64    /* and go along together: a few alone would cost as many pages as these */
#define ROWS_IDLE    128   /* a millisecond or two: a report that comes just then waits no longer */
#define PAUSE_MS     60000 /* after a failure, so that a full disk isn't made fuller */
#define QUIET_TICKS  3     /* one behind the other: a pause between two reports is no rest */
#define REST_SECONDS 2     /* without a group: what sixteen megabytes of pages are kept for is over */
#define BUSY_TICKS   16    /* of which one is taken for what can wait */
#define CHUNKS_A_ROW 8     /* one row costs an eighth of a millisecond where it drops a chunk of 64 KiB */

static bool has_writes(const struct store *store)
{
	return store->remains_left || rewrap_wants_rows(store);
}

/* In a group. Where there is both to do, groups take turns. */
static int work(struct store *store, unsigned rows)
{
	bool done;

	if (!store->remains_left || (rewrap_wants_rows(store) && store->group_number % 2 == 0))
		return rewrap_step(store, rows);
	if (backend_drop_remains(store->backend, rows / CHUNKS_A_ROW + 1, &done) != 0)
		return -1;
	store->remains_left = !done;
	/* What was dropped still lies in the database until the log is moved over it. */
	store->log_to_empty = store->log_to_empty || done;
	return 0;
}

static bool is_paused(const struct store *store)
{
	return clock_boot_ms() < store->chores_paused_until;
}

static bool has_work(const struct store *store)
{
	return has_writes(store) || rewrap_is_running(store) || retention_is_looking(store) ||
	       store->log_to_empty;
}

static void await_rest(struct store *store)
{
	const struct timeval time = { .tv_sec = REST_SECONDS };

	if (evtimer_pending(store->rest_event, NULL))
		return;
	store->rest_seen = store->group_number;
	if (evtimer_add(store->rest_event, &time) != 0)
		log_plain(LOG_ERROR, "chores_timer_failed");
}

/* A store at rest gives its memory back. */
static void on_rest(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	if (store->rest_seen != store->group_number || backend_in_group(store->backend) || has_work(store)) {
		await_rest(store);
		return;
	}
	backend_rest(store->backend);
	(void)malloc_trim(0);
}

int chores_ride(struct store *store)
{
	unsigned rows;

	store->chores_seen = store->group_number;
	await_rest(store);
	if (!has_writes(store) || is_paused(store))
		return 0;
	store->rows_earned += store->group_count * ROWS_A_WRITE;
	if (store->rows_earned < ROWS_TO_RIDE)
		return 0;
	rows = store->rows_earned;
	store->rows_earned = 0;
	return work(store, rows);
}

void chores_rolled_back(struct store *store)
{
	store->chores_paused_until = clock_boot_ms() + PAUSE_MS;
	store->remains_left = true;
	chores_wake(store);
	rewrap_rolled_back(store);
}

static void look_for_expired(struct store *store, bool is_idle)
{
	if (!retention_is_looking(store) || is_paused(store))
		return;
	if ((is_idle || ++store->busy_ticks % BUSY_TICKS == 0) && retention_step(store) != 0)
		group_fail(store);
}

/* A log that still holds the data key of a destroyed report. It is emptied once nobody writes, and in the end
 * though somebody does. */
static void empty_log(struct store *store, bool is_idle)
{
	if (!store->log_to_empty || backend_in_group(store->backend) || is_paused(store))
		return;
	if (!is_idle && ++store->busy_ticks % BUSY_TICKS != 0)
		return;
	store->log_to_empty = backend_checkpoint(store->backend) != 0;
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;
	bool is_quiet = store->chores_seen == store->group_number && !backend_in_group(store->backend);
	bool is_idle;

	(void)fd;
	(void)what;
	if (store->draining)
		return;
	store->chores_seen = store->group_number;
	store->quiet_ticks = is_quiet ? store->quiet_ticks + 1 : 0;
	is_idle = store->quiet_ticks >= QUIET_TICKS;
	empty_log(store, is_idle);
	if (has_writes(store) && is_idle && !is_paused(store) && group_open(store) == 0 &&
		work(store, ROWS_IDLE) != 0)
		group_fail(store);
	look_for_expired(store, is_idle);
	rewrap_maybe_end(store);
	if (has_work(store))
		chores_wake(store);
}

void chores_wake(struct store *store)
{
	const struct timeval time = { .tv_usec = TICK_MS * 1000 };

	if (!evtimer_pending(store->chores_event, NULL) && evtimer_add(store->chores_event, &time) != 0)
		log_plain(LOG_ERROR, "chores_timer_failed");
}

int chores_start(struct store *store)
{
	uint64_t body;

	store->chores_event = evtimer_new(store->base, on_tick, store);
	store->rest_event = evtimer_new(store->base, on_rest, store);
	if (store->chores_event == NULL || store->rest_event == NULL ||
		event_priority_set(store->chores_event, 1) != 0 ||
		backend_remains(store->backend, &store->remains_left, &body) != 0 ||
		tombstones_enforce(store) != 0)
		return -1;
	if (store->remains_left)
		chores_wake(store);
	await_rest(store);
	return retention_load(store) == 0 ? rewrap_load(store) : -1;
}

void chores_end(struct store *store)
{
	if (store->chores_event != NULL)
		event_free(store->chores_event);
	store->chores_event = NULL;
	if (store->rest_event != NULL)
		event_free(store->rest_event);
	store->rest_event = NULL;
	retention_free(store);
	rewrap_free(store);
}
