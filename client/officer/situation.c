#include "situation_internal.h"

#include <stdlib.h>
#include <string.h>

#define ALONE UINT32_C(0x80000000) /* above every number of a reporter */

struct table *table_begin(
	struct counting *counting, const char *id, const char *title, const char *counted, bool adds_up)
{
	struct table *table = &counting->part->tables[counting->part->table_count++];

	table->id = id;
	table->title = title;
	table->counted = counted;
	table->adds_up = adds_up;
	table->reporters = counting->reporters;
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
	return extract->came >= counting->part->period.from && extract->came < counting->part->period.to;
}

/* Whose people are counted here: with consent, in the period, and not counted elsewhere already. */
bool counts(const struct counting *counting, const struct extract *extract)
{
	return extract->may_be_counted && !extract->is_repeated && is_in_period(counting, extract);
}

static void add_acts(struct counting *counting)
{
	struct table *table = table_begin(
		counting, "S3", "Other harmful acts by family and whom they hit", N_("acts"), true);

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
static void hide_waiting(struct situation_part *part)
{
	size_t at = 0;

	while (at < part->table_count && strcmp(part->tables[at].id, RESPONSE_TABLE) != 0)
		at++;
	for (size_t urgency = 0; at < part->table_count && urgency < URGENCIES; urgency++) {
		const enum shown *shown = part->published[at].shown[urgency];
		bool many = part->tables[at].cell[urgency][0] >= part->threshold;

		if (shown[1] != SHOWN_NUMBER || (shown[0] != SHOWN_NUMBER && !many))
			part->waiting[urgency].is_shown = false;
	}
}

static int add_quarters(struct counting *counting)
{
	find_places(counting);
	add_victims(counting);
	add_acts(counting);
	add_sexual(counting);
	add_rights(counting);
	if (add_response(counting) != 0)
		return -1;
	add_contacts(counting);
	add_climbs(counting);
	add_needs(counting);
	add_referrals(counting);
	add_closures(counting);
	add_repeats(counting);
	add_trend(counting);
	return 0;
}

/* Several reports of one receipt number are one reporter's. */
static uint32_t *reporters_of(const struct extract *extracts, size_t count)
{
	uint32_t *reporters = calloc(count + 1, sizeof *reporters);

	for (size_t at = 0; reporters != NULL && at < count; at++)
		reporters[at] = extracts[at].reporter != 0 ? extracts[at].reporter : ALONE + (uint32_t)at;
	return reporters;
}

static int count_tables(struct counting *counting)
{
	struct situation_part *part = counting->part;

	if (counting->reporters == NULL || part->tables == NULL || part->published == NULL)
		return -1;
	if (part->part == PART_REPRISALS)
		add_reprisals(counting);
	else if (add_quarters(counting) != 0)
		return -1;
	return publish(part->tables, part->table_count, part->threshold, part->published);
}

int situation_count(struct situation_part *part, const struct extract *extracts, size_t count,
	const struct target *target)
{
	struct counting counting = { .part = part,
		.extracts = extracts,
		.count = count,
		.target = target,
		.reporters = reporters_of(extracts, count) };
	int rc;

	part->table_count = 0;
	part->tables = calloc(SITUATION_TABLES, sizeof *part->tables);
	part->published = calloc(SITUATION_TABLES, sizeof *part->published);
	rc = count_tables(&counting);
	for (size_t at = 0; at < part->table_count; at++)
		part->tables[at].reporters = NULL;
	free(counting.reporters);
	if (rc == 0)
		hide_waiting(part);
	return rc;
}

void situation_part_free(struct situation_part *part)
{
	free(part->tables);
	free(part->published);
	json_decref(part->kept);
	part->tables = NULL;
	part->published = NULL;
	part->kept = NULL;
}

void situation_free(struct situation *situation)
{
	for (size_t at = 0; at < PARTS; at++)
		situation_part_free(&situation->parts[at]);
}
