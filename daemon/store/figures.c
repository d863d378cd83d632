#include "figures.h"

#include "escalation.h"
#include "store_state.h"

#include "base/log.h"
#include "build_config.h"
#include "channel/figures.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define HOUR         3600
#define FIVE_MINUTES 300
#define LOOK_MS      (CLARION_TEST_CLOCK_BUILD ? 50 : 1000) /* whether a full hour or five minutes are over */
#define ROWS_AT_ONCE 128                                    /* a millisecond */
#define MEBIBYTE     (1024 * 1024)
#define DISK_SHORT   (UINT64_C(2048) * MEBIBYTE) /* from here on how much is left matters more */

struct figures {
	uint64_t counted[STORE_FIGURES]; /* since the start: those that are shown by the hour */
	uint64_t shown[STORE_FIGURES];
	int64_t hour, moment;      /* that `shown` is of; moment in five minutes */
	uint64_t bytes, disk_free; /* at the hour */
	struct event *timer;
	/* Looking through the open reports of one desk after the other. */
	bool is_looking;
	size_t desk;
	uint64_t after;
	uint64_t found[STORE_FIGURES];
};

static const int64_t ages[ALERT_AGES_COUNT] = ALERT_AGES;
static const int64_t bounds[COMMIT_BOUNDS_COUNT] = COMMIT_BOUNDS;

void figures_accepted(struct store *store)
{
	if (store->figures != NULL)
		store->figures->counted[STORE_ACCEPTED]++;
}

void figures_refused(struct store *store, enum problem problem)
{
	if (store->figures != NULL)
		store->figures->counted[STORE_REFUSED + problem]++;
}

void figures_committed(struct store *store, int64_t microseconds)
{
	size_t at = 0;

	if (store->figures == NULL || microseconds < 0)
		return;
	while (at < COMMIT_BOUNDS_COUNT && microseconds > bounds[at])
		at++;
	store->figures->counted[STORE_COMMITS + at]++;
	store->figures->counted[STORE_COMMIT_MICROSECONDS] += (uint64_t)microseconds;
}

/* --- what is open */

/* A report counts, and its age begins, when the hour is over in which it came: so no step of these figures
 * tells more than that hour, whatever somebody keeps of them. Whom it must reach in time is alerted
 * elsewhere. */
static void count_open(struct figures *figures, const struct report_facts *facts)
{
	int64_t age = figures->moment * FIVE_MINUTES - (time_cut(facts->listed, HOUR) + HOUR);
	uint64_t *unanswered = &figures->found[STORE_UNANSWERED + facts->urgency * ALERT_AGES_COUNT];

	if (age < 0)
		return;
	figures->found[STORE_OPEN + facts->urgency]++;
	if (escalation_is_acknowledged(facts))
		return;
	for (size_t at = 0; at < ALERT_AGES_COUNT; at++)
		unanswered[at] += age >= ages[at] ? 1 : 0;
	if ((uint64_t)age > figures->found[STORE_OLDEST])
		figures->found[STORE_OLDEST] = (uint64_t)age;
}

struct look {
	struct store *store;
	unsigned rows;
};

static int look_at(void *context, const struct backend_report *row)
{
	struct look *look = context;
	struct report_facts *facts = NULL;

	look->store->figures->after = row->seq;
	/* A damaged row is said where it is listed. */
	if (report_open_row(look->store, row, &facts) == 0)
		count_open(look->store->figures, facts);
	facts_free(facts);
	return ++look->rows == ROWS_AT_ONCE;
}

/* One desk's next rows. */
static int look_on(struct store *store)
{
	struct figures *figures = store->figures;
	struct look look = { .store = store };
	uint8_t desk[BLIND_INDEX_BYTES];
	const char *name = store->roster->desks[figures->desk].name;

	if (seal_index(store->seal, INDEX_OPEN_DESK, name, strlen(name), desk) != 0 ||
		backend_each_open(store->backend, desk, figures->after, look_at, &look) != 0)
		return -1;
	if (look.rows < ROWS_AT_ONCE) {
		figures->desk++;
		figures->after = 0;
	}
	return 0;
}

static void begin_look(struct figures *figures, int64_t moment)
{
	figures->is_looking = true;
	figures->moment = moment;
	figures->desk = 0;
	figures->after = 0;
	memset(figures->found, 0, sizeof figures->found);
}

