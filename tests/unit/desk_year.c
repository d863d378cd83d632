#include "desk_year.h"

#include "desk_network.h"
#include "desk_occasions.h"

#include "escalation.h"

#include "proto/age_file.h"
#include "proto/event.h"

#include <stdio.h>

#define MINUTE        60
#define HOUR          3600
#define DAY           86400
#define OFFICERS      20
#define FALLBACK_FROM 18 /* the last two are of the fallback desk */
#define FIRST_SEED    10
#define PATIENCE      (10 * MINUTE)
#define ACKS_AT_ONCE  4
#define COMES_OF_1000 12 /* wake-ups: few, so that much climbs */

enum model_state { EXPECTED, WAITING, ACKNOWLEDGED, CLOSED };

struct model {
	enum model_state state;
	enum urgency urgency;
	int64_t listed, acknowledged;
	unsigned by;
	bool forgotten;
	struct sealed sealed;
	uint8_t last[SHA256_BYTES];
};

static struct year {
	struct scene *scene;
	uint64_t random;
	struct model *reports;
	unsigned report_count;
	unsigned waiting, open; /* not acknowledged; acknowledged and not closed */
	int64_t last_done;
	bool is_refusing;
	bool absent[OFFICERS], is_coming[OFFICERS];
	int64_t woken[OFFICERS], woken_immediate[OFFICERS];
	int64_t level_woken[LEVEL_COUNT];
	struct desk_year_result result;
} year;

/* Minutes, written down once more: the store's own table must agree with it. */
static const int64_t climbs[URGENCY_TIMERS][LEVEL_COUNT] = {
	[URGENCY_IMMEDIATE] = { -1, 0, 15, 30, 60 },
	[URGENCY_URGENT] = { -1, 0, 60, 90, 120 },
	[URGENCY_PRIORITY] = { -1, 0, 1440, 2880, 4320 },
	[URGENCY_RECORD] = { -1, 1440, 4320, 10080, -1 },
};

/* Until somebody has tried to reach her; of a record until it is triaged. */
static const int64_t contacts[URGENCY_TIMERS] = { 45, 360, 2880, 15840 };

/* --- chance and time */

static uint64_t draw(uint64_t below)
{
	year.random ^= year.random << 13;
	year.random ^= year.random >> 7;
	year.random ^= year.random << 17;
	return year.random % below;
}

static int64_t now(void)
{
	return store_now(&year.scene->store);
}

/* --- people */

static unsigned tier_of(unsigned officer)
{
	return officer < 10 ? 1 : officer < 15 ? 2 : officer < FALLBACK_FROM ? 3 : 1;
}

static enum person person_of(unsigned officer)
{
	return (enum person)(FIRST_SEED + officer);
}

void desk_year_roster(struct roster *roster)
{
	assert_int_equal(roster_remove_officer(roster, "olga"), 0);
	assert_int_equal(roster_remove_officer(roster, "maria"), 0);
	for (unsigned i = 0; i < OFFICERS; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "officer-%02u", i);
		assert_int_equal(fixture_officer(roster, name, i < FALLBACK_FROM ? "intake" : "legal",
					 (uint8_t)person_of(i)),
			0);
		roster->officers[roster->officer_count - 1].tier = tier_of(i);
		for (size_t at = 0; at < roster->officer_count; at++)
			if (strcmp(roster->officers[at].name, name) == 0)
				roster->officers[at].tier = tier_of(i);
	}
	memcpy(roster->desks[0].fallback, "legal", sizeof "legal");
}

static int on_wake(struct store *store, const char *officer, const char *desk, enum urgency urgency)
{
	unsigned who = (unsigned)(officer[8] - '0') * 10 + (unsigned)(officer[9] - '0');
	int64_t minute = time_cut(store_now(store), MINUTE);
	bool is_immediate = urgency_timer(urgency) == URGENCY_IMMEDIATE;

	assert_string_equal(desk, "intake");
	if (year.is_refusing)
		return -1;
	assert_true(minute - year.woken[who] >= 5 * MINUTE ||
		    (is_immediate && minute - year.woken_immediate[who] >= 5 * MINUTE));
	assert_true(year.waiting > 0 || year.open > 0 || minute - year.last_done <= PATIENCE);
	year.woken[who] = minute;
	if (is_immediate)
		year.woken_immediate[who] = minute;
	year.level_woken[who < FALLBACK_FROM ? tier_of(who) : LEVEL_FALLBACK] = store_now(store);
	year.result.wakes++;
	return network_ask(store, who, desk, urgency);
}

