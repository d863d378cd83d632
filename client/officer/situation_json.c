#include "situation_json.h"

#include "proto/json.h"
#include "situation_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_words[PARTS] = { "quarters", "reprisals" };

/* A number, or the word that stands in its place. */
static json_t *cell_json(const struct situation_part *part, size_t table, size_t row, size_t column)
{
	char words[CELL_SIZE];

	cell_words(part, table, row, column, words);
	return part->published[table].shown[row][column] == SHOWN_NUMBER
		       ? json_integer(part->published[table].number[row][column])
		       : json_string(words);
}

static json_t *labels_json(const char labels[][TABLE_LABEL], size_t count, bool with_total)
{
	json_t *list = json_array();

	for (size_t at = 0; at < count; at++)
		(void)json_array_append_new(list, json_string(labels[at]));
	if (with_total)
		(void)json_array_append_new(list, json_string("total"));
	return list;
}

static json_t *table_json(const struct situation_part *part, size_t at)
{
	const struct table *table = &part->tables[at];
	size_t rows = table->rows + table->adds_up, columns = table->columns + table->adds_up;
	json_t *cells = json_array();

	for (size_t row = 0; row < rows; row++) {
		json_t *line = json_array();

		for (size_t column = 0; column < columns; column++)
			(void)json_array_append_new(line, cell_json(part, at, row, column));
		(void)json_array_append_new(cells, line);
	}
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "id", table->id, "title", table->title,
		"counted", table->counted, "adds_up", table->adds_up, "rows",
		labels_json(table->row, table->rows, table->adds_up), "columns",
		labels_json(table->column, table->columns, table->adds_up), "cells", cells);
}

static json_t *waiting_json(const struct situation_part *part)
{
	json_t *all = json_object();

	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const struct waiting *waiting = &part->waiting[urgency];

		(void)json_object_set_new(all, urgency_word((enum urgency)urgency),
			waiting->is_shown ? json_pack("{s:I, s:I}", "half", (json_int_t)waiting->median_hours,
						    "nine_in_ten", (json_int_t)waiting->most_hours)
					  : json_null());
	}
	return all;
}

static json_t *tables_json(const struct situation_part *part)
{
	json_t *tables = json_array();

	for (size_t at = 0; at < part->table_count; at++)
		(void)json_array_append_new(tables, table_json(part, at));
	return tables;
}

json_t *situation_part_json(const struct situation_part *part)
{
	char first[DATE_SIZE], last[DATE_SIZE];

	period_dates(part->period, first, last);
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "part", part_words[part->part], "from", first,
		"to", last, "threshold", (json_int_t)part->threshold, "tables", tables_json(part),
		"hours_to_acknowledge", waiting_json(part));
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
	const char *found = json_string_value(json_object_get(object, name));

	return found != NULL && strcmp(found, text) == 0;
}

static size_t parse_labels(const json_t *list, size_t most, bool with_total, char labels[][TABLE_LABEL])
{
	size_t count = json_array_size(list);

	count = with_total && count > 0 ? count - 1 : count;
	for (size_t at = 0; at < count && count <= most; at++) {
		const char *label = json_string_value(json_array_get(list, at));

		(void)snprintf(labels[at], TABLE_LABEL, "%s", label == NULL ? "" : label);
	}
	return count;
}

static int parse_cell(const json_t *cell, enum shown *ret_shown, uint32_t *ret_number)
{
	const char *words = json_string_value(cell);

	*ret_number = 0;
	if (json_is_integer(cell)) {
		*ret_shown = SHOWN_NUMBER;
		*ret_number = (uint32_t)json_integer_value(cell);
		return 0;
	}
	if (words == NULL)
		return -1;
	*ret_shown = words[0] == '<' ? SHOWN_SMALL : SHOWN_HIDDEN;
	return 0;
}