/* The old numbers are shown until all are there. */
static void end_look(struct figures *figures)
{
	figures->is_looking = false;
	memcpy(&figures->shown[STORE_OLDEST], &figures->found[STORE_OLDEST],
		(STORE_ACCEPTED - STORE_OLDEST) * sizeof figures->shown[0]);
}

static uint64_t whole_mebibytes(uint64_t bytes)
{
	return bytes / MEBIBYTE * MEBIBYTE;
}

static uint64_t disk_free(void)
{
	struct statvfs disk;

	return statvfs(".", &disk) == 0 ? whole_mebibytes((uint64_t)disk.f_bavail * disk.f_frsize) : 0;
}

static void show_hour(const struct store *store, int64_t hour)
{
	struct figures *figures = store->figures;

	figures->bytes = whole_mebibytes(backend_bytes(store->backend));
	figures->disk_free = disk_free();
	figures->hour = hour;
	memcpy(&figures->shown[STORE_ACCEPTED], &figures->counted[STORE_ACCEPTED],
		(STORE_FIGURES - STORE_ACCEPTED) * sizeof figures->shown[0]);
}

static void set_timer(struct figures *figures, unsigned milliseconds)
{
	const struct timeval time = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };

	if (evtimer_add(figures->timer, &time) != 0)
		log_plain(LOG_ERROR, "figures_timer_failed");
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;
	struct figures *figures = store->figures;
	int64_t now = store_now(store);

	(void)fd;
	(void)what;
	if (now / HOUR != figures->hour)
		show_hour(store, now / HOUR);
	if (!figures->is_looking && now / FIVE_MINUTES != figures->moment)
		begin_look(figures, now / FIVE_MINUTES);
	if (figures->is_looking && figures->desk < store->roster->desk_count && look_on(store) != 0)
		figures->is_looking = false; /* at the next five minutes again */
	else if (figures->is_looking && figures->desk >= store->roster->desk_count)
		end_look(figures);
	set_timer(figures, figures->is_looking ? 1 : LOOK_MS);
}

int figures_start(struct store *store)
{
	struct figures *figures = calloc(1, sizeof *figures);

	if (figures == NULL)
		return -1;
	store->figures = figures;
	show_hour(store, store_now(store) / HOUR);
	figures->timer = evtimer_new(store->base, on_timer, store);
	/* Behind the channels: what has arrived is read first. */
	if (figures->timer == NULL || event_priority_set(figures->timer, 1) != 0)
		return -1;
	set_timer(figures, 0); /* what was open before the start is shown at once */
	return 0;
}

void figures_free(struct store *store)
{
	if (store->figures == NULL)
		return;
	if (store->figures->timer != NULL)
		event_free(store->figures->timer);
	free(store->figures);
	store->figures = NULL;
}

/* --- the answer */

static uint64_t requests_open(const struct store *store)
{
	uint64_t count = 0;

	for (const struct front *front = store->fronts; front != NULL; front = front->next) {
		for (size_t slot = 0; slot < REQUEST_TABLE_SLOTS; slot++)
			for (const struct request *request = front->table[slot]; request != NULL;
				request = request->next)
				count++;
	}
	return count;
}

static uint64_t requests_waiting(const struct store *store)
{
	uint64_t count = 0;

	for (const struct request *request = store->waiting; request != NULL; request = request->next_waiting)
		count++;
	return count;
}

static void fill_now(struct store *store, uint64_t *figures)
{
	const uint64_t left = disk_free();

	figures[STORE_ROSTER_VERSION] = store->roster->version;
	figures[STORE_ROSTER_EXPIRES] = (uint64_t)store->roster->expires;
	figures[STORE_REQUESTS] = requests_open(store);
	figures[STORE_WAITING] = requests_waiting(store);
	figures[STORE_HAS_ROOM] = store_has_room(store, 0) ? 1 : 0;
	figures[STORE_DISK_FREE] = left < DISK_SHORT ? left : store->figures->disk_free;
	figures[STORE_BYTES] = store->figures->bytes;
	figures[STORE_CAPACITY] = store->capacity;
	figures[STORE_REWRAP_KNOWN] = headers_old(store, &figures[STORE_REWRAP]) == 0 ? 1 : 0;
}

int figures_answer(struct store *store)
{
	struct message_pong pong = { .count = STORE_FIGURES };

	memcpy(pong.figures, store->figures->shown, sizeof store->figures->shown);
	fill_now(store, pong.figures);
	return message_pong_put(channel_out(store->supervisor), &pong);
}
