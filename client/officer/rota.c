/* duty set, add, clear, away, back, renew, show, now: when this officer is on duty at a desk, so that the
 * server wakes those on duty first. */
#include "rota_call.h"
#include "verbs.h"

#include "words.h"

#include "client/output.h"
#include "proto/json.h"
#include "proto/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_S     86400
#define SOON_DAYS 14 /* before its end, everybody is told to renew the rota */

struct duty_work {
	struct officer *officer;
	char desk[NAME_SIZE];
	char me[NAME_SIZE];
};

/* --desk, or the only desk that she serves. */
static int begin(const struct invocation *invocation, struct duty_work *work, struct failure *failure)
{
	const char *desk = arguments_option(invocation->arguments, "desk");
	const struct roster_officer *me;

	if (officer_open(invocation, &work->officer, failure) != 0 ||
		officer_me(work->officer, &me, failure) != 0)
		return -1;
	if (desk == NULL && me->desk_count > 1)
		return failure_set(failure, EX_USAGE, "you serve several desks: say which with --desk");
	if (desk != NULL && !officer_serves(me, desk))
		return failure_set(
			failure, EX_NOPERM, "you don't serve that desk: `duty' is for your own desks");
	(void)snprintf(work->desk, sizeof work->desk, "%s", desk == NULL ? me->desks[0] : desk);
	(void)snprintf(work->me, sizeof work->me, "%s", me->name);
	return 0;
}

/* --- changes */

struct duty_change {
	const char *me;
	const struct shift *shift;     /* NULL for none */
	const struct absence *absence; /* the same */
	bool drops;                    /* her shifts */
	bool is_back;
};

static int change(void *context, struct shifts *shifts, struct failure *failure)
{
	const struct duty_change *wanted = context;

	if (wanted->drops)
		shifts_drop(shifts, wanted->me);
	if (wanted->is_back)
		absences_drop(&shifts->absences, wanted->me);
	if (wanted->absence != NULL && absences_add(&shifts->absences, wanted->absence, failure) != 0)
		return -1;
	return wanted->shift == NULL ? 0 : shifts_add(shifts, wanted->shift, failure);
}

static int write_rota(const struct invocation *invocation, struct duty_work *work, struct duty_change *wanted,
	struct failure *failure)
{
	uint64_t number = 0;

	wanted->me = work->me;
	if (rota_edit(work->officer, work->desk, change, wanted, &number, failure) != 0)
		return -1;
	say(invocation, "The rota of the desk %s is written for the next %d days.\n", work->desk,
		SHIFTS_AHEAD);
	return output_result(invocation,
		json_pack("{s:s, s:I}", "desk", work->desk, "number", (json_int_t)number), failure);
}

static int edit(
	const struct invocation *invocation, struct duty_change wanted, bool adds, struct failure *failure)
{
	struct duty_work work = { .officer = NULL };
	struct shift shift = { 0 };
	int rc = -1;

	/* What is typed wrong is said before anything else. */
	if ((!adds || shift_options(invocation, "", &shift, failure) == 0) &&
		begin(invocation, &work, failure) == 0) {
		memcpy(shift.officer, work.me, sizeof shift.officer);
		wanted.shift = adds ? &shift : NULL;
		rc = write_rota(invocation, &work, &wanted, failure);
	}
	officer_close(work.officer);
	return rc;
}

int verb_duty_set(const struct invocation *invocation, struct failure *failure)
{
	return edit(invocation, (struct duty_change){ .drops = true }, true, failure);
}

int verb_duty_add(const struct invocation *invocation, struct failure *failure)
{
	return edit(invocation, (struct duty_change){ .drops = false }, true, failure);
}

int verb_duty_clear(const struct invocation *invocation, struct failure *failure)
{
	return edit(invocation, (struct duty_change){ .drops = true }, false, failure);
}

int verb_duty_renew(const struct invocation *invocation, struct failure *failure)
{
	return edit(invocation, (struct duty_change){ .drops = false }, false, failure);
}

int verb_duty_back(const struct invocation *invocation, struct failure *failure)
{
	return edit(invocation, (struct duty_change){ .is_back = true }, false, failure);
}

/* --from, else now, and --until. */
static int take_absence(const struct invocation *invocation, int64_t now, struct absence *ret_absence,
	struct failure *failure)
{
	json_t *times = json_object();
	bool begins_now = arguments_option(invocation->arguments, "from") == NULL;
	int rc = -1;

