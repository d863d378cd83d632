/* Weekly shifts and what they come to: days, nights, daylight saving, and what is refused. */
#include "cmocka_all.h"

#include "shifts.h"

#include "proto/time.h"

#include <string.h>

#define HOUR 3600
#define DAY  86400

static int64_t at(const char *text)
{
	int64_t seconds = 0;

	assert_int_equal(time_parse(text, strlen(text), &seconds), 0);
	return seconds;
}

static struct shift shift_of(const char *officer, unsigned days, unsigned from, unsigned to, const char *zone)
{
	struct shift shift = { .days = days, .from = from * 60, .to = to * 60 };

	memcpy(shift.officer, officer, strlen(officer) + 1);
	memcpy(shift.zone, zone, strlen(zone) + 1);
	return shift;
}

static struct rota *work_out(const struct shift *list, size_t count, int64_t now)
{
	struct shifts shifts = { .list = NULL };
	struct rota *rota = rota_new();
	struct failure failure;

	assert_non_null(rota);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(shifts_add(&shifts, &list[i], &failure), 0);
	assert_int_equal(shifts_work_out(&shifts, now, rota, &failure), 0);
	shifts_free(&shifts);
	return rota;
}

static const struct duty *duty_at(const struct rota *rota, int64_t moment)
{
	for (size_t i = 0; i < rota->duty_count; i++)
		if (rota->duties[i].from <= moment && moment < rota->duties[i].to)
			return &rota->duties[i];
	return NULL;
}

/* A Tuesday. */
#define NOW "2026-11-24T12:00:00Z"

static void test_days_and_nights(void **state)
{
	const struct shift list[] = { shift_of("amina", 0x1f, 8, 16, "UTC"),
		shift_of("nora", 0x7f, 22, 6, "UTC") };
	struct rota *rota = work_out(list, COUNT_OF(list), at(NOW));
	size_t days = 0, nights = 0;

	(void)state;
	/* Today's goes on. */
	assert_true(rota_covers(rota, "amina", at(NOW)));
	assert_int_equal(duty_at(rota, at(NOW))->from, at("2026-11-24T08:00:00Z"));
	assert_false(rota_covers(rota, NULL, at("2026-11-24T16:00:00Z")));
	assert_true(rota_covers(rota, "nora", at("2026-11-25T05:59:59Z")));
	assert_false(rota_covers(rota, NULL, at("2026-11-25T06:00:00Z")));
	/* Saturday. */
	assert_false(rota_covers(rota, NULL, at("2026-11-28T12:00:00Z")));
	for (size_t i = 0; i < rota->duty_count; i++) {
		assert_int_equal(rota->duties[i].to - rota->duties[i].from, 8 * HOUR);
		days += rota->duties[i].officer[0] == 'a';
		nights += rota->duties[i].officer[0] == 'n';
	}
	assert_int_equal(days, 13 * 5);
	assert_int_equal(nights, SHIFTS_AHEAD);
	rota_free(rota);
}

/* Eight in the morning stays eight in the morning. */
static void test_daylight_saving(void **state)
{
	const struct shift list[] = { shift_of("amina", 0x7f, 8, 16, "Europe/Berlin") };
	struct rota *autumn = work_out(list, 1, at("2026-10-20T12:00:00Z"));
	struct rota *spring = work_out(list, 1, at("2027-03-20T12:00:00Z"));

	(void)state;
	assert_int_equal(duty_at(autumn, at("2026-10-24T10:00:00Z"))->from, at("2026-10-24T06:00:00Z"));
	assert_int_equal(duty_at(autumn, at("2026-10-25T10:00:00Z"))->from, at("2026-10-25T07:00:00Z"));
	assert_int_equal(duty_at(spring, at("2027-03-27T10:00:00Z"))->from, at("2027-03-27T07:00:00Z"));
	assert_int_equal(duty_at(spring, at("2027-03-28T10:00:00Z"))->from, at("2027-03-28T06:00:00Z"));
	rota_free(autumn);
	rota_free(spring);
}

/* Nights on which the clocks are changed are an hour longer or shorter, and none is lost. */
static void test_nights_of_the_change(void **state)
{
	const struct shift list[] = { shift_of("nora", 0x7f, 22, 6, "Europe/Berlin") };
	struct rota *autumn = work_out(list, 1, at("2026-10-20T12:00:00Z"));
	struct rota *spring = work_out(list, 1, at("2027-03-20T12:00:00Z"));
	const struct duty *longer = duty_at(autumn, at("2026-10-25T00:30:00Z"));
	const struct duty *shorter = duty_at(spring, at("2027-03-28T00:30:00Z"));

	(void)state;
	assert_int_equal(longer->to - longer->from, 9 * HOUR);
	assert_int_equal(shorter->to - shorter->from, 7 * HOUR);
	rota_free(autumn);
	rota_free(spring);
}