static void on_delivered(unsigned who)
{
	if (!year.absent[who] && !year.is_coming[who] && draw(1000) < COMES_OF_1000) {
		year.is_coming[who] = true;
		plan(now() + 30 + (int64_t)draw(20 * MINUTE), ACTS, who, 0);
	}
}

/* As the store does by itself: the next tier. */
static int on_lost(struct store *store, unsigned who, enum urgency urgency)
{
	for (unsigned other = 0; other < FALLBACK_FROM; other++)
		if (who < FALLBACK_FROM && tier_of(other) == tier_of(who) + 1 &&
			network_ask(store, other, "intake", urgency) != 0)
			return -1;
	return 0;
}

/* --- the store */

static void forget_answers(void)
{
	struct scene *scene = year.scene;

	for (uint32_t i = 0; i < scene->next; i++) {
		struct buffer body = scene->answers[i].body;

		buffer_clear(&body);
		memset(&scene->answers[i], 0, sizeof scene->answers[i]);
		scene->answers[i].body = body;
	}
	scene->next = 0;
}

static void restart(int64_t later)
{
	year.scene->ahead += later;
	network_stop();
	scene_restart(year.scene);
	year.scene->store.escalation->wake = on_wake;
	network_start();
	scene_run(year.scene);
	forget_answers();
}

/* How far the store is with it. */
static struct climbed {
	unsigned level, misses;
} climbed_of(const struct model *model)
{
	struct report_facts *facts = NULL;
	struct backend_report row;
	struct climbed climbed;

	assert_int_equal(report_find(&year.scene->store, model->sealed.id, &facts, &row), 1);
	climbed = (struct climbed){ facts->level, facts->misses };
	facts_free(facts);
	return climbed;
}

/* --- what happens */

static void arrive(unsigned at)
{
	struct model *model = &year.reports[at];
	unsigned status;

	if (model->sealed.file.data == NULL) {
		year.scene->urgency = model->urgency;
		seal_report(year.scene, "intake", 500, 0, &model->sealed);
	}
	/* Counted before it is sent: its first page goes out with it. */
	year.waiting++;
	status = scene_send(year.scene, &model->sealed)->status;
	forget_answers();
	if (status != 201) {
		assert_true(year.is_refusing);
		year.waiting--;
		plan(now() + MINUTE, ARRIVES, at, 0);
		return;
	}
	model->state = WAITING;
	model->listed = time_cut(now(), MINUTE);
	for (unsigned level = LEVEL_TIER_1; level < LEVEL_COUNT; level++) {
		int64_t minutes = climbs[urgency_timer(model->urgency)][level];

		if (minutes >= 0)
			plan(model->listed + minutes * MINUTE + 1, CHECKED, at, level);
	}
}

static unsigned post(struct model *model, unsigned officer, enum event_type type)
{
	struct report_event *event = event_for(year.scene, &model->sealed);
	struct buffer json = buffer_of(EVENT_MAX), content = buffer_of(EVENT_CONTENT_MAX);
	uint8_t recipient[AGE_RECIPIENT_BYTES];
	struct event_subject subject;
	unsigned status;

	event->type = type;
	if (type == EVENT_CLOSE) {
		event->number = 2;
		memcpy(event->previous, model->last, sizeof event->previous);
		fixture_recipient(OLGA, recipient);
		assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1,
					 (const uint8_t *)"{}", 2, &content),
			0);
		assert_int_equal(event_set_content(event, content.data, content.len), 0);
	}
	sign_event(year.scene, &model->sealed, person_of(officer), event);
	assert_int_equal(event_write(event, &json), 0);
	status = scene_ask(year.scene, &(struct scene_ask){ .method = METHOD_POST,
					       .path = model->sealed.events,
					       .body = json.data,
					       .len = json.len,
					       .signer = person_of(officer) })
			 ->status;
	memcpy(subject.organisation, year.scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, model->sealed.hex, sizeof subject.report);
	if (status == 201)
		assert_int_equal(event_digest(event, &subject, model->last), 0);
	forget_answers();
	report_event_free(event);
	buffer_free(&json);
	buffer_free(&content);
	return status;
}

