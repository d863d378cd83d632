/* All alerts that climb: whose step is due next, from a heap in memory that is filled from the reports
 * themselves. After an outage what is overdue is raised at once, and its pages go out as one. */
#include "audit.h"
#include "escalation.h"
#include "outbox.h"
#include "rota.h"
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"
#include "keys/clock.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_AT_ONCE 64  /* in one transaction; the rest follows at once */
#define ROWS_AT_ONCE  256 /* of a look: two milliseconds */
#define UNREAD_S      60  /* until a row is tried again that didn't open: memory may have been short */
#define PAUSE_S       5   /* after a failure, so that a full disk isn't asked all the time */
/* A missed step shows within a quarter of a minute, whatever the timer did; a test's clock jumps without
 * telling it. */
#define CHECK_MS (CLARION_TEST_CLOCK_BUILD ? 50 : 15000)

static void look_at(struct store *store, int64_t when)
{
	struct escalation *escalation = store->escalation;
	int64_t seconds = when - store_now(store), in_ms = CHECK_MS, at;
	struct timeval time;

	if (when != ESCALATION_NEVER && seconds < CHECK_MS / 1000)
		in_ms = seconds < 0 ? 0 : seconds * 1000;
	at = clock_boot_ms() + in_ms;
	if (escalation->timer_at != 0 && escalation->timer_at <= at)
		return;
	time = (struct timeval){ .tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000 };
	if (evtimer_add(escalation->timer, &time) != 0)
		log_plain(LOG_ERROR, "escalation_timer_failed");
	else
		escalation->timer_at = at;
}

/* Where memory is short, all that is open is looked through again. */
static void push(struct store *store, int64_t when, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	if (held_push(store->escalation->due, when, blind_id) != 0)
		escalation_look(store);
}

static void keep(struct store *store, int64_t when, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	if (when == ESCALATION_NEVER)
		return;
	push(store, when, blind_id);
	look_at(store, when);
}

void escalation_track(struct store *store, const struct report_facts *facts)
{
	keep(store, escalation_when(store, facts), facts->blind_id);
}

/* --- looking through what is open */

void escalation_look(struct store *store)
{
	struct escalation *escalation = store->escalation;

	/* At the start rosters come before the heap. */
	if (escalation == NULL)
		return;
	held_clear(escalation->due);
	escalation->is_looking = true;
	escalation->desk = 0;
	escalation->after = 0;
	look_at(store, store_now(store));
}

struct look {
	struct store *store;
	unsigned rows;
};

static int look_at_row(void *context, const struct backend_report *row)
{
	struct look *look = context;
	struct report_facts *facts = NULL;

	look->store->escalation->after = row->seq;
	/* A damaged row is said where it is listed. */
	if (report_open_row(look->store, row, &facts) == 0) {
		keep(look->store, escalation_when(look->store, facts), facts->blind_id);
		if (facts->level == LEVEL_FALLBACK)
			raises_keep_fallen(look->store, facts);
	} else {
		keep(look->store, store_now(look->store) + UNREAD_S, row->id);
	}
	facts_free(facts);
	return ++look->rows == ROWS_AT_ONCE;
}

/* One desk's next rows. */
static int look_on(struct store *store)
{
	struct escalation *escalation = store->escalation;
	struct look look = { .store = store };
	uint8_t desk[BLIND_INDEX_BYTES];
	const char *name;

	if (escalation->desk >= store->roster->desk_count) {
		escalation->is_looking = false;
		return 0;
	}
	name = store->roster->desks[escalation->desk].name;
	if (seal_index(store->seal, INDEX_OPEN_DESK, name, strlen(name), desk) != 0 ||
		backend_each_open(store->backend, desk, escalation->after, look_at_row, &look) != 0)
		return -1;
	if (look.rows < ROWS_AT_ONCE) {
		escalation->desk++;
		escalation->after = 0;
	}
	return 0;
}

/* --- steps */

struct climb {
	struct report_facts *facts;
	struct escalation_step step;
	bool is_stalled; /* acknowledged, and nothing more */
	bool is_overdue; /* acknowledged, and a target was missed */
	bool is_news;    /* not only said again */
};

