/* Tables of people: victims by act (S1, S2), sexual violence (S4), reprisals (S5), rights (S6). */
#include "situation_internal.h"

#include <string.h>

#define PLACES_LEAST 3 /* times the threshold: fewer, and an area is shown with the others */
#define PERSONS      N_("women, men and others, each once")

static const char *const bucket_names[BUCKETS] = { N_("1 killing"), N_("2 enforced disappearance"),
	N_("3 torture"), N_("4 arbitrary detention"), N_("5 kidnapping"), N_("6 other harmful acts") };
static const char *const gbvims_names[6] = { N_("RA rape"), N_("SA sexual assault"),
	N_("PA physical assault"), N_("FM forced marriage"), N_("DR denial of resources"),
	N_("PE psychological") };

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

void find_places(struct counting *counting)
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
		if (people >= PLACES_LEAST * counting->part->threshold)
			memcpy(counting->places[counting->place_count++], one->adm1, ADM1_SIZE);
	}
}

/* S1 and S2: by what is one thing more known of each person? */
enum by { BY_GENDER, BY_AGE, BY_CATEGORY, BY_PERPETRATOR, BY_PLACE, BYS };

static void columns_by(struct counting *counting, struct table *table, enum by by)
{
	if (by == BY_GENDER)
		table_columns(table, extract_genders, COUNT_OF(extract_genders));
	else if (by == BY_AGE)
		table_columns(table, extract_ages, COUNT_OF(extract_ages));
	else if (by == BY_CATEGORY)
		table_columns(table, extract_categories, COUNT_OF(extract_categories));
	else if (by == BY_PERPETRATOR)
		table_columns(table, extract_perpetrators, COUNT_OF(extract_perpetrators));
	for (size_t at = 0; by == BY_PLACE && at < counting->place_count; at++)
		table_column(table, counting->places[at]);
	if (by == BY_PLACE)
		table_column(table, N_("rest of country"));
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
	table_rows(table, bucket_names, BUCKETS);
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

void add_victims(struct counting *counting)
{
	static const char *const ids[2][BYS] = {
		{ "S2-gender", "S2-age", "S2-category", "S2-perpetrator", "S2-area" },
		{ "S1-gender", "S1-age", "S1-category", "S1-perpetrator", "S1-area" },
	};
	static const char *const titles[2][BYS] = {
		{ N_("Reported, not verified: victims by act and gender"),
			N_("Reported, not verified: by act and age"),
			N_("Reported, not verified: by act and category"),
			N_("Reported, not verified: by act and perpetrator"),
			N_("Reported, not verified: by act and area") },
		{ N_("Verified (SDG 16.10.1): victims by act and gender"),
			N_("Verified (SDG 16.10.1): by act and age"),
			N_("Verified (SDG 16.10.1): by act and category"),
			N_("Verified (SDG 16.10.1): by act and perpetrator"),
			N_("Verified (SDG 16.10.1): by act and area") },
	};

	for (size_t verified = 2; verified-- > 0;) {
		for (size_t by = 0; by < BYS; by++)
			count_victims(counting,
				table_begin(counting, ids[verified][by], titles[verified][by], PERSONS, true),
				(enum by)by, verified == 1);
	}
}

void add_sexual(struct counting *counting)
{
	struct table *table = table_begin(counting, "S4",
		"Sexual and gender-based violence by GBVIMS type and age", N_("people, one type each"), true);

	table_rows(table, gbvims_names, COUNT_OF(gbvims_names));
	table_columns(table, extract_ages, COUNT_OF(extract_ages));
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

/* A further report of a case of an earlier year, by the same receipt number, is counted in its own year: the
 * first one, and where nothing else of that case is. */
static bool is_news(const struct counting *counting, size_t at)
{
	const struct extract *one = &counting->extracts[at];
	bool has_earlier_year = false;

	if (!one->is_followup || !one->may_be_counted || one->reporter == 0 || !is_in_period(counting, one))
		return false;
	for (size_t i = 0; i < counting->count; i++) {
		const struct extract *other = &counting->extracts[i];
		bool is_before = other->came < one->came || (other->came == one->came && i < at);

		if (i == at || other->reporter != one->reporter)
			continue;
		if (counts(counting, other) ||
			(is_before && other->is_followup && is_in_period(counting, other)))
			return false;
		has_earlier_year = has_earlier_year || other->came < counting->part->period.from;
	}
	return has_earlier_year;
}

void add_reprisals(struct counting *counting)
{
	static const char *const ids[REPRISALS] = { "S5-unit", "S5-state", "S5-named", "S5-gender",
		"S5-new" };
	static const char *const titles[REPRISALS] = {
		N_("Reprisals for UN cooperation: individuals and groups"),
		N_("Reprisals for UN cooperation: by whom"),
		N_("Reprisals for UN cooperation: may she be named"),
		N_("Reprisals for UN cooperation: women"),
		N_("Reprisals for UN cooperation: new, or after an earlier case")
	};
	static const char *const columns[REPRISALS][3] = { { N_("individuals"), N_("groups") },
		{ N_("State"), N_("non-State"), N_("not known") }, { N_("named"), N_("anonymous") },
		{ N_("women"), N_("others") }, { N_("new"), N_("after an earlier one") } };

	for (size_t about = 0; about < REPRISALS; about++) {
		struct table *table =
			table_begin(counting, ids[about], titles[about], N_("people and UN bodies"), true);

		table->same_rows = SAME_REPRISALS;
		table_rows(table, extract_entities, ENTITIES);
		for (size_t at = 0; at < 3 && columns[about][at] != NULL; at++)
			table_column(table, columns[about][at]);
		for (size_t at = 0; at < counting->count; at++) {
			const struct extract *one = &counting->extracts[at];

			if (!counts(counting, one) && !is_news(counting, at))
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

void add_rights(struct counting *counting)
{
	struct table *table =
		table_begin(counting, "S6", "Rights defended and acts suffered", N_("people"), false);

	table_rows(table, extract_rights, RIGHTS);
	table_columns(table, extract_families, FAMILIES);
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