static void acknowledge(struct model *model, unsigned officer)
{
	unsigned level = climbed_of(model).level, status;

	if (officer >= FALLBACK_FROM && level < LEVEL_FALLBACK) {
		assert_int_equal(post(model, officer, EVENT_ACK), 403);
		return;
	}
	status = post(model, officer, EVENT_ACK);
	if (status != 201)
		return;
	model->state = ACKNOWLEDGED;
	model->acknowledged = year.last_done = now();
	model->by = officer;
	model->forgotten = draw(10) == 0;
	plan(time_cut(now(), MINUTE) + contacts[urgency_timer(model->urgency)] * MINUTE + 1, LATE,
		(unsigned)(model - year.reports), 0);
	year.waiting--;
	year.open++;
	year.result.acknowledged++;
	year.result.climbed += level > LEVEL_TIER_1;
	year.result.fell_back += level == LEVEL_FALLBACK;
}

static void finish(struct model *model, unsigned officer)
{
	if (post(model, officer, EVENT_CLOSE) != 201)
		return;
	model->state = CLOSED;
	year.last_done = now();
	year.open--;
	sealed_free(&model->sealed);
}

/* What she would see in her list: the oldest first. Those who come after a case was forgotten close it. */
static void act(unsigned officer)
{
	unsigned done = 0;

	year.is_coming[officer] = false;
	if (year.is_refusing)
		return;
	for (unsigned i = 0; i < year.report_count && done < ACKS_AT_ONCE; i++) {
		struct model *model = &year.reports[i];

		if (model->state == WAITING) {
			acknowledge(model, officer);
			done++;
		} else if (model->state == ACKNOWLEDGED && officer < FALLBACK_FROM &&
			   (!model->forgotten || now() - model->acknowledged > 2 * HOUR)) {
			year.result.stalled += model->forgotten;
			finish(model, officer);
			done++;
		}
	}
}

static void check(const struct occasion *occasion)
{
	const struct model *model = &year.reports[occasion->who];

	if (model->state != WAITING)
		return;
	if (year.is_refusing) {
		plan(now() + MINUTE, CHECKED, occasion->who, occasion->level);
		return;
	}
	/* A store that could not write looks again after some seconds. */
	if (climbed_of(model).level < occasion->level) {
		scene_set_now(year.scene, now() + 30);
		assert_true(climbed_of(model).level >= occasion->level);
	}
	plan(occasion->when + PATIENCE, VERIFIED, occasion->who, occasion->level);
}

/* Somebody acknowledged it, and nobody has reached its sender in the time she was promised: the desk knows.
 */
static void check_late(const struct model *model)
{
	if (model->state != ACKNOWLEDGED)
		return;
	if (year.is_refusing) {
		plan(now() + MINUTE, LATE, (unsigned)(model - year.reports), 0);
		return;
	}
	if (climbed_of(model).misses == 0)
		scene_set_now(year.scene, now() + 30);
	assert_true(climbed_of(model).misses > 0);
	year.result.late++;
}

static void verify(const struct occasion *occasion)
{
	const struct model *model = &year.reports[occasion->who];
	bool is_digest = model->urgency == URGENCY_RECORD && occasion->level == LEVEL_TIER_1;

	if (model->state != WAITING || year.is_refusing)
		return;
	/* A digest goes out at its hour, some time in the day before. */
	assert_true(year.level_woken[occasion->level] >=
		    (is_digest ? model->listed : occasion->when - PATIENCE - MINUTE));
}

static void happen(const struct occasion *occasion)
{
	switch (occasion->what) {
	case ARRIVES:
		arrive(occasion->who);
		break;
	case ACTS:
		act(occasion->who);
		break;
	case CHECKED:
		check(occasion);
		break;
	case VERIFIED:
		verify(occasion);
		break;
	case CRASH:
		year.result.crashes++;
		restart(0);
		break;
	case OUTAGE:
		year.result.outages++;
		restart((int64_t)draw(6 * HOUR));
		break;
	case REFUSAL:
		year.result.refusals++;
		year.is_refusing = true;
		network_doubt(true);
		plan(now() + MINUTE + (int64_t)draw(2 * MINUTE), RECOVERY, 0, 0);
		break;
	case RECOVERY:
		year.is_refusing = false;
		network_doubt(false);
		break;
	case CUT:
		network_cut(true);
		plan(now() + (int64_t)draw(6 * HOUR), HEALED, 0, 0);
		break;
	case HEALED:
		network_cut(false);
		break;
	case LATE:
		check_late(&year.reports[occasion->who]);
		break;
	case ABSENCE:
		year.absent[occasion->who] = occasion->level == 1;
		break;
	}
}

