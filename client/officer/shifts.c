#include "shifts.h"

#include "proto/cursor.h"
#include "proto/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EVERY_DAY     0x7fU
#define SCHEMA        1
#define WITH_ABSENCES 2 /* the schema */
#define UTC           "UTC"
#define ZONE_FOLDER   "/usr/share/zoneinfo"

static const char *const day_words[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

void shifts_free(struct shifts *shifts)
{
	free(shifts->list);
	absences_free(&shifts->absences);
	*shifts = (struct shifts){ .list = NULL };
}

int shifts_add(struct shifts *shifts, const struct shift *shift, struct failure *failure)
{
	struct shift *longer;

	if (shifts->count >= SHIFTS_MAX)
		return failure_set(
			failure, EX_DATAERR, "a desk has at most %d shifts: clear some first", SHIFTS_MAX);
	longer = reallocarray(shifts->list, shifts->count + 1, sizeof *longer);
	if (longer == NULL)
		return failure_memory(failure);
	shifts->list = longer;
	shifts->list[shifts->count++] = *shift;
	return 0;
}

void shifts_drop(struct shifts *shifts, const char *officer)
{
	size_t kept = 0;

	for (size_t i = 0; i < shifts->count; i++)
		if (strcmp(shifts->list[i].officer, officer) != 0)
			shifts->list[kept++] = shifts->list[i];
	shifts->count = kept;
}

/* --- forms */

static int take_days(const char *text, size_t len, unsigned *ret_days)
{
	struct reader reader = reader_of(text, len);
	const char *word = NULL;
	size_t word_len = 0;
	unsigned days = 0;

	if (len == strlen("daily") && bytes_equal(text, "daily", len)) {
		*ret_days = EVERY_DAY;
		return 0;
	}
	while (reader_field(&reader, ',', &word, &word_len) == 0) {
		unsigned day = 0;

		while (day < COUNT_OF(day_words) &&
			(word_len != strlen(day_words[day]) || !bytes_equal(word, day_words[day], word_len)))
			day++;
		if (day == COUNT_OF(day_words) || (days & (1U << day)) != 0)
			return -1;
		days |= 1U << day;
	}
	*ret_days = days;
	return days == 0 || reader_end(&reader) != 0 ? -1 : 0;
}

void shift_days(const struct shift *shift, char ret_text[SHIFT_DAYS_SIZE])
{
	size_t len = 0;

	if (shift->days == EVERY_DAY) {
		memcpy(ret_text, "daily", sizeof "daily");
		return;
	}
	ret_text[0] = '\0';
	for (unsigned day = 0; day < COUNT_OF(day_words); day++)
		if ((shift->days & (1U << day)) != 0)
			len += (size_t)snprintf(ret_text + len, SHIFT_DAYS_SIZE - len, "%s%s",
				len == 0 ? "" : ",", day_words[day]);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* HH:MM */
static int take_minutes(const char *text, size_t len, unsigned *ret_minutes)
{
	unsigned hour, minute;

	if (len != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) ||
		!is_digit(text[4]))
		return -1;
	hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
	*ret_minutes = hour * 60 + minute;
	return hour < 24 && minute < 60 ? 0 : -1;
}

/* A name of the time zone database: what could lead anywhere else is none. */
static int take_zone(const char *text, size_t len, char ret_zone[SHIFT_ZONE_SIZE])
{
	if (len == 0 || len >= SHIFT_ZONE_SIZE || text[0] == '/' || memmem(text, len, "..", 2) != NULL)
		return -1;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
			    c == '-' || c == '+' || c == '/'))
			return -1;
	}
	memcpy(ret_zone, text, len);
	ret_zone[len] = '\0';
	return 0;
}

/* Without its file a system takes any name for UTC, and says nothing. */
static bool is_known_zone(const char *zone)
{
	char path[sizeof ZONE_FOLDER + 1 + SHIFT_ZONE_SIZE];

	if (strcmp(zone, UTC) == 0)
		return true;
	(void)snprintf(path, sizeof path, ZONE_FOLDER "/%s", zone);
	return access(path, R_OK) == 0;
}

