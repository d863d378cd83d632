#include "absences.h"

#include "proto/json.h"
#include "proto/time.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400

void absences_free(struct absences *absences)
{
	free(absences->list);
	*absences = (struct absences){ .list = NULL };
}

int absences_add(struct absences *absences, const struct absence *absence, struct failure *failure)
{
	struct absence *longer;

	if (absence->to <= absence->from || absence->to - absence->from > (int64_t)ABSENCE_DAYS_MAX * DAY)
		return failure_set(failure, EX_DATAERR,
			"an absence ends after it begins, and within %d days: give other times",
			ABSENCE_DAYS_MAX);
	if (absences->count >= ABSENCES_MAX)
		return failure_set(failure, EX_DATAERR,
			"a desk has at most %d absences: let colleagues say that they are back",
			ABSENCES_MAX);
	longer = reallocarray(absences->list, absences->count + 1, sizeof *longer);
	if (longer == NULL)
		return failure_memory(failure);
	absences->list = longer;
	absences->list[absences->count++] = *absence;
	return 0;
}

void absences_drop(struct absences *absences, const char *officer)
{
	size_t kept = 0;

	for (size_t i = 0; i < absences->count; i++)
		if (strcmp(absences->list[i].officer, officer) != 0)
			absences->list[kept++] = absences->list[i];
	absences->count = kept;
}

void absences_drop_past(struct absences *absences, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < absences->count; i++)
		if (absences->list[i].to > now)
			absences->list[kept++] = absences->list[i];
	absences->count = kept;
}

/* --- JSON */

json_t *absences_json(const struct absences *absences)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < absences->count; i++) {
		const struct absence *absence = &absences->list[i];
		char from[TIME_SIZE], to[TIME_SIZE];

		time_format(absence->from, from);
		time_format(absence->to, to);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "from", from, "officer",
							absence->officer, "to", to)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int take_one(const json_t *object, struct absence *absence)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_text(object, "officer", &text, &len) != 0 || name_of(text, len, absence->officer) != 0 ||
		member_time(object, "from", &absence->from) != 0 ||
		member_time(object, "to", &absence->to) != 0)
		return -1;
	return absence->from < absence->to ? 0 : -1;
}

int absences_take(const json_t *list, struct absences *ret_absences)
{
	size_t count = json_array_size(list);
	struct absences absences = { .list = calloc(count + 1, sizeof(struct absence)), .count = count };
	int rc = absences.list == NULL || !json_is_array(list) || count > ABSENCES_MAX ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = take_one(json_array_get(list, i), &absences.list[i]);
	if (rc == 0)
		*ret_absences = absences;
	else
		absences_free(&absences);
	return rc;
}

/* --- what they take away */

static void drop(struct duty *duties, size_t *count, size_t at)
{
	(*count)--;
	memmove(duties + at, duties + at + 1, (*count - at) * sizeof *duties);
}

/* The duty at this place without the absence; what is left behind it becomes one more, where there is room.
 */
static void cut_one(const struct absence *absence, struct duty *duties, size_t *count, size_t room, size_t at)
{
	struct duty *duty = &duties[at];

	if (duty->to > absence->to && duty->from < absence->from && *count < room) {
		duties[*count] = *duty;
		duties[(*count)++].from = absence->to;
	}
	if (duty->from >= absence->from)
		duty->from = absence->to;
	else
		duty->to = absence->from;
	if (duty->from >= duty->to)
		drop(duties, count, at);
}

/* Two that began at different times may begin together now. */
static void merge(struct duty *duties, size_t *count)
{
	for (size_t one = 0; one < *count; one++) {
		for (size_t other = one + 1; other < *count;) {
			if (duties[one].from != duties[other].from ||
				strcmp(duties[one].officer, duties[other].officer) != 0) {
				other++;
				continue;
			}
			if (duties[other].to > duties[one].to)
				duties[one].to = duties[other].to;
			drop(duties, count, other);
		}
	}
}

void absences_cut(const struct absences *absences, struct duty *duties, size_t *count, size_t room)
{
	for (size_t i = 0; i < absences->count; i++) {
		const struct absence *absence = &absences->list[i];

		/* Backwards: one that is dropped moves only what was looked at. */
		for (size_t at = *count; at > 0; at--) {
			const struct duty *duty = &duties[at - 1];

			if (strcmp(duty->officer, absence->officer) == 0 && duty->from < absence->to &&
				absence->from < duty->to)
				cut_one(absence, duties, count, room, at - 1);
		}
	}
	if (absences->count > 0)
		merge(duties, count);
}