struct climbs {
	struct climb list[STEPS_AT_ONCE];
	size_t count;
};

static bool is_taken(const struct climbs *climbs, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	for (size_t i = 0; i < climbs->count; i++)
		if (bytes_equal(climbs->list[i].facts->blind_id, blind_id, BLIND_INDEX_BYTES))
			return true;
	return false;
}

/* The row that the heap's first stands for: it may have been acknowledged, or have climbed, since. */
static int take_first(struct store *store, struct climbs *climbs)
{
	const struct held_entry first = *held_first(store->escalation->due);
	struct climb *climb = &climbs->list[climbs->count];
	struct report_facts *facts = NULL;
	struct backend_report row;
	bool was_unanswered;

	if (backend_find(store->backend, first.blind_id, &row) != 0) {
		if (backend_error(store->backend) != BACKEND_MISSING)
			return -1;
		held_pop(store->escalation->due);
		return 0;
	}
	held_pop(store->escalation->due);
	if (is_taken(climbs, first.blind_id))
		return 0;
	if (report_open_row(store, &row, &facts) != 0) {
		push(store, store_now(store) + UNREAD_S, first.blind_id);
		return 0;
	}
	was_unanswered = facts->is_unanswered;
	if (facts->stage == STAGE_LISTED && escalation_take_step(store, facts, &climb->step)) {
		climb->facts = facts;
		climb->is_overdue = climb->step.misses > 0;
		climb->is_stalled = escalation_is_acknowledged(facts) && !climb->is_overdue;
		climb->is_news =
			(climb->step.is_climb && (climb->step.level > LEVEL_TIER_1 || climb->is_stalled)) ||
			climb->step.is_unanswered != was_unanswered;
		climbs->count++;
		return 0;
	}
	keep(store, escalation_when(store, facts), facts->blind_id);
	facts_free(facts);
	return 0;
}

static bool is_due(const struct store *store)
{
	const struct held_entry *first = held_first(store->escalation->due);

	return first != NULL && first->release <= store_now(store);
}

static const char *const level_words[LEVEL_COUNT] = { "", "tier 1", "tier 2", "tier 3", "the fallback desk" };

static int note_step(struct store *store, const struct climb *climb)
{
	struct audit_entry entry = audit_entry_by(store, NULL,
		climb->is_overdue           ? "overdue"
		: climb->is_stalled         ? "stalled"
		: climb->step.is_unanswered ? "unanswered"
					    : "climbed");

	if (audit_report_tag(climb->facts->id, entry.subject) != 0)
		return -1;
	(void)snprintf(entry.details, sizeof entry.details, "%s", level_words[climb->step.level]);
	return audit_add(store, &entry);
}

static int write_steps(struct store *store, struct climbs *climbs)
{
	for (size_t i = 0; i < climbs->count; i++) {
		struct climb *climb = &climbs->list[i];

		climb->facts->raised = raises_next(store);
		if (report_save(store, climb->facts) != 0 ||
			pages_add(store, climb->facts->desk, climb->step.levels, climb->facts->urgency) !=
				0 ||
			(climb->is_news && note_step(store, climb) != 0))
			return -1;
	}
	return 0;
}

/* One line for each kind, however many there are: the first of them by its number. */
static void tell(const struct climbs *climbs)
{
	size_t climbed = 0, stalled = 0, overdue = 0, unanswered = 0;
	uint64_t seq = climbs->list[0].facts->seq;

	for (size_t i = 0; i < climbs->count; i++) {
		const struct climb *climb = &climbs->list[i];

		stalled += climb->is_stalled;
		overdue += climb->is_overdue;
		unanswered += climb->step.is_unanswered;
		climbed += !climb->is_stalled && !climb->is_overdue && !climb->step.is_unanswered &&
			   climb->is_news;
	}
	if (climbed > 0)
		log_event(LOG_WARNING, "alerts_climbed", "count=%zu seq=%" PRIu64, climbed, seq);
	if (stalled > 0)
		log_event(LOG_WARNING, "alerts_stalled", "count=%zu seq=%" PRIu64, stalled, seq);
	if (overdue > 0)
		log_event(LOG_WARNING, "alerts_overdue", "count=%zu seq=%" PRIu64, overdue, seq);
	if (unanswered > 0)
		log_event(LOG_ERROR, "alerts_unanswered",
			"count=%zu seq=%" PRIu64 " reason=\"everybody_was_alerted\"", unanswered, seq);
}