static int check_zone(const char *zone, struct failure *failure)
{
	return is_known_zone(zone)
		       ? 0
		       : failure_set(failure, EX_DATAERR,
				 "this system knows no time zone `%s': write one like Asia/Manila, or "
				 "install tzdata",
				 zone);
}

int shift_options(const struct invocation *invocation, const char *officer, struct shift *ret_shift,
	struct failure *failure)
{
	const char *days = arguments_option(invocation->arguments, "days");
	const char *from = arguments_option(invocation->arguments, "from");
	const char *to = arguments_option(invocation->arguments, "to");
	const char *zone = arguments_option(invocation->arguments, "zone");
	struct shift shift = { .days = EVERY_DAY, .zone = UTC };

	if (from == NULL || to == NULL || take_minutes(from, strlen(from), &shift.from) != 0 ||
		take_minutes(to, strlen(to), &shift.to) != 0)
		return failure_set(failure, EX_USAGE,
			"--from and --to say when a shift begins and ends, as 08:00 and 16:30");
	if (days != NULL && take_days(days, strlen(days), &shift.days) != 0)
		return failure_set(failure, EX_USAGE,
			"--days takes mon, tue, wed, thu, fri, sat and sun, with commas, or daily");
	if (zone != NULL && take_zone(zone, strlen(zone), shift.zone) != 0)
		return failure_set(failure, EX_USAGE, "--zone takes a time zone's name, like Asia/Manila");
	if (check_zone(shift.zone, failure) != 0)
		return -1;
	(void)snprintf(shift.officer, sizeof shift.officer, "%s", officer);
	*ret_shift = shift;
	return 0;
}

/* --- JSON */

json_t *shifts_json(const struct shifts *shifts)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < shifts->count; i++) {
		const struct shift *shift = &shifts->list[i];
		char days[SHIFT_DAYS_SIZE], from[16], to[16];

		shift_days(shift, days);
		(void)snprintf(from, sizeof from, "%02u:%02u", shift->from / 60, shift->from % 60);
		(void)snprintf(to, sizeof to, "%02u:%02u", shift->to / 60, shift->to % 60);
		if (json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "days", days, "from", from,
					  "officer", shift->officer, "to", to, "zone", shift->zone)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	if (shifts->absences.count == 0)
		return json_pack("{s:i, s:o}", "schema", SCHEMA, "shifts", list);
	return json_pack("{s:i, s:o, s:o}", "schema", WITH_ABSENCES, "shifts", list, "absences",
		absences_json(&shifts->absences));
}

static int take_shift(const json_t *object, struct shift *shift)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_text(object, "officer", &text, &len) != 0 || name_of(text, len, shift->officer) != 0 ||
		member_text(object, "days", &text, &len) != 0 || take_days(text, len, &shift->days) != 0)
		return -1;
	if (member_text(object, "from", &text, &len) != 0 || take_minutes(text, len, &shift->from) != 0 ||
		member_text(object, "to", &text, &len) != 0 || take_minutes(text, len, &shift->to) != 0)
		return -1;
	return member_text(object, "zone", &text, &len) == 0 ? take_zone(text, len, shift->zone) : -1;
}

int shifts_take(const json_t *object, struct shifts *ret_shifts)
{
	const json_t *list = json_object_get(object, "shifts");
	size_t count = json_array_size(list);
	struct shifts shifts = { .list = calloc(count + 1, sizeof(struct shift)), .count = count };
	uint64_t schema = 0;
	int rc = 0;

	if (shifts.list == NULL || member_number(object, "schema", &schema) != 0 || schema < SCHEMA ||
		schema > WITH_ABSENCES || !json_is_array(list) || count > SHIFTS_MAX)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = take_shift(json_array_get(list, i), &shifts.list[i]);
	if (rc == 0 && schema == WITH_ABSENCES)
		rc = absences_take(json_object_get(object, "absences"), &shifts.absences);
	if (rc == 0)
		*ret_shifts = shifts;
	else
		shifts_free(&shifts);
	return rc;
}

