#include "outbox.h"
#include "audit.h"
#include "outbox_rows.h"
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"
#include "keys/clock.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A test's clock jumps without telling a timer. */
#define CHECK_SECONDS  15
#define CHECK_MS       (CLARION_TEST_CLOCK_BUILD ? 50 : CHECK_SECONDS * 1000)
#define AT_ONCE        16  /* on their way together: what notify has to hold is bounded */
#define PATIENCE       180 /* seconds; notify's own limits are shorter, so it hangs, or lies */
#define PAUSE_FIRST    15  /* seconds; doubled with each attempt */
#define PAUSE_MAX      300 /* greylisting lets in after five minutes */
#define AGAIN_SECONDS  30  /* what came while the same was on its way: not twice in one breath */
#define UNREAD_SECONDS 5   /* until rows that couldn't be read are tried again */
#define MINUTE         60
#define HOUR           3600

/* --- for whoever alerts */

bool outbox_reaches(const struct store *store, const char *officer)
{
	return wake_note(store, officer) != NULL;
}

bool outbox_is_waiting(const struct store *store, const char *officer, const char *desk)
{
	for (const struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		if (strcmp(at->desk, desk) == 0 && strcmp(at->officer, officer) == 0)
			return true;
	return false;
}

uint32_t outbox_count(const struct store *store, const char *officer)
{
	uint32_t count = 0;

	for (const struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		count += strcmp(at->officer, officer) == 0;
	return count;
}

static struct outbox_entry *find(
	const struct store *store, const char *officer, const char *desk, enum urgency urgency)
{
	struct outbox_entry *at = store->outbox->entries;

	while (at != NULL &&
		(at->urgency != urgency || strcmp(at->officer, officer) != 0 || strcmp(at->desk, desk) != 0))
		at = at->next;
	return at;
}

struct outbox_entry *outbox_push(
	struct store *store, const char *officer, const char *desk, enum urgency urgency)
{
	struct outbox_entry *entry = calloc(1, sizeof *entry);

	if (entry == NULL)
		return NULL;
	randombytes_buf(entry->id, sizeof entry->id);
	memcpy(entry->officer, officer, strlen(officer));
	memcpy(entry->desk, desk, strlen(desk));
	entry->urgency = urgency;
	entry->asked = entry->due = store_now(store);
	entry->next = store->outbox->entries;
	store->outbox->entries = entry;
	return entry;
}

int outbox_wake(struct store *store, const char *officer, const char *desk, enum urgency urgency)
{
	struct outbox_entry *entry;

	/* The alert is on the list and is paged again; a report isn't refused for it. */
	if (store->outbox->is_unsure) {
		log_plain(LOG_ERROR, "wakes_not_read");
		return 0;
	}
	if (!outbox_reaches(store, officer) || roster_officer(store->roster, officer) == NULL)
		return 1;
	entry = find(store, officer, desk, urgency);
	if (entry != NULL) {
		entry->is_again = entry->number != 0 || entry->beat != 0;
		return 0;
	}
	entry = outbox_push(store, officer, desk, urgency);
	if (entry == NULL)
		return -1;
	entry->is_fresh = store->outbox->has_fresh = true;
	if (outbox_row_add(store, entry) == 0)
		return 0;
	outbox_unlink(store, entry);
	return -1;
}

int outbox_test(struct store *store, const char *officer)
{
	struct outbox_entry *entry = find(store, officer, "", URGENCY_RECORD);

	if (entry == NULL)
		entry = outbox_push(store, officer, "", URGENCY_RECORD);
	if (entry == NULL)
		return -1;
	entry->due = store_now(store);
	outbox_look(store);
	return 0;
}

int outbox_wake_tier(struct store *store, const char *desk, uint32_t tier, enum urgency urgency)
{
	for (size_t i = 0; i < store->roster->officer_count; i++) {
		const struct roster_officer *officer = &store->roster->officers[i];

		if (officer->tier == tier && officer_serves(officer, desk) &&
			outbox_wake(store, officer->name, desk, urgency) < 0)
			return -1;
	}
	return 0;
}

void outbox_on_lost(struct store *store, outbox_lost_handler *handler)
{
	store->outbox->on_lost = handler;
}

/* --- the end of an entry */

void outbox_unlink(struct store *store, struct outbox_entry *entry)
{
	struct outbox_entry **at = &store->outbox->entries;

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	if (entry->number != 0)
		store->outbox->on_the_way--;
	free(entry);
}

/* In the order of the tiers, so that somebody hears of it. */
static int climb(struct store *store, const struct outbox_lost *lost)
{
	const struct roster_officer *her = roster_officer(store->roster, lost->officer);
	uint32_t next = 0;

	for (size_t i = 0; i < store->roster->officer_count; i++) {
		const struct roster_officer *other = &store->roster->officers[i];

		if (officer_serves(other, lost->desk) && outbox_reaches(store, other->name) &&
			(her == NULL || other->tier > her->tier) && (next == 0 || other->tier < next))
			next = other->tier;
	}
	return next == 0 ? 0 : outbox_wake_tier(store, lost->desk, next, lost->urgency);
}

/* Whom it was for, and at which desk, stands in the audit log; the other log is read by more people. */
static int tell_lost(struct store *store, const struct outbox_entry *entry)
{
	struct audit_entry told = audit_entry_by(store, NULL, "wake-lost");

	log_plain(LOG_ERROR, "wake_lost");
	memcpy(told.subject, entry->desk, sizeof entry->desk);
	(void)snprintf(told.details, sizeof told.details, "%s", entry->officer);
	return audit_add(store, &told);
}

static int lose_row(struct store *store, struct outbox_entry *entry)
{
	const struct outbox_lost lost = { .officer = entry->officer,
		.desk = entry->desk,
		.urgency = entry->urgency,
		.asked = entry->asked };
	outbox_lost_handler *handler = store->outbox->on_lost != NULL ? store->outbox->on_lost : climb;

	return outbox_row_remove(store, entry) != 0 || tell_lost(store, entry) != 0 ? -1
										    : handler(store, &lost);
}

/* A failure rolls the group back, and everything is read again and tried again. */
void outbox_lose(struct store *store, struct outbox_entry *entry)
{
	if (outbox_is_beat(entry)) {
		outbox_beat_lost(store, entry);
		return;
	}
	if (group_open(store) != 0) {
		entry->due = store_now(store) + MINUTE;
		return;
	}
	if (lose_row(store, entry) != 0)
		group_fail(store);
	else
		outbox_unlink(store, entry);
}

/* Where that fails it goes out again. */
static void end_delivered(struct store *store, struct outbox_entry *entry)
{
	if (outbox_is_beat(entry)) {
		outbox_beat_delivered(store, entry);
		return;
	}
	if (group_open(store) != 0)
		return;
	if (outbox_row_remove(store, entry) != 0)
		group_fail(store);
	else
		outbox_unlink(store, entry);
}

/* --- sending */

static int64_t seconds_to_give_up(const struct store *store, const struct outbox_entry *entry)
{
	static const int64_t limits[URGENCY_TIMERS] = { [URGENCY_IMMEDIATE] = 10 * MINUTE,
		[URGENCY_URGENT] = HOUR,
		[URGENCY_PRIORITY] = 4 * HOUR,
		[URGENCY_RECORD] = 24 * HOUR };

	return outbox_is_beat(entry) ? outbox_beat_seconds(store, entry)
				     : limits[urgency_timer(entry->urgency)];
}

/* Growing, and by chance up to a quarter shorter or longer, so that many don't come together again. */
static int64_t pause_before(unsigned attempt)
{
	int64_t pause = attempt > 5 ? PAUSE_MAX : (int64_t)PAUSE_FIRST << (attempt - 1);

	if (pause > PAUSE_MAX)
		pause = PAUSE_MAX;
	return pause * 3 / 4 + (int64_t)randombytes_uniform((uint32_t)pause / 2 + 1);
}

static void off_the_way(struct store *store, struct outbox_entry *entry)
{
	if (entry->number != 0)
		store->outbox->on_the_way--;
	entry->number = 0;
	outbox_beat_off(store, entry);
}

static void try_later(struct store *store, struct outbox_entry *entry)
{
	int64_t now = store_now(store);

	off_the_way(store, entry);
	entry->attempts++;
	entry->due = now + pause_before(entry->attempts);
	if (entry->due - entry->asked > seconds_to_give_up(store, entry))
		outbox_lose(store, entry);
}

static int put_wake(struct store *store, const struct outbox_entry *entry, const struct wake_way *way)
{
	const struct message_wake message = { .number = store->outbox->last_number + 1,
		.kind = way->kind,
		.address = way->address,
		.desk = entry->desk,
		.urgency = entry->urgency };

	return message_wake_put(channel_out(store->notify), &message);
}

static void send_entry(struct store *store, struct outbox_entry *entry)
{
	struct outbox *outbox = store->outbox;
	const struct wake_note *note = wake_note(store, entry->officer);
	struct wake_way way = { .kind = 0 };
	int found = note == NULL ? 0 : wake_way_find(store, entry->officer, &way);

	if (found == 0) {
		outbox_lose(store, entry);
	} else if (found == 1 && way.beat_minutes > 0 && !outbox_is_beat(entry)) {
		entry->due = OUTBOX_NEVER; /* her next beat carries it */
	} else if (found == 1 && put_wake(store, entry, &way) == 0) {
		entry->number = ++outbox->last_number;
		entry->sent = store_now(store);
		entry->is_again = false;
		outbox->on_the_way++;
		if (outbox_is_beat(entry))
			outbox_beat_sent(store, entry);
	} else {
		log_plain(LOG_ERROR, "wake_not_sent");
		try_later(store, entry);
	}
	sodium_memzero(&way, sizeof way);
}

static bool is_due(const struct outbox_entry *entry, int64_t now)
{
	return !entry->is_fresh && entry->number == 0 && entry->due <= now;
}

static struct outbox_entry *next_due(const struct store *store)
{
	struct outbox_entry *first = NULL;
	int64_t now = store_now(store);

	for (struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		if (is_due(at, now) && (first == NULL || at->urgency < first->urgency))
			first = at;
	return first;
}

static void take_back_overdue(struct store *store)
{
	int64_t before = store_now(store) - PATIENCE;
	struct outbox_entry *at = store->outbox->entries;

	while (at != NULL) {
		bool is_overdue = at->number != 0 && at->sent < before;

		if (is_overdue)
			try_later(store, at);
		/* It may be gone, and with a group that failed all others. */
		at = is_overdue ? store->outbox->entries : at->next;
	}
}

static void look_later(struct store *store)
{
	int64_t now = store_now(store), first = outbox_next_beat(store, now + CHECK_SECONDS);
	struct timeval time = { .tv_usec = CLARION_TEST_CLOCK_BUILD ? CHECK_MS * 1000 : 0 };

	for (const struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		if (!at->is_fresh && at->number == 0 && at->due < first)
			first = at->due > now ? at->due : now + 1;
	if (!CLARION_TEST_CLOCK_BUILD)
		time.tv_sec = first - now;
	if (evtimer_add(store->outbox->timer, &time) != 0)
		log_plain(LOG_ERROR, "wake_timer_failed");
}

static bool read_again(struct store *store)
{
	store->outbox->is_unsure = wake_ways_load(store) != 0 || outbox_rows_load(store) != 0;
	if (store->outbox->is_unsure)
		log_plain(LOG_ERROR, "wakes_not_read");
	return !store->outbox->is_unsure;
}

static void run(struct store *store)
{
	struct outbox_entry *entry;

	if (store->outbox->is_unsure) {
		/* What isn't committed yet must not count. */
		group_commit(store);
		if (!read_again(store)) {
			const struct timeval time = { .tv_sec = UNREAD_SECONDS };

			(void)evtimer_add(store->outbox->timer, &time);
			return;
		}
	}
	take_back_overdue(store);
	outbox_beats_begin(store);
	while (store->notify != NULL && store->outbox->on_the_way < AT_ONCE &&
		(entry = next_due(store)) != NULL)
		send_entry(store, entry);
	look_later(store);
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	run(context);
}

void outbox_look(struct store *store)
{
	event_active(store->outbox->timer, EV_TIMEOUT, 1);
}

int outbox_woken(struct store *store, struct reader *message)
{
	struct message_woken woken;
	struct outbox_entry *entry = store->outbox->entries;

	if (message_woken_get(message, &woken) != 0 || woken.number == 0 ||
		woken.number > store->outbox->last_number)
		return -1;
	while (entry != NULL && entry->number != woken.number)
		entry = entry->next;
	if (entry == NULL)
		return 0; /* it has been taken back meanwhile */
	if (woken.outcome == WAKE_LATER) {
		try_later(store, entry);
	} else if (woken.outcome == WAKE_REFUSED) {
		outbox_lose(store, entry);
	} else if (entry->is_again) {
		off_the_way(store, entry);
		entry->asked = store_now(store);
		entry->attempts = 0;
		entry->due = entry->asked + AGAIN_SECONDS;
	} else {
		end_delivered(store, entry);
	}
	outbox_look(store);
	return 0;
}

/* --- the store's frame */

void outbox_committed(struct store *store)
{
	if (store->outbox == NULL || !store->outbox->has_fresh)
		return;
	store->outbox->has_fresh = false;
	for (struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		at->is_fresh = false;
	outbox_look(store);
}

/* What is on its way comes back as unknown, and goes out again: at least once. */
void outbox_rolled_back(struct store *store)
{
	if (store->outbox == NULL)
		return;
	(void)read_again(store);
	outbox_look(store);
}

void outbox_notify_changed(struct store *store)
{
	if (store->outbox == NULL)
		return;
	for (struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next) {
		if (at->number == 0)
			continue;
		off_the_way(store, at);
		at->due = store_now(store) + (at->attempts == 0 ? 0 : pause_before(at->attempts));
		at->attempts++; /* one that ends notify each time must not do so without a pause */
	}
	outbox_look(store);
}

void outbox_way_changed(struct store *store, const char *officer)
{
	for (struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		if (strcmp(at->officer, officer) == 0 && at->number == 0)
			at->due = store_now(store);
	outbox_look(store);
}

int outbox_load(struct store *store)
{
	store->outbox = calloc(1, sizeof *store->outbox);
	if (store->outbox == NULL)
		return -1;
	store->outbox->beats_seen = store_now(store);
	store->outbox->timer = evtimer_new(store->base, on_time, store);
	if (store->outbox->timer == NULL || event_priority_set(store->outbox->timer, 1) != 0 ||
		wake_ways_load(store) != 0 || outbox_rows_load(store) != 0)
		return -1;
	look_later(store);
	return 0;
}

void outbox_free(struct store *store)
{
	if (store->outbox == NULL)
		return;
	outbox_rows_free(store);
	wake_ways_free(store);
	if (store->outbox->timer != NULL)
		event_free(store->outbox->timer);
	free(store->outbox);
	store->outbox = NULL;
}