static void plan_all(const struct desk_year *options, int64_t began)
{
	const uint64_t seconds = (uint64_t)options->days * DAY;

	for (unsigned i = 0; i < options->reports; i++) {
		static const enum urgency mix[] = { URGENCY_IMMEDIATE, URGENCY_WITHHELD, URGENCY_URGENT,
			URGENCY_URGENT, URGENCY_PRIORITY, URGENCY_PRIORITY, URGENCY_PRIORITY,
			URGENCY_RECORD };

		year.reports[i].urgency = mix[draw(COUNT_OF(mix))];
		/* Every fourth comes right behind another: floods. */
		plan(began + (i % 4 == 3 ? (int64_t)(draw(options->days) * DAY + draw(HOUR))
					 : (int64_t)draw(seconds)),
			ARRIVES, i, 0);
	}
	for (unsigned i = 0; i < options->days; i++) {
		/* Somebody looks through the list each day, whether or not she is woken. */
		plan(began + (int64_t)i * DAY + (int64_t)draw(DAY), ACTS, (unsigned)draw(FALLBACK_FROM), 0);
		plan(began + (int64_t)draw(seconds), CRASH, 0, 0);
		if (i % 7 == 0)
			plan(began + (int64_t)draw(seconds), OUTAGE, 0, 0);
		if (i % 3 == 0)
			plan(began + (int64_t)draw(seconds), REFUSAL, 0, 0);
		if (i % 4 == 0)
			plan(began + (int64_t)draw(seconds), CUT, 0, 0);
	}
	for (unsigned i = 0; i < OFFICERS; i++) {
		int64_t gone = began + (int64_t)draw(seconds);

		plan(gone, ABSENCE, i, 1);
		plan(gone + (int64_t)draw(seconds / 4), ABSENCE, i, 0);
	}
}

/* When there is something to do: for the test, or for the store by itself. */
static int64_t next_time(void)
{
	const struct escalation *escalation = year.scene->store.escalation;
	const struct held_entry *due = held_first(escalation->due);
	int64_t next = occasions_next();
	int64_t pages = pages_next(&year.scene->store);

	if (due != NULL && due->release < next)
		next = due->release;
	if (pages < next)
		next = pages;
	if (network_next() < next)
		next = network_next();
	/* What can't be done now is tried again a little later. */
	return next > now() ? next : now() + (year.is_refusing ? 20 : 1);
}

void desk_year_run(struct scene *scene, const struct desk_year *options, struct desk_year_result *ret_result)
{
	int64_t today;

	memset(&year, 0, sizeof year);
	year.scene = scene;
	year.random = options->seed;
	year.report_count = options->reports;
	year.reports = calloc(options->reports, sizeof *year.reports);
	assert_non_null(year.reports);
	scene->store.escalation->wake = on_wake;
	network_begin(scene, on_delivered, on_lost);
	/* The same time of day in every run. */
	scene_set_now(scene, time_cut(now(), DAY) + DAY);
	today = now() / DAY;
	plan_all(options, now());
	while (occasions_next() != INT64_MAX || year.waiting > 0 || !network_is_quiet()) {
		scene_set_now(scene, next_time());
		forget_answers();
		network_turn(draw);
		while (occasions_next() <= now()) {
			struct occasion occasion = occasion_take();

			happen(&occasion);
		}
		/* What came of it is answered before time goes on. */
		network_turn(draw);
		if (now() / DAY != today)
			nonces_expire(&scene->store);
		today = now() / DAY;
	}
	assert_int_equal(year.result.acknowledged, options->reports);
	year.result.network = network_end();
	*ret_result = year.result;
	for (unsigned i = 0; i < options->reports; i++)
		sealed_free(&year.reports[i].sealed);
	free(year.reports);
	occasions_free();
}