/* --- what they come to */

/* This minute of a day in the zone that is set; a time that the clocks leave out is the one behind the gap.
 */
static int64_t moment(const struct tm *day, int days_later, unsigned minutes)
{
	struct tm local = { .tm_year = day->tm_year,
		.tm_mon = day->tm_mon,
		.tm_mday = day->tm_mday + days_later,
		.tm_hour = (int)(minutes / 60),
		.tm_min = (int)(minutes % 60),
		.tm_isdst = -1 };

	return (int64_t)mktime(&local);
}

struct duties {
	struct duty list[ROTA_DUTIES_MAX];
	size_t count;
};

static bool is_on(const struct shift *shift, const struct tm *day, int days_later)
{
	struct tm noon = { .tm_year = day->tm_year,
		.tm_mon = day->tm_mon,
		.tm_mday = day->tm_mday + days_later,
		.tm_hour = 12,
		.tm_isdst = -1 };

	(void)mktime(&noon);
	/* tm_wday counts from Sunday. */
	return (shift->days & (1U << ((unsigned)noon.tm_wday + 6) % 7)) != 0;
}

/* One day's duty of this shift, where it has one that isn't over. */
static void add_day(
	struct duties *duties, const struct shift *shift, const struct tm *today, int day, int64_t now)
{
	struct duty duty;

	if (!is_on(shift, today, day) || duties->count == ROTA_DUTIES_MAX)
		return;
	memcpy(duty.officer, shift->officer, sizeof duty.officer);
	duty.from = moment(today, day, shift->from);
	duty.to = moment(today, day + (shift->to <= shift->from ? 1 : 0), shift->to);
	if (duty.to <= now || duty.to <= duty.from)
		return;
	for (size_t i = 0; i < duties->count; i++) {
		struct duty *other = &duties->list[i];

		if (other->from != duty.from || strcmp(other->officer, duty.officer) != 0)
			continue;
		if (duty.to > other->to)
			other->to = duty.to;
		return;
	}
	duties->list[duties->count++] = duty;
}

static int work_out_day(
	const struct shifts *shifts, int64_t now, int day, struct duties *duties, struct failure *failure)
{
	const time_t seconds = (time_t)now;

	for (size_t i = 0; i < shifts->count; i++) {
		struct tm today;

		if (check_zone(shifts->list[i].zone, failure) != 0)
			return -1;
		if (setenv("TZ", shifts->list[i].zone, 1) != 0)
			return failure_memory(failure);
		tzset();
		if (localtime_r(&seconds, &today) == NULL)
			return failure_set(failure, EX_DATAERR, "the clock is wrong: set it right");
		add_day(duties, &shifts->list[i], &today, day, now);
	}
	return 0;
}

/* The C library works out local times of the zone in the environment only. Nothing else of these programs
 * asks for local time, so that it stays there. */
int shifts_work_out(const struct shifts *shifts, int64_t now, struct rota *rota, struct failure *failure)
{
	struct duties *duties = calloc(1, sizeof *duties);
	int rc = 0;

	if (duties == NULL)
		return failure_memory(failure);
	/* A shift that began yesterday may still go on. By days, so that what has no room is what is last. */
	for (int day = -1; rc == 0 && day < SHIFTS_AHEAD; day++)
		rc = work_out_day(shifts, now, day, duties, failure);
	if (rc == 0)
		absences_cut(&shifts->absences, duties->list, &duties->count, COUNT_OF(duties->list));
	if (rc == 0 && rota_set_duties(rota, duties->list, duties->count) != 0)
		rc = failure_memory(failure);
	free(duties);
	return rc;
}
