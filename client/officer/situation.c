#include "situation.h"

#include "proto/event_content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR         3600
#define PLACES_LEAST 3 /* times the threshold: fewer, and an area is shown with the others */
#define PLACES_MAX   (TABLE_COLUMNS - 1)
#define QUARTERS_MAX TABLE_ROWS
#define PERSONS      "women, men and others, each once"

static const char *const bucket_names[BUCKETS] = { "1 killing", "2 enforced disappearance", "3 torture",
	"4 arbitrary detention", "5 kidnapping", "6 other harmful acts" };
static const char *const gbvims_names[6] = { "RA rape", "SA sexual assault", "PA physical assault",
	"FM forced marriage", "DR denial of resources", "PE psychological" };

/* Tables that count the same things (disclosure.h). */
enum same { SAME_NONE, SAME_REPORTED, SAME_VERIFIED, SAME_REPRISALS, SAME_REPORTS, SAME_ALL_REPORTS };

/* Everything that the tables are counted from. */
struct counting {
	struct situation *situation;
	const struct extract *extracts;
	size_t count;
	const struct target *target;
	char places[PLACES_MAX][ADM1_SIZE]; /* areas with enough people */
	size_t place_count;
};

static struct table *begin(
	struct counting *counting, const char *id, const char *title, const char *counted, bool adds_up)
{
	struct table *table = &counting->situation->tables[counting->situation->table_count++];

	table->id = id;
	table->title = title;
	table->counted = counted;
	table->adds_up = adds_up;
	return table;
}

static void rows_of(struct table *table, const char *const *names, size_t count)
{
	for (size_t at = 0; at < count; at++)
		table_row(table, names[at]);
}

static void columns_of(struct table *table, const char *const *names, size_t count)
{
	for (size_t at = 0; at < count; at++)
		table_column(table, names[at]);
}

static bool is_in_period(const struct counting *counting, const struct extract *extract)
{
	return extract->came >= counting->situation->from && extract->came < counting->situation->to;
}

/* Whose people are counted here: with consent, in the period, and not counted elsewhere already. */
static bool counts(const struct counting *counting, const struct extract *extract)
{
	return extract->may_be_counted && !extract->is_repeated && is_in_period(counting, extract);
}

static bool is_victim(const struct extract *extract, const struct person_extract *person)
{
	return extract->is_linked_to_work && person->bucket != 0 && person->unit == 0;
}

static size_t place_of(const struct counting *counting, const struct extract *extract)
{
	size_t at = 0;

	while (at < counting->place_count && strcmp(counting->places[at], extract->adm1) != 0)
		at++;
	return at; /* place_count: the rest of the country */
}

static void find_places(struct counting *counting)
{
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *one = &counting->extracts[at];
		uint32_t people = 0;

		if (one->adm1[0] == '\0' || counting->place_count == PLACES_MAX ||
			place_of(counting, one) < counting->place_count)
			continue;
		for (size_t other = 0; other < counting->count; other++)
			if (counts(counting, &counting->extracts[other]) &&
				strcmp(counting->extracts[other].adm1, one->adm1) == 0)
				people += (uint32_t)counting->extracts[other].person_count;
		if (people >= PLACES_LEAST * counting->situation->threshold)
			memcpy(counting->places[counting->place_count++], one->adm1, ADM1_SIZE);
	}
}

/* S1 and S2: by what is one thing more known of each person? */
enum by { BY_GENDER, BY_AGE, BY_CATEGORY, BY_PERPETRATOR, BY_PLACE, BYS };

static void columns_by(struct counting *counting, struct table *table, enum by by)
{
	if (by == BY_GENDER)
		columns_of(table, extract_genders, COUNT_OF(extract_genders));
	else if (by == BY_AGE)
		columns_of(table, extract_ages, COUNT_OF(extract_ages));
	else if (by == BY_CATEGORY)
		columns_of(table, extract_categories, COUNT_OF(extract_categories));
	else if (by == BY_PERPETRATOR)
		columns_of(table, extract_perpetrators, COUNT_OF(extract_perpetrators));
	for (size_t at = 0; by == BY_PLACE && at < counting->place_count; at++)
		table_column(table, counting->places[at]);
	if (by == BY_PLACE)
		table_column(table, "rest of country");
}

