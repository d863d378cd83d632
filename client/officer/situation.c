#include "situation_internal.h"

#include <stdlib.h>

struct table *table_begin(
	struct counting *counting, const char *id, const char *title, const char *counted, bool adds_up)
{
	struct table *table = &counting->situation->tables[counting->situation->table_count++];

	table->id = id;
	table->title = title;
	table->counted = counted;
	table->adds_up = adds_up;
	return table;
}

void table_rows(struct table *table, const char *const *names, size_t count)
{
	for (size_t at = 0; at < count; at++)
		table_row(table, names[at]);
}

void table_columns(struct table *table, const char *const *names, size_t count)
{
	for (size_t at = 0; at < count; at++)
		table_column(table, names[at]);
}

bool is_in_period(const struct counting *counting, const struct extract *extract)
{
	return extract->came >= counting->situation->from && extract->came < counting->situation->to;
}

/* Whose people are counted here: with consent, in the period, and not counted elsewhere already. */
bool counts(const struct counting *counting, const struct extract *extract)
{
	return extract->may_be_counted && !extract->is_repeated && is_in_period(counting, extract);
}

static void add_acts(struct counting *counting)
{
	struct table *table =
		table_begin(counting, "S3", "Other harmful acts by family and whom they hit", "acts", true);

	table_rows(table, extract_families, FAMILIES);
	table_columns(table, extract_units, UNITS);
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		for (size_t cell = 0; counts(counting, extract) && cell < (size_t)FAMILIES * UNITS; cell++)
			table_count(table, cell / UNITS, cell % UNITS, (uint32_t)at,
				extract->act_units[cell / UNITS][cell % UNITS]);
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
