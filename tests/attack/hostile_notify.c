/* A notify that somebody has taken over, against the real store over its channel: what she may learn and say,
 * and that an alarm climbs all the same. hostile_notify [ROUNDS [SEED]]: so many sessions of changed
 * messages. */
#include "chance.h"
#include "notify_end.h"

#include "escalation.h"
#include "outbox_rows.h"

#include "proto/alert_list.h"

#include <errno.h>

#define ROUNDS_TEST  300
#define FLOOD        20000
#define TURNS        12 /* in which nothing came: then nothing more will */
#define TINA         5  /* of tier 2 */
#define MINUTE       60
#define SAID_MAX     12
#define LATE_SECONDS 45 /* a test's seconds go on while it works */

/* --- notify's end, byte by byte */

struct raw {
	struct scene *scene;
	int fd;
	struct buffer out, in;
	bool ended;
};

static void raw_begin(struct raw *raw, struct scene *scene)
{
	int ends[2];

	*raw = (struct raw){ .scene = scene, .out = buffer_of(8 << 20), .in = buffer_of(8 << 20) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	raw->fd = ends[0];
	channel_free(scene->store.notify);
	attach_store(scene, ends[1]);
}

static void raw_end(struct raw *raw)
{
	close(raw->fd);
	scene_run(raw->scene);
	assert_null(raw->scene->store.notify);
	buffer_free(&raw->out);
	buffer_free(&raw->in);
}

static void raw_run(struct raw *raw)
{
	uint8_t some[4096];

	for (int idle = 0; idle < TURNS && !raw->ended; idle++) {
		ssize_t sent = 0, got;

		if (raw->out.len > 0)
			sent = send(raw->fd, raw->out.data, raw->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0)
			buffer_drop(&raw->out, (size_t)sent);
		scene_run(raw->scene);
		got = recv(raw->fd, some, sizeof some, MSG_DONTWAIT);
		raw->ended = got == 0 || (sent < 0 && errno != EAGAIN);
		if (got > 0)
			buffer_put(&raw->in, some, (size_t)got);
		if (sent > 0 || got > 0)
			idle = 0;
	}
	assert_int_equal(buffer_ok(&raw->in), 0);
}

static void put_woken(struct raw *raw, uint64_t number, enum wake_outcome outcome)
{
	assert_int_equal(
		message_woken_put(&raw->out, &(struct message_woken){ .number = number, .outcome = outcome }),
		0);
}

/* --- what she learns */

/* Of a report, an address, a desk and an urgency reach her, and a number of the store's own. */
static void test_nothing_of_the_report_reaches_her(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;
	struct reader in, message;
	struct message_wake told;
	enum message_type type;

	choose(scene, "olga", "smtp:olga@example.org", 0);
	choose(scene, "maria", "smtp:maria@example.org", 0);
	raw_begin(&raw, scene);
	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	raw_run(&raw);
	in = reader_of(raw.in.data, raw.in.len);
	assert_int_equal(frame_next(&in, CHANNEL_PEER_FRAME_MAX, &type, &message), 1);
	assert_int_equal(type, MESSAGE_WAKE);
	assert_int_equal(message_wake_get(&message, &told), 0);
	assert_string_equal(told.address, "olga@example.org");
	assert_string_equal(told.desk, "intake");
	assert_int_equal(reader_end(&in), 0);
	assert_null(memmem(raw.in.data, raw.in.len, sealed.id, sizeof sealed.id));
	assert_null(memmem(raw.in.data, raw.in.len, sealed.hex, strlen(sealed.hex)));
	/* Whoever isn't woken stays unknown to her, and so does when it came: no field is left for it. */
	assert_null(memmem(raw.in.data, raw.in.len, "maria", 5));
	assert_int_equal(
		raw.in.len, 4 + 1 + 8 + 1 + (4 + sizeof "olga@example.org") + (4 + sizeof "intake") + 1);
	raw_end(&raw);
	sealed_free(&sealed);
}

/* --- what she says */

static void test_no_other_role_s_message_is_heard(void **state)
{
	struct scene *scene = *state;

	choose(scene, "olga", "command", 0);
	wake(scene, "olga", URGENCY_URGENT);
	for (unsigned type = 0; type < 256; type++) {
		uint8_t frame[9] = { 0, 0, 0, 5, (uint8_t)type };
		struct raw raw;

		raw_begin(&raw, scene);
		buffer_put(&raw.out, frame, sizeof frame); /* a MESSAGE_WOKEN of this length is none either */
		raw_run(&raw);
		assert_true(raw.ended);
		raw_end(&raw);
	}
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
}

static void test_numbers_of_her_own_making(void **state)
{
	static const uint64_t far[] = { 1, 2, 1000, UINT64_C(1) << 32, UINT64_MAX - 1 };
	struct scene *scene = *state;
	struct raw raw;

	choose(scene, "olga", "command", 0);
	choose(scene, "tina", "command", 0);
	wake(scene, "olga", URGENCY_URGENT);
	for (size_t i = 0; i <= COUNT_OF(far); i++) {
		raw_begin(&raw, scene);
		raw_run(&raw); /* olga's is on its way */
		put_woken(&raw, i < COUNT_OF(far) ? scene->store.outbox->last_number + far[i] : 0,
			WAKE_DELIVERED);
		raw_run(&raw);
		assert_true(raw.ended);
		raw_end(&raw);
		assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	}
	/* One that another notify was given ends nothing. */
	raw_begin(&raw, scene);
	raw_run(&raw);
	for (uint64_t number = 1; number < scene->store.outbox->last_number; number++)
		put_woken(&raw, number, WAKE_DELIVERED);
	raw_run(&raw);
	assert_false(raw.ended);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	raw_end(&raw);
}

/* However much she says, fronts are served meanwhile. */
static void test_a_flood_keeps_nobody_waiting(void **state)
{
	struct scene *scene = *state;
	struct raw raw;
	uint64_t number;

	choose(scene, "olga", "command", 0);
	wake(scene, "olga", URGENCY_URGENT);
	raw_begin(&raw, scene);
	raw_run(&raw);
	number = scene->store.outbox->last_number;
	for (size_t i = 0; i < FLOOD; i++)
		put_woken(&raw, number, (enum wake_outcome)(WAKE_DELIVERED + i % 3));
	assert_true(send(raw.fd, raw.out.data, raw.out.len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0);
	assert_int_equal(
		scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = "roster" })->status, 200);
	raw.out.len = 0;
	raw_end(&raw);
}