/* The weekday is the place's, not Greenwich's. */
static void test_days_are_those_of_the_place(void **state)
{
	const struct shift list[] = { shift_of("amina", 1U << 0, 1, 9, "Asia/Tokyo") };
	struct rota *rota = work_out(list, 1, at(NOW));

	(void)state;
	/* Monday 01:00 in Tokyo is Sunday 16:00 here. */
	assert_int_equal(rota->duties[0].from, at("2026-11-29T16:00:00Z"));
	rota_free(rota);
}

static void test_doubles_and_more_than_there_is_room_for(void **state)
{
	struct shift list[30];
	struct rota *rota;

	(void)state;
	list[0] = shift_of("amina", 0x7f, 8, 12, "UTC");
	list[1] = shift_of("amina", 0x7f, 8, 16, "UTC");
	rota = work_out(list, 2, at(NOW));
	for (size_t i = 0; i < rota->duty_count; i++)
		assert_int_equal(rota->duties[i].to - rota->duties[i].from, 8 * HOUR);
	rota_free(rota);
	for (unsigned i = 0; i < COUNT_OF(list); i++) {
		char name[] = { 'a', (char)('a' + i % 26), (char)('a' + i / 26), '\0' };

		list[i] = shift_of(name, 0x7f, 8, 16, "UTC");
	}
	/* What is near comes first. */
	rota = work_out(list, COUNT_OF(list), at(NOW));
	assert_int_equal(rota->duty_count, ROTA_DUTIES_MAX);
	assert_true(rota->duties[rota->duty_count - 1].from > at(NOW) + 60 * (int64_t)DAY);
	rota_free(rota);
}