static size_t column_by(const struct counting *counting, const struct extract *extract,
	const struct person_extract *person, enum by by)
{
	switch (by) {
	case BY_GENDER:
		return person->gender;
	case BY_AGE:
		return person->age;
	case BY_CATEGORY:
		return person->category;
	case BY_PERPETRATOR:
		return person->perpetrator;
	default:
		return place_of(counting, extract);
	}
}

static void count_victims(struct counting *counting, struct table *table, enum by by, bool verified)
{
	table->same_rows = verified ? SAME_VERIFIED : SAME_REPORTED;
	rows_of(table, bucket_names, BUCKETS);
	columns_by(counting, table, by);
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (!counts(counting, extract) || extract->is_verified != verified)
			continue;
		for (size_t i = 0; i < extract->person_count; i++) {
			const struct person_extract *person = &extract->persons[i];

			if (is_victim(extract, person))
				table_count(table, person->bucket - 1U,
					column_by(counting, extract, person, by), (uint32_t)at, 1);
		}
	}
}

static void add_victims(struct counting *counting)
{
	static const char *const ids[2][BYS] = {
		{ "S2-gender", "S2-age", "S2-category", "S2-perpetrator", "S2-area" },
		{ "S1-gender", "S1-age", "S1-category", "S1-perpetrator", "S1-area" },
	};
	static const char *const titles[2][BYS] = {
		{ "Reported, not verified: victims by act and gender",
			"Reported, not verified: by act and age",
			"Reported, not verified: by act and category",
			"Reported, not verified: by act and perpetrator",
			"Reported, not verified: by act and area" },
		{ "Verified (SDG 16.10.1): victims by act and gender",
			"Verified (SDG 16.10.1): by act and age",
			"Verified (SDG 16.10.1): by act and category",
			"Verified (SDG 16.10.1): by act and perpetrator",
			"Verified (SDG 16.10.1): by act and area" },
	};

	for (size_t verified = 2; verified-- > 0;) {
		for (size_t by = 0; by < BYS; by++)
			count_victims(counting,
				begin(counting, ids[verified][by], titles[verified][by], PERSONS, true),
				(enum by)by, verified == 1);
	}
}

static void add_acts(struct counting *counting)
{
	struct table *table =
		begin(counting, "S3", "Other harmful acts by family and whom they hit", "acts", true);

	rows_of(table, extract_families, FAMILIES);
	columns_of(table, extract_units, UNITS);
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		for (size_t cell = 0; counts(counting, extract) && cell < (size_t)FAMILIES * UNITS; cell++)
			table_count(table, cell / UNITS, cell % UNITS, (uint32_t)at,
				extract->act_units[cell / UNITS][cell % UNITS]);
	}
}

static void add_sexual(struct counting *counting)
{
	struct table *table = begin(counting, "S4", "Sexual and gender-based violence by GBVIMS type and age",
		"people, one type each", true);

	rows_of(table, gbvims_names, COUNT_OF(gbvims_names));
	columns_of(table, extract_ages, COUNT_OF(extract_ages));
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		for (size_t i = 0; counts(counting, extract) && i < extract->person_count; i++) {
			const struct person_extract *person = &extract->persons[i];

			if (person->gbvims != 0)
				table_count(table, person->gbvims - 1U, person->age, (uint32_t)at, 1);
		}
	}
}

/* Reprisals: what is told of each person besides the body she worked with. */
enum reprisal { REPRISAL_UNIT, REPRISAL_STATE, REPRISAL_NAMED, REPRISAL_GENDER, REPRISAL_NEW, REPRISALS };

static size_t reprisal_column(
	const struct extract *extract, const struct person_extract *person, enum reprisal about)
{
	switch (about) {
	case REPRISAL_UNIT:
		return person->unit == 0 ? 0 : 1;
	case REPRISAL_STATE:
		return person->perpetrator == 0 ? 0 : person->perpetrator == 7 ? 2 : 1;
	case REPRISAL_NAMED:
		return extract->is_named ? 0 : 1;
	case REPRISAL_NEW:
		return extract->has_earlier ? 1 : 0;
	default:
		return person->gender == 0 ? 0 : 1;
	}
}