static int parse_table(const json_t *json, struct table *table, struct published *published)
{
	const json_t *cells = json_object_get(json, "cells");
	size_t extra;

	table->id = json_string_value(json_object_get(json, "id"));
	table->title = json_string_value(json_object_get(json, "title"));
	table->counted = json_string_value(json_object_get(json, "counted"));
	table->adds_up = json_is_true(json_object_get(json, "adds_up"));
	extra = table->adds_up ? 1 : 0;
	table->rows = parse_labels(json_object_get(json, "rows"), TABLE_ROWS, table->adds_up, table->row);
	table->columns =
		parse_labels(json_object_get(json, "columns"), TABLE_COLUMNS, table->adds_up, table->column);
	if (table->id == NULL || table->title == NULL || table->counted == NULL || table->rows > TABLE_ROWS ||
		table->columns > TABLE_COLUMNS)
		return -1;
	for (size_t row = 0; row < table->rows + extra; row++) {
		for (size_t column = 0; column < table->columns + extra; column++) {
			if (parse_cell(json_array_get(json_array_get(cells, row), column),
				    &published->shown[row][column], &published->number[row][column]) != 0)
				return -1;
		}
	}
	return 0;
}

static void parse_waiting(const json_t *json, struct situation_part *part)
{
	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const json_t *one = json_object_get(json, urgency_word((enum urgency)urgency));

		part->waiting[urgency] = (struct waiting){ .is_shown = json_is_object(one),
			.median_hours = (uint32_t)json_integer_value(json_object_get(one, "half")),
			.most_hours = (uint32_t)json_integer_value(json_object_get(one, "nine_in_ten")) };
	}
}

int situation_part_parse(json_t *json, struct situation_part *part)
{
	struct situation_part read = *part;
	const json_t *tables = json_object_get(json, "tables");
	char first[DATE_SIZE], last[DATE_SIZE];
	uint64_t threshold = 0;

	period_dates(part->period, first, last);
	if (!is_text(json, "part", part_words[part->part]) || !is_text(json, "from", first) ||
		!is_text(json, "to", last) || member_number(json, "threshold", &threshold) != 0 ||
		threshold > THRESHOLD_MOST || json_array_size(tables) > SITUATION_TABLES)
		return -1;
	read.threshold = (uint32_t)threshold;
	read.table_count = json_array_size(tables);
	read.tables = calloc(SITUATION_TABLES, sizeof *read.tables);
	read.published = calloc(SITUATION_TABLES, sizeof *read.published);
	read.kept = NULL;
	for (size_t at = 0; at < read.table_count; at++) {
		if (read.tables == NULL || read.published == NULL ||
			parse_table(json_array_get(tables, at), &read.tables[at], &read.published[at]) != 0) {
			situation_part_free(&read);
			return -1;
		}
	}
	parse_waiting(json_object_get(json, "hours_to_acknowledge"), &read);
	read.kept = json_incref(json);
	*part = read;
	return 0;
}

/* Its dates, and what may be done with it. */
static void put_standing(const struct situation_part *part, json_t *json)
{
	char first[DATE_SIZE], last[DATE_SIZE];

	period_dates(part->period, first, last);
	(void)json_object_set_new(json, "from", json_string(first));
	(void)json_object_set_new(json, "to", json_string(last));
	(void)json_object_set_new(json, "provisional", json_boolean(!part->is_released));
	(void)json_object_set_new(
		json, "sha256", part->is_released ? json_string(part->sha256) : json_null());
}

json_t *situation_json(const struct situation *situation)
{
	const struct situation_part *quarters = &situation->parts[PART_QUARTERS];
	json_t *reprisals = json_object(), *tables = json_array(), *json;

	for (size_t part = 0; part < PARTS; part++) {
		json_t *its = tables_json(&situation->parts[part]);

		(void)json_array_extend(tables, its);
		json_decref(its);
	}
	put_standing(&situation->parts[PART_REPRISALS], reprisals);
	json = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "caveat", situation_caveat, "label",
		situation_label(situation), "threshold", (json_int_t)quarters->threshold, "tables", tables,
		"reprisals", reprisals, "hours_to_acknowledge", waiting_json(quarters));
	if (json != NULL)
		put_standing(quarters, json);
	return json;
}