static void test_an_unknown_zone_is_refused(void **state)
{
	const struct shift list[] = { shift_of("amina", 0x7f, 8, 16, "Europe/Atlantis") };
	struct shifts shifts = { .list = NULL };
	struct rota *rota = rota_new();
	struct failure failure;

	(void)state;
	assert_non_null(rota);
	assert_int_equal(shifts_add(&shifts, &list[0], &failure), 0);
	assert_int_equal(shifts_work_out(&shifts, at(NOW), rota, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	shifts_free(&shifts);
	rota_free(rota);
}

static void test_they_are_written_and_read(void **state)
{
	static const char *const bad[] = { "{}", "{\"schema\":2,\"shifts\":[]}",
		"{\"schema\":1,\"shifts\":[{}]}",
		"{\"schema\":1,\"shifts\":[{\"officer\":\"a\",\"days\":\"mon,mon\",\"from\":\"08:00\",\"to\":"
		"\"09:00\","
		"\"zone\":\"UTC\"}]}",
		"{\"schema\":1,\"shifts\":[{\"officer\":\"a\",\"days\":\"mon\",\"from\":\"24:00\",\"to\":"
		"\"09:00\","
		"\"zone\":\"UTC\"}]}",
		"{\"schema\":1,\"shifts\":[{\"officer\":\"a\",\"days\":\"mon\",\"from\":\"08:00\",\"to\":"
		"\"09:00\","
		"\"zone\":\"../etc/passwd\"}]}" };
	struct shift shift = shift_of("amina", 0x15, 8, 16, "Asia/Manila");
	struct shifts shifts = { .list = NULL }, again = { .list = NULL };
	struct failure failure;
	json_t *json;

	(void)state;
	assert_int_equal(shifts_add(&shifts, &shift, &failure), 0);
	json = shifts_json(&shifts);
	assert_non_null(json);
	assert_int_equal(shifts_take(json, &again), 0);
	assert_int_equal(again.count, 1);
	assert_memory_equal(&again.list[0], &shift, sizeof shift);
	json_decref(json);
	shifts_drop(&again, "nora");
	assert_int_equal(again.count, 1);
	shifts_drop(&again, "amina");
	assert_int_equal(again.count, 0);
	shifts_free(&shifts);
	shifts_free(&again);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		json = json_loads(bad[i], 0, NULL);
		assert_non_null(json);
		assert_int_equal(shifts_take(json, &again), -1);
		json_decref(json);
	}
}

/* --- absences */

static void away(struct shifts *shifts, const char *officer, const char *from, const char *to)
{
	struct absence absence = { .from = at(from), .to = at(to) };
	struct failure failure;

	memcpy(absence.officer, officer, strlen(officer) + 1);
	assert_int_equal(absences_add(&shifts->absences, &absence, &failure), 0);
}

static void test_who_is_away_is_on_duty_no_more(void **state)
{
	struct shifts shifts = { .list = NULL };
	const struct shift amina = shift_of("amina", 0x7f, 8, 16, "UTC");
	const struct shift late = shift_of("amina", 0x7f, 10, 18, "UTC");
	const struct shift nora = shift_of("nora", 0x7f, 22, 6, "UTC");
	struct rota *rota = rota_new();
	struct failure failure;

	(void)state;
	assert_non_null(rota);
	assert_int_equal(shifts_add(&shifts, &amina, &failure), 0);
	assert_int_equal(shifts_add(&shifts, &late, &failure), 0);
	assert_int_equal(shifts_add(&shifts, &nora, &failure), 0);
	/* In the middle of a shift, over its beginning, and for days. */
	away(&shifts, "amina", "2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z");
	away(&shifts, "amina", "2026-11-26T07:00:00Z", "2026-11-26T12:00:00Z");
	away(&shifts, "amina", "2026-11-28T15:00:00Z", "2026-12-03T09:00:00Z");
	assert_int_equal(shifts_work_out(&shifts, at(NOW), rota, &failure), 0);
	assert_true(rota_covers(rota, "amina", at("2026-11-25T11:59:59Z")));
	assert_false(rota_covers(rota, "amina", at("2026-11-25T12:00:00Z")));
	assert_false(rota_covers(rota, "amina", at("2026-11-25T12:59:59Z")));
	assert_true(rota_covers(rota, "amina", at("2026-11-25T13:00:00Z")));
	assert_true(rota_covers(rota, "amina", at("2026-11-25T17:59:59Z")));
	assert_false(rota_covers(rota, "amina", at("2026-11-26T11:00:00Z")));
	assert_true(rota_covers(rota, "amina", at("2026-11-26T17:00:00Z")));
	assert_true(rota_covers(rota, "amina", at("2026-11-28T14:59:59Z")));
	assert_false(rota_covers(rota, "amina", at("2026-11-28T15:30:00Z")));
	assert_false(rota_covers(rota, "amina", at("2026-12-01T12:00:00Z")));
	assert_true(rota_covers(rota, "amina", at("2026-12-03T09:00:00Z")));
	/* Colleagues' shifts stay, and the list has the form that a server takes. */
	for (int day = 0; day < 9; day++)
		assert_true(rota_covers(rota, "nora", at("2026-11-24T23:00:00Z") + (int64_t)day * DAY));
	for (size_t i = 1; i < rota->duty_count; i++)
		assert_true(rota->duties[i - 1].from < rota->duties[i].from ||
			    strcmp(rota->duties[i - 1].officer, rota->duties[i].officer) < 0);
	rota_free(rota);
	shifts_free(&shifts);
}

static void test_absences_are_written_read_and_end(void **state)
{
	static const char *const bad[] = { "{\"schema\":2,\"shifts\":[]}",
		"{\"schema\":2,\"shifts\":[],\"absences\":{}}",
		"{\"schema\":3,\"shifts\":[],\"absences\":[]}",
		"{\"schema\":2,\"shifts\":[],\"absences\":[{\"officer\":\"amina\",\"from\":\"2026-11-25T00:"
		"00:00Z\","
		"\"to\":\"2026-11-25T00:00:00Z\"}]}" };
	struct shifts shifts = { .list = NULL }, again = { .list = NULL };
	struct absence wrong = { .officer = "amina", .from = at(NOW), .to = at(NOW) };
	struct failure failure;
	json_t *json;

	(void)state;
	away(&shifts, "amina", "2026-11-25T00:00:00Z", "2026-11-27T00:00:00Z");
	away(&shifts, "nora", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z");
	json = shifts_json(&shifts);
	assert_int_equal(json_integer_value(json_object_get(json, "schema")), 2);
	assert_int_equal(shifts_take(json, &again), 0);
	assert_int_equal(again.absences.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(again.absences.list[i].officer, shifts.absences.list[i].officer);
		assert_int_equal(again.absences.list[i].from, shifts.absences.list[i].from);
		assert_int_equal(again.absences.list[i].to, shifts.absences.list[i].to);
	}
	json_decref(json);
	absences_drop_past(&again.absences, at("2026-11-26T00:00:00Z"));
	assert_int_equal(again.absences.count, 1);
	absences_drop(&again.absences, "amina");
	assert_int_equal(again.absences.count, 0);
	/* Without one it is as programs wrote it that knew none. */
	json = shifts_json(&again);
	assert_int_equal(json_integer_value(json_object_get(json, "schema")), 1);
	assert_int_equal(json_object_size(json), 2);
	json_decref(json);
	assert_int_equal(absences_add(&again.absences, &wrong, &failure), -1);
	wrong.to = wrong.from + (int64_t)(ABSENCE_DAYS_MAX + 1) * DAY;
	assert_int_equal(absences_add(&again.absences, &wrong, &failure), -1);
	shifts_free(&shifts);
	shifts_free(&again);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		json = json_loads(bad[i], 0, NULL);
		assert_non_null(json);
		assert_int_equal(shifts_take(json, &again), -1);
		json_decref(json);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_and_nights),
		cmocka_unit_test(test_daylight_saving),
		cmocka_unit_test(test_nights_of_the_change),
		cmocka_unit_test(test_days_are_those_of_the_place),
		cmocka_unit_test(test_doubles_and_more_than_there_is_room_for),
		cmocka_unit_test(test_an_unknown_zone_is_refused),
		cmocka_unit_test(test_they_are_written_and_read),
		cmocka_unit_test(test_who_is_away_is_on_duty_no_more),
		cmocka_unit_test(test_absences_are_written_read_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