static void add_reprisals(struct counting *counting)
{
	static const char *const ids[REPRISALS] = { "S5-unit", "S5-state", "S5-named", "S5-gender",
		"S5-new" };
	static const char *const titles[REPRISALS] = { "Reprisals for UN cooperation: individuals and groups",
		"Reprisals for UN cooperation: by whom", "Reprisals for UN cooperation: may she be named",
		"Reprisals for UN cooperation: women",
		"Reprisals for UN cooperation: new, or after an earlier case" };
	static const char *const columns[REPRISALS][3] = { { "individuals", "groups" },
		{ "State", "non-State", "not known" }, { "named", "anonymous" }, { "women", "others" },
		{ "new", "after an earlier one" } };

	for (size_t about = 0; about < REPRISALS; about++) {
		struct table *table =
			begin(counting, ids[about], titles[about], "people and UN bodies", true);

		table->same_rows = SAME_REPRISALS;
		rows_of(table, extract_entities, ENTITIES);
		for (size_t at = 0; at < 3 && columns[about][at] != NULL; at++)
			table_column(table, columns[about][at]);
		for (size_t at = 0; at < counting->count; at++) {
			const struct extract *one = &counting->extracts[at];
			bool in_cycle = one->came >= counting->situation->cycle_from &&
					one->came < counting->situation->cycle_to;

			if (!one->may_be_counted || one->is_repeated || !in_cycle)
				continue;
			for (size_t cell = 0; cell < one->person_count * ENTITIES; cell++) {
				const struct person_extract *person = &one->persons[cell / ENTITIES];

				if ((one->entities >> (cell % ENTITIES) & 1) != 0)
					table_count(table, cell % ENTITIES,
						reprisal_column(one, person, (enum reprisal)about),
						(uint32_t)at, 1);
			}
		}
	}
}

static void add_rights(struct counting *counting)
{
	struct table *table = begin(counting, "S6", "Rights defended and acts suffered", "people", false);

	rows_of(table, extract_rights, RIGHTS);
	columns_of(table, extract_families, FAMILIES);
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		for (size_t i = 0; counts(counting, extract) && i < extract->person_count; i++) {
			for (size_t cell = 0; cell < (size_t)RIGHTS * FAMILIES; cell++) {
				size_t right = cell / FAMILIES, family = cell % FAMILIES;

				if ((extract->rights >> right & 1) != 0 &&
					(extract->persons[i].families >> family & 1) != 0)
					table_count(table, right, family, (uint32_t)at, 1);
			}
		}
	}
}

static int by_size(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static int find_waiting(struct counting *counting, size_t urgency)
{
	int64_t *times = calloc(counting->count + 1, sizeof *times);
	struct waiting *waiting = &counting->situation->waiting[urgency];
	size_t count = 0;

	if (times == NULL)
		return -1;
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (is_in_period(counting, extract) && extract->is_acknowledged &&
			extract->urgency == urgency)
			times[count++] = extract->waited;
	}
	qsort(times, count, sizeof *times, by_size);
	waiting->is_shown = count >= counting->situation->threshold;
	if (waiting->is_shown) {
		waiting->median_hours = (uint32_t)((times[(count - 1) / 2] + HOUR - 1) / HOUR);
		waiting->most_hours = (uint32_t)((times[(count * 9 + 9) / 10 - 1] + HOUR - 1) / HOUR);
	}
	free(times);
	return 0;
}

/* How fast we answered: nothing of what a report says is in it, so that every report counts. */
static int add_response(struct counting *counting)
{
	struct table *table =
		begin(counting, "S7", "How fast reports were acknowledged", "all reports", true);

	table->same_rows = SAME_ALL_REPORTS;
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		table_row(table, urgency_word((enum urgency)urgency));
	table_column(table, "in time");
	table_column(table, "later");
	table_column(table, "not yet");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];
		bool in_time = extract->waited <= counting->target->seconds[extract->urgency];

		if (is_in_period(counting, extract))
			table_count(table, extract->urgency,
				!extract->is_acknowledged ? 2
				: in_time                 ? 0
							  : 1,
				(uint32_t)at, 1);
	}
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		if (find_waiting(counting, urgency) != 0)
			return -1;
	return 0;
}