/* --- an alarm */

static void three_tiers(struct roster *roster)
{
	assert_int_equal(fixture_officer(roster, "tina", "intake", TINA), 0);
	for (size_t i = 0; i < roster->officer_count; i++)
		if (strcmp(roster->officers[i].name, "tina") == 0)
			roster->officers[i].tier = 2;
}

static int begin_desk(void **state)
{
	scene_shape_roster = three_tiers;
	return scene_begin(state);
}

static int end_desk(void **state)
{
	scene_shape_roster = NULL;
	return scene_end(state);
}

static bool is_answered(struct scene *scene, const struct sealed *sealed)
{
	struct scene_ask ask = { .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA };
	const struct scene_answer *answer = scene_ask(scene, &ask);
	struct alert_list alerts;
	struct fault fault;
	bool acknowledged;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		alert_list_parse((const char *)answer->body.data, answer->body.len, &alerts, &fault), 0);
	assert_int_equal(alerts.count, 1);
	assert_memory_equal(alerts.alerts[0].report, sealed->hex, sizeof sealed->hex);
	acknowledged = !alerts.alerts[0].has_due;
	alert_list_free(&alerts);
	return acknowledged;
}

/* Answers all wake-ups with one lie, and says how many came for whom. */
static void lie(struct notify_end *end, enum wake_outcome outcome, size_t ret_for[2])
{
	ret_for[0] = ret_for[1] = 0;
	for (size_t i = 0; i < end->count; i++) {
		ret_for[strcmp(end->wakes[i].address, "tina@example.org") == 0]++;
		say(end, end->wakes[i].number, outcome);
	}
	end->count = 0;
}

