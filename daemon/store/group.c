/* Group commit: whatever arrived while the last sync ran is one transaction, and nobody is told before it is
 * durable. */
#include "audit.h"
#include "escalation.h"
#include "figures.h"
#include "offers.h"
#include "outbox.h"
#include "store_state.h"

#include "base/log.h"
#include "keys/clock.h"

#include <event2/event.h>

#define GROUP_REQUESTS_MAX 256                 /* a group's memory and its sync stay small */
#define GROUP_MS_MAX       5                   /* and nobody waits longer for others to join */
#define LOG_BYTES_MAX      (64 * 1024 * 1024)  /* the log is begun anew as soon as nobody is at it */
#define LOG_BYTES_WAIT     (256 * 1024 * 1024) /* beyond it at once: what it takes on the disk is bounded */

static void on_commit(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	group_commit(context);
}

int group_start(struct store *store)
{
	store->commit_event = event_new(store->base, -1, 0, on_commit, store);
	/* Behind the channels: what has arrived is read first. */
	return store->commit_event != NULL && event_priority_set(store->commit_event, 1) == 0 ? 0 : -1;
}

int group_open(struct store *store)
{
	if (!backend_in_group(store->backend)) {
		if (backend_begin(store->backend) != 0)
			return -1;
		store->group_count = 0;
		store->group_number++;
		store->group_began_ms = clock_boot_ms();
		event_active(store->commit_event, EV_TIMEOUT, 1);
	}
	store->group_count++;
	return 0;
}

int group_enter(struct request *request)
{
	if (group_open(request->front->store) == 0)
		return 0;
	request_answer_problem(request, PROBLEM_BUSY);
	return -1;
}

static struct request *take_group(struct store *store)
{
	struct request *backwards = store->group, *forwards = NULL;

	store->group = NULL;
	while (backwards != NULL) {
		struct request *request = backwards;

		backwards = request->next_in_group;
		request->next_in_group = forwards;
		request->in_group = false;
		forwards = request;
	}
	return forwards;
}

void group_fail(struct store *store)
{
	enum problem problem =
		backend_error(store->backend) == BACKEND_FULL ? PROBLEM_STORAGE_FULL : PROBLEM_BUSY;
	struct request *request = take_group(store);

	log_event(LOG_ERROR, "commit_failed", "reason=%s requests=%u", problem_word(problem),
		store->group_count);
	backend_rollback(store->backend);
	audit_rolled_back(store);
	escalation_rolled_back(store);
	chores_rolled_back(store);
	offers_rolled_back(store);
	uploads_fail(store, problem);
	headers_recount(store);
	outbox_rolled_back(store);
	while (request != NULL) {
		struct request *next = request->next_in_group;

		request->committed = NULL;
		if (request->only_tells && problem == PROBLEM_STORAGE_FULL) {
			audit_count_read(store);
			request_send(request);
		} else {
			request_answer_problem(request, problem);
		}
		request = next;
	}
}

/* The latest time that the database knows, so that a clock that went back is noticed at the next start. */
static int put_newest_time(struct store *store)
{
	static const char name[] = "newest-time";
	struct place place = {
		.column = COLUMN_OWN, .identity = (const uint8_t *)name, .identity_len = sizeof name - 1
	};
	struct buffer time = buffer_of(8), sealed = buffer_of(128);
	int64_t now = time_cut(store_now(store), 60);
	int rc = 0;

	/* A wrong clock that is set right again within its day mustn't keep the store from starting. */
	if (now > store->newest_committed && !store_clock_is_doubted(store)) {
		buffer_put_u64(&time, (uint64_t)now);
		rc = seal_put_row(store->seal, &place, time.data, time.len, &sealed);
		if (rc == 0)
			rc = backend_put(store->backend, SHELF_OWN, place.identity, place.identity_len,
				sealed.data, sealed.len);
		if (rc == 0)
			store->newest_committed = now;
	}
	buffer_free(&time);
	buffer_free(&sealed);
	return rc;
}

/* The checkpoint role copies the log but can't empty it under commits that never pause: its last part is
 * copied here, once in thousands of reports, and after their answers have left. */
static void bound_log(struct store *store)
{
	uint64_t bytes = backend_log_bytes(store->backend);

	if (bytes <= LOG_BYTES_MAX)
		return;
	for (struct front *front = store->fronts; front != NULL; front = front->next)
		channel_flush(front->channel);
	if (backend_restart_log(store->backend))
		store->log_announced = false;
	else if (bytes > LOG_BYTES_WAIT && backend_checkpoint(store->backend) != 0 && !store->log_announced) {
		log_plain(LOG_WARNING, "checkpoint_failed");
		store->log_announced = true;
	}
}

void group_commit(struct store *store)
{
	const int64_t began = clock_monotonic_us();
	struct request *request;

	if (!backend_in_group(store->backend))
		return;
	if (chores_ride(store) != 0 || put_newest_time(store) != 0 || pages_write(store) != 0 ||
		audit_before_commit(store) != 0 || backend_commit(store->backend) != 0) {
		store->newest_committed = 0;
		group_fail(store);
		return;
	}
	figures_committed(store, clock_monotonic_us() - began);
	audit_committed(store);
	outbox_committed(store);
	pages_committed(store);
	request = take_group(store);
	while (request != NULL) {
		struct request *next = request->next_in_group;

		if (request->committed != NULL)
			request->committed(request);
		request_send(request);
		request = next;
	}
	bound_log(store);
}

void group_maybe_commit(struct store *store)
{
	if (backend_in_group(store->backend) &&
		(store->group_count >= GROUP_REQUESTS_MAX ||
			clock_boot_ms() - store->group_began_ms >= GROUP_MS_MAX))
		group_commit(store);
}