/* What was committed is shown to those who wait; what wasn't is due again. */
static void end_steps(struct store *store, struct climbs *climbs, bool done)
{
	if (done && climbs->count > 0)
		tell(climbs);
	for (size_t i = 0; done && i < climbs->count; i++) {
		raises_add(store, climbs->list[i].facts);
		if (climbs->list[i].facts->level == LEVEL_FALLBACK)
			raises_keep_fallen(store, climbs->list[i].facts);
	}
	for (size_t i = 0; i < climbs->count; i++) {
		struct report_facts *facts = climbs->list[i].facts;

		if (done) {
			escalation_track(store, facts);
			alerts_raised(store, facts);
		} else {
			/* After a pause: see escalation_run. */
			push(store, climbs->list[i].step.when, facts->blind_id);
		}
		facts_free(facts);
	}
}

/* In a group of its own, so that its failure is known here. */
static int take_steps(struct store *store)
{
	struct climbs climbs = { .count = 0 };
	int rc = 0;

	group_commit(store);
	while (rc == 0 && climbs.count < STEPS_AT_ONCE && is_due(store))
		rc = take_first(store, &climbs);
	store->escalation->is_rolled_back = false;
	if (rc == 0)
		rc = group_open(store);
	if (rc == 0 && write_steps(store, &climbs) != 0)
		group_fail(store);
	else if (rc == 0)
		group_commit(store);
	if (store->escalation->is_rolled_back)
		rc = -1;
	end_steps(store, &climbs, rc == 0);
	return rc;
}

void escalation_rolled_back(struct store *store)
{
	store->escalation->is_rolled_back = true;
	pages_rolled_back(store);
	rotas_rolled_back(store);
}

void escalation_run(struct store *store)
{
	struct escalation *escalation = store->escalation;
	int64_t now = store_now(store), pages;
	bool failed = false;

	if (store->draining)
		return;
	if (escalation->is_looking) {
		/* What isn't committed yet may never be. */
		group_commit(store);
		failed = look_on(store) != 0;
	}
	if (!failed && (is_due(store) || pages_next(store) <= now))
		failed = take_steps(store) != 0;
	if (failed)
		log_plain(LOG_ERROR, "escalation_failed");
	pages = pages_next(store);
	if (failed)
		look_at(store, now + PAUSE_S);
	else if (escalation->is_looking || is_due(store))
		look_at(store, now);
	else if (held_first(escalation->due) != NULL && held_first(escalation->due)->release < pages)
		look_at(store, held_first(escalation->due)->release);
	else
		look_at(store, pages);
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	store->escalation->timer_at = 0;
	escalation_run(store);
}

int escalation_load(struct store *store)
{
	store->escalation = calloc(1, sizeof *store->escalation);
	if (store->escalation == NULL)
		return -1;
	store->escalation->due = held_new();
	store->escalation->wake = outbox_wake;
	/* Behind the channels: what has arrived is answered first. */
	store->escalation->timer = evtimer_new(store->base, on_time, store);
	if (store->escalation->due == NULL || store->escalation->timer == NULL ||
		event_priority_set(store->escalation->timer, 1) != 0 || pages_load(store) != 0 ||
		rotas_load(store) != 0 || raises_load(store) != 0)
		return -1;
	escalation_look(store);
	return 0;
}

void escalation_free(struct store *store)
{
	if (store->escalation == NULL)
		return;
	held_free(store->escalation->due);
	if (store->escalation->timer != NULL)
		event_free(store->escalation->timer);
	pages_free(store);
	rotas_free(store);
	raises_free(store);
	free(store->escalation);
	store->escalation = NULL;
}