/* Told delivered, the alarm goes to the next tier at its minute and stays unanswered. Told refused, it goes
 * there at once. */
static void climb_despite(struct scene *scene, enum wake_outcome outcome, int64_t minutes_to_tina)
{
	struct notify_end end;
	struct sealed sealed;
	size_t woken[2], for_tina = 0;
	int64_t began = time_cut(store_now(&scene->store), MINUTE) + MINUTE;

	scene_set_now(scene, began);
	choose(scene, "olga", "smtp:olga@example.org", 0);
	choose(scene, "tina", "smtp:tina@example.org", 0);
	attach(scene, &end);
	scene->urgency = URGENCY_IMMEDIATE;
	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	for (int64_t minute = 0; minute <= minutes_to_tina; minute++) {
		assert_int_equal(for_tina, 0);
		scene_set_now(scene, began + minute * MINUTE + LATE_SECONDS);
		scene_run(scene);
		lie(&end, outcome, woken);
		for_tina += woken[1] + (outcome == WAKE_REFUSED && end.count > 0);
	}
	assert_true(for_tina > 0);
	assert_false(is_answered(scene, &sealed));
	sealed_free(&sealed);
	detach(&end);
}

static void test_told_delivered_it_climbs_in_time(void **state)
{
	climb_despite(*state, WAKE_DELIVERED, 15);
}

static void test_told_refused_it_climbs_at_once(void **state)
{
	climb_despite(*state, WAKE_REFUSED, 0);
}

/* --- sessions of her own making */

static void one_session(struct scene *scene)
{
	struct raw raw;
	uint64_t said = 1 + pick(SAID_MAX), changes = pick(4);
	uint64_t last = scene->store.outbox->last_number;

	raw_begin(&raw, scene);
	scene_run(scene);
	for (uint64_t i = 0; i < said; i++)
		put_woken(&raw, pick(last + 2), (enum wake_outcome)(WAKE_DELIVERED + pick(3)));
	for (uint64_t i = 0; i < changes; i++)
		raw.out.data[pick(raw.out.len)] = (uint8_t)pick(256);
	raw.out.len -= pick(4) == 0 ? pick(raw.out.len) : 0;
	(void)send(raw.fd, raw.out.data, raw.out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	scene_run(scene);
	raw_end(&raw);
}

static void test_sessions_of_changed_messages(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;

	choose(scene, "olga", "smtp:olga@example.org", 0);
	choose(scene, "tina", "command", 0);
	scene->urgency = URGENCY_IMMEDIATE;
	seal_report(scene, "intake", 500, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	for (unsigned long round = 0; round < rounds; round++) {
		if (round % 8 == 0)
			wake(scene, round % 16 == 0 ? "olga" : "tina", (enum urgency)pick(URGENCY_COUNT));
		one_session(scene);
		if (round % 100 == 0) {
			scene_restart(scene);
			scene_count_anew(scene);
			assert_false(is_answered(scene, &sealed));
		}
	}
	assert_false(is_answered(scene, &sealed));
	print_message("%lu sessions of a hostile notify: the store served on\n", rounds);
	sealed_free(&sealed);
}

#define IN_DESK(test) cmocka_unit_test_setup_teardown(test, begin_desk, end_desk)

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		IN_DESK(test_nothing_of_the_report_reaches_her),
		IN_DESK(test_no_other_role_s_message_is_heard),
		IN_DESK(test_numbers_of_her_own_making),
		IN_DESK(test_a_flood_keeps_nobody_waiting),
		IN_DESK(test_told_delivered_it_climbs_in_time),
		IN_DESK(test_told_refused_it_climbs_at_once),
		IN_DESK(test_sessions_of_changed_messages),
	};

	take_arguments(argument_count, arguments, ROUNDS_TEST);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