	ret_absence->from = now;
	if (times == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (!begins_now && (time_member(invocation, "from", now, times, failure) != 0 ||
				   member_time(times, "until", &ret_absence->from) != 0))
		goto cleanup;
	if (time_member(invocation, "until", now, times, failure) == 0 &&
		member_time(times, "until", &ret_absence->to) == 0)
		rc = 0;
cleanup:
	json_decref(times);
	return rc;
}

int verb_duty_away(const struct invocation *invocation, struct failure *failure)
{
	struct duty_work work = { .officer = NULL };
	struct absence absence = { .officer = "" };
	struct duty_change wanted = { .absence = &absence };
	int rc = -1;

	if (begin(invocation, &work, failure) == 0 &&
		take_absence(invocation, organisation_now(work.officer->organisation), &absence, failure) ==
			0) {
		memcpy(absence.officer, work.me, sizeof absence.officer);
		rc = write_rota(invocation, &work, &wanted, failure);
	}
	officer_close(work.officer);
	return rc;
}

/* --- looking */

/* When the last duty ends; 0 where there is none. */
static int64_t end_of(const struct rota *rota)
{
	int64_t end = 0;

	for (size_t i = 0; rota != NULL && i < rota->duty_count; i++)
		if (rota->duties[i].to > end)
			end = rota->duties[i].to;
	return end;
}

static void warn_of_end(const struct invocation *invocation, const struct rota *rota, int64_t now)
{
	char ends[TIME_SIZE];
	int64_t end = end_of(rota);

	if (end == 0 || end > now + (int64_t)SOON_DAYS * DAY_S)
		return;
	time_format(end, ends);
	say_aside(
		invocation, "the rota ends at %s, and then all of tier 1 are woken: use `duty renew'", ends);
}

static json_t *duties_json(const struct rota *rota)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < rota->duty_count; i++) {
		const struct duty *duty = &rota->duties[i];
		char from[TIME_SIZE], to[TIME_SIZE];

		time_format(duty->from, from);
		time_format(duty->to, to);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "from", from, "officer",
							duty->officer, "to", to)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void say_absences(const struct invocation *invocation, const struct absences *absences)
{
	for (size_t i = 0; i < absences->count; i++) {
		const struct absence *absence = &absences->list[i];
		char from[TIME_SIZE], to[TIME_SIZE];

		time_format(absence->from, from);
		time_format(absence->to, to);
		say(invocation, "%s  away from %s until %s\n", absence->officer, from, to);
	}
}

static int show(const struct invocation *invocation, const struct duty_work *work, const struct rota *rota,
	struct failure *failure)
{
	struct shifts shifts = { .list = NULL };
	json_t *json, *written;
	int rc;

	if (rota_open(work->officer, rota, &shifts, failure) != 0)
		return -1;
	for (size_t i = 0; i < shifts.count; i++) {
		const struct shift *shift = &shifts.list[i];
		char days[SHIFT_DAYS_SIZE];

		shift_days(shift, days);
		say(invocation, "%s  %s  %02u:%02u to %02u:%02u  %s\n", shift->officer, days,
			shift->from / 60, shift->from % 60, shift->to / 60, shift->to % 60, shift->zone);
	}
	say_absences(invocation, &shifts.absences);
	written = shifts_json(&shifts);
	json = json_pack("{s:s, s:I, s:O?, s:o?, s:o?}", "desk", work->desk, "number",
		(json_int_t)rota->number, "shifts", json_object_get(written, "shifts"), "absences",
		absences_json(&shifts.absences), "duties", duties_json(rota));
	rc = output_result(invocation, json, failure);
	json_decref(written);
	shifts_free(&shifts);
	return rc;
}

int verb_duty_show(const struct invocation *invocation, struct failure *failure)
{
	struct duty_work work = { .officer = NULL };
	struct rota *rota = NULL;
	int rc = -1;

	if (begin(invocation, &work, failure) != 0 ||
		rota_fetch(work.officer, work.desk, &rota, failure) != 0)
		goto cleanup;
	if (rota == NULL) {
		rc = failure_set(failure, EX_NOINPUT,
			"the desk %s has no rota, so that all of tier 1 are woken: begin one with `duty set'",
			work.desk);
		goto cleanup;
	}
	rc = show(invocation, &work, rota, failure);
	warn_of_end(invocation, rota, organisation_now(work.officer->organisation));
cleanup:
	rota_free(rota);
	officer_close(work.officer);
	return rc;
}

/* Everybody on duty at this moment, once. */
static json_t *names_on_duty(
	const struct rota *rota, const struct roster *roster, const char *desk, int64_t now)
{
	json_t *names = json_array();

	for (size_t i = 0; names != NULL && rota != NULL && i < roster->officer_count; i++) {
		const struct roster_officer *officer = &roster->officers[i];

		if (officer_serves(officer, desk) && rota_covers(rota, officer->name, now) &&
			json_array_append_new(names, json_string(officer->name)) != 0) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

static int64_t next_start(const struct rota *rota, int64_t now)
{
	for (size_t i = 0; rota != NULL && i < rota->duty_count; i++)
		if (rota->duties[i].from > now)
			return rota->duties[i].from;
	return 0;
}

static int show_now(const struct invocation *invocation, const struct duty_work *work,
	const struct rota *rota, struct failure *failure)
{
	int64_t now = organisation_now(work->officer->organisation), next = next_start(rota, now);
	json_t *names =
		names_on_duty(rota, organisation_roster(work->officer->organisation), work->desk, now);
	const json_t *name;
	char starts[TIME_SIZE] = "";
	size_t at;

	if (next != 0)
		time_format(next, starts);
	json_array_foreach(names, at, name) say(invocation, "%s\n", json_string_value(name));
	if (json_array_size(names) == 0)
		say(invocation, "Nobody is on duty at the desk %s: all of tier 1 are woken.\n", work->desk);
	if (next != 0)
		say(invocation, "The next duty begins at %s.\n", starts);
	return output_result(invocation,
		json_pack("{s:s, s:o?, s:s?}", "desk", work->desk, "on_duty", names, "next",
			next == 0 ? NULL : starts),
		failure);
}

int verb_duty_now(const struct invocation *invocation, struct failure *failure)
{
	struct duty_work work = { .officer = NULL };
	struct rota *rota = NULL;
	int rc = -1;

	if (begin(invocation, &work, failure) == 0 &&
		rota_fetch(work.officer, work.desk, &rota, failure) == 0) {
		rc = show_now(invocation, &work, rota, failure);
		warn_of_end(invocation, rota, organisation_now(work.officer->organisation));
	}
	rota_free(rota);
	officer_close(work.officer);
	return rc;
}
