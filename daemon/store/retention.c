/* Closed reports that have been kept as long as their desk wants: destroyed; and those whose time comes soon:
 * shown to the officers of the desk. All rows are looked at once an hour, a few at a time; there is no clear
 * column that would tell a taker of the disk when a report was closed. */
#include "store_state.h"

#include "base/log.h"
#include "proto/alert_list.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAY            86400
#define LOOK_EVERY     3600
#define WARN_DAYS      30
#define BODIES_AT_ONCE 64    /* half a millisecond where all of them are closed */
#define EXPIRING_MAX   20000 /* that are shown: three megabytes */

struct retention {
	bool is_looking;
	int64_t began;
	uint64_t next_body;
	/* Found in this look, and shown: those of the last whole look. */
	struct alert *found, *shown;
	size_t found_count, found_room, shown_count;
	bool announced_full;
};

void retention_free(struct store *store)
{
	if (store->retention == NULL)
		return;
	free(store->retention->found);
	free(store->retention->shown);
	free(store->retention);
	store->retention = NULL;
}

int retention_load(struct store *store)
{
	store->retention = calloc(1, sizeof *store->retention);
	if (store->retention == NULL)
		return -1;
	store->retention->began = store_now(store) - LOOK_EVERY;
	return 0;
}

bool retention_is_looking(const struct store *store)
{
	return store->retention->is_looking;
}

void retention_look(struct store *store)
{
	struct retention *retention = store->retention;
	int64_t now = store_now(store);

	if (retention->is_looking || now < retention->began + LOOK_EVERY)
		return;
	retention->began = now;
	retention->is_looking = true;
	retention->next_body = 1;
	retention->found_count = 0;
	chores_wake(store);
}

/* --- what was found */

static int by_seq(const void *left, const void *right)
{
	const struct alert *a = left, *b = right;

	return (a->seq > b->seq) - (a->seq < b->seq);
}

static void end_look(struct retention *retention)
{
	struct alert *shown = retention->shown;

	retention->is_looking = false;
	retention->shown = retention->found;
	retention->shown_count = retention->found_count;
	retention->found = shown;
	retention->found_count = 0;
	retention->found_room = 0;
	free(retention->found);
	retention->found = NULL;
	if (retention->shown_count > 0)
		qsort(retention->shown, retention->shown_count, sizeof *retention->shown, by_seq);
}

static struct alert *room_for_one(struct retention *retention)
{
	if (retention->found_count == retention->found_room && retention->found_room < EXPIRING_MAX) {
		size_t room = retention->found_room * 2 + 64;
		struct alert *grown = reallocarray(retention->found, room, sizeof *grown);

		if (grown != NULL) {
			retention->found = grown;
			retention->found_room = room;
		}
	}
	if (retention->found_count < retention->found_room)
		return &retention->found[retention->found_count++];
	if (!retention->announced_full)
		log_plain(LOG_WARNING, "expiring_not_all_shown");
	retention->announced_full = true;
	return NULL;
}

static void show(struct retention *retention, const struct report_facts *facts, int64_t ends)
{
	struct alert *alert = room_for_one(retention);

	if (alert == NULL)
		return;
	memset(alert, 0, sizeof *alert);
	alert->seq = facts->seq;
	hex_encode(facts->id, sizeof facts->id, alert->report);
	memcpy(alert->desk, facts->desk, sizeof alert->desk);
	alert->urgency = facts->urgency;
	alert->state = facts->state;
	alert->accepted = facts->accepted;
	alert->has_due = true;
	alert->due = ends;
}

/* --- the look */

struct looking {
	struct store *store;
	struct backend_report due[BODIES_AT_ONCE]; /* without views */
	char desks[BODIES_AT_ONCE][NAME_SIZE];
	size_t count;
};

static void judge(struct looking *looking, const struct backend_report *row, const struct report_facts *facts)
{
	struct store *store = looking->store;
	const struct roster_desk *desk = roster_desk(store->roster, facts->desk);
	int64_t ends, now = store_now(store);

	/* A desk that is gone keeps what it had: nobody says any more for how long. */
	if (desk == NULL || facts->stage != STAGE_LISTED || facts->state != STATE_CLOSED)
		return;
	ends = facts->changed + (int64_t)desk->retention_days * DAY;
	if (now >= ends && !store_clock_is_doubted(store)) {
		looking->due[looking->count] = *row;
		memcpy(looking->desks[looking->count], facts->desk, NAME_SIZE);
		looking->count++;
	} else if (ends - now <= (int64_t)WARN_DAYS * DAY) { /* also what only waits for the clock */
		show(store->retention, facts, ends);
	}
}

static int look_at(void *context, const struct backend_report *row)
{
	struct looking *looking = context;
	struct report_facts *facts = NULL;

	/* Open ones are known without opening them, and so are uploads. A damaged row is said elsewhere. */
	if (!row->is_open && row->seq != 0 && report_open_row(looking->store, row, &facts) == 0)
		judge(looking, row, facts);
	facts_free(facts);
	return looking->count == BODIES_AT_ONCE;
}

static int destroy_due(struct store *store, const struct looking *looking)
{
	if (looking->count > 0 && group_open(store) != 0)
		return -1;
	for (size_t i = 0; i < looking->count; i++) {
		struct tombstone tombstone = { .when = time_cut(store_now(store), LOOK_EVERY),
			.why = WHY_RETENTION,
			.epoch = looking->due[i].epoch };

		memcpy(tombstone.desk, looking->desks[i], sizeof tombstone.desk);
		if (report_destroy(store, &looking->due[i], &tombstone) != 0)
			return -1;
		log_event(LOG_INFO, "report_destroyed", "seq=%" PRIu64 " why=retention", looking->due[i].seq);
	}
	return 0;
}

int retention_step(struct store *store)
{
	struct retention *retention = store->retention;
	struct looking *looking = calloc(1, sizeof *looking);
	uint64_t last = retention->next_body + BODIES_AT_ONCE - 1;
	bool is_last;
	int rc = 0;

	if (looking == NULL)
		return 0;
	looking->store = store;
	if (backend_each_between(store->backend, retention->next_body, last, look_at, looking) != 0)
		log_plain(LOG_WARNING, "retention_not_looked");
	else
		rc = destroy_due(store, looking);
	free(looking);
	is_last = last + 1 >= backend_next(store->backend);
	if (rc == 0)
		indexes_look(store, retention->next_body, is_last ? UINT64_MAX : last);
	retention->next_body = last + 1;
	if (is_last)
		end_look(retention);
	return rc;
}

/* --- GET desks/{desk}/expiring */

void call_get_expiring(struct request *request)
{
	struct store *store = request->front->store;
	const struct retention *retention = store->retention;
	size_t count = 0;
	bool more = false;

	if (!officer_serves(request->signer.officer, request->route.desk)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	for (size_t i = 0; i < retention->shown_count && !more; i++) {
		const struct alert *alert = &retention->shown[i];

		if (alert->seq <= request->route.after || strcmp(alert->desk, request->route.desk) != 0)
			continue;
		more = count == ALERTS_MAX;
		if (!more)
			store->alerts[count++] = *alert;
	}
	if (alert_page_write(store->alerts, count, more, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
}