static void add_needs(struct counting *counting)
{
	struct table *table = begin(counting, "S8", "Needs, and what came of them", "needs", true);

	rows_of(table, extract_needs, NEEDS);
	columns_of(table, extract_outcomes, OUTCOMES);
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		for (size_t need = 0; counts(counting, extract) && need < NEEDS; need++)
			if ((extract->needs >> need & 1) != 0)
				table_count(table, need, extract->outcomes[need], (uint32_t)at, 1);
	}
}

static void add_closures(struct counting *counting)
{
	struct table *table = begin(counting, "S9", "Why cases were closed", "reports", true);

	table->part_of_whole = SAME_REPORTS;
	for (size_t at = 0; at < closure_reason_count; at++)
		table_row(table, closure_reasons[at].code);
	table_column(table, "closed");
	table_column(table, "reopened");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (extract->may_be_counted && is_in_period(counting, extract) && extract->reason != 0)
			table_count(table, extract->reason - 1U, extract->state == STATE_CLOSED ? 0 : 1,
				(uint32_t)at, 1);
	}
}

static void add_repeats(struct counting *counting)
{
	struct table *table = begin(counting, "S10", "Reports with an earlier one linked", "reports", true);

	table->same_whole = SAME_REPORTS;
	table->part_of_rows = SAME_ALL_REPORTS;
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		table_row(table, urgency_word((enum urgency)urgency));
	table_column(table, "with an earlier one");
	table_column(table, "without");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (extract->may_be_counted && is_in_period(counting, extract))
			table_count(table, extract->urgency, extract->has_earlier ? 0 : 1, (uint32_t)at, 1);
	}
}

/* Years and quarters, counted: 2026, first quarter, is 8104. */
static int quarter_of(int64_t seconds)
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	return ((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0') * 4 +
	       ((text[5] - '0') * 10 + text[6] - '1') / 3;
}

static void add_trend(struct counting *counting)
{
	struct table *table =
		begin(counting, "trend", "Reports by the quarter in which they came", "reports", true);
	int first = quarter_of(counting->situation->from), last = quarter_of(counting->situation->to - 1);

	table->same_whole = SAME_REPORTS;
	if (last - first >= QUARTERS_MAX) {
		table->same_whole = SAME_NONE;
		table->part_of_whole = SAME_REPORTS;
		first = last - QUARTERS_MAX + 1;
	}
	for (int quarter = first; quarter <= last; quarter++) {
		char label[TABLE_LABEL];

		(void)snprintf(label, sizeof label, "%04d Q%d", quarter / 4, quarter % 4 + 1);
		table_row(table, label);
	}
	table_column(table, "reports");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];
		int quarter = quarter_of(extract->came);

		if (extract->may_be_counted && is_in_period(counting, extract) && quarter >= first)
			table_count(table, (size_t)(quarter - first), 0, (uint32_t)at, 1);
	}
}

/* Half and nine in ten tell how many were in time: only where the table tells no less. */
static void hide_waiting(struct situation *situation)
{
	size_t at = situation->table_count - 1; /* S7 */

	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const enum shown *shown = situation->published[at].shown[urgency];
		bool many = situation->tables[at].cell[urgency][0] >= situation->threshold;

		if (shown[1] != SHOWN_NUMBER || (shown[0] != SHOWN_NUMBER && !many))
			situation->waiting[urgency].is_shown = false;
	}
}

int situation_count(struct situation *situation, const struct extract *extracts, size_t count,
	const struct target *target)
{
	struct counting counting = {
		.situation = situation, .extracts = extracts, .count = count, .target = target
	};

	situation->table_count = 0;
	situation->tables = calloc(SITUATION_TABLES, sizeof *situation->tables);
	situation->published = calloc(SITUATION_TABLES, sizeof *situation->published);
	if (situation->tables == NULL || situation->published == NULL)
		return -1;
	find_places(&counting);
	add_victims(&counting);
	add_acts(&counting);
	add_sexual(&counting);
	add_reprisals(&counting);
	add_rights(&counting);
	add_needs(&counting);
	add_closures(&counting);
	add_repeats(&counting);
	add_trend(&counting);
	if (add_response(&counting) != 0)
		return -1;
	if (publish(situation->tables, situation->table_count, situation->threshold, situation->published) !=
		0)
		return -1;
	hide_waiting(situation);
	return 0;
}

void situation_free(struct situation *situation)
{
	free(situation->tables);
	free(situation->published);
	situation->tables = NULL;
	situation->published = NULL;
}
