#include "situation_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DATE_CHARS 10

const char situation_caveat[] =
	"Reports received by this network, not prevalence. Only whose sender agreed to be counted, each "
	"person once. "
	"Counts are rounded to 5; small ones and those that would give them away are hidden.";

void cell_words(
	const struct situation *situation, size_t table, size_t row, size_t column, char ret_words[CELL_SIZE])
{
	const struct published *published = &situation->published[table];

	if (published->shown[row][column] == SHOWN_NUMBER)
		(void)snprintf(ret_words, CELL_SIZE, "%" PRIu32, published->number[row][column]);
	else if (published->shown[row][column] == SHOWN_SMALL)
		(void)snprintf(ret_words, CELL_SIZE, "<%" PRIu32, situation->threshold);
	else
		(void)snprintf(ret_words, CELL_SIZE, "*");
}

static const char *row_label(const struct table *table, size_t row)
{
	return row < table->rows ? table->row[row] : "total";
}

static const char *column_label(const struct table *table, size_t column)
{
	return column < table->columns ? table->column[column] : "total";
}

/* Lines and columns of a table that are shown: with the totals where it adds up. */
static size_t rows_shown(const struct table *table)
{
	return table->rows + (table->adds_up ? 1 : 0);
}

static size_t columns_shown(const struct table *table)
{
	return table->columns + (table->adds_up ? 1 : 0);
}

static void put_dates(const struct situation *situation, struct buffer *out)
{
	char from[TIME_SIZE], to[TIME_SIZE];

	time_format(situation->from, from);
	time_format(situation->to - 1, to);
	buffer_put_format(out, "%.*s to %.*s", DATE_CHARS, from, DATE_CHARS, to);
}

static bool has_something(const struct situation *situation, size_t at)
{
	const struct published *published = &situation->published[at];
	const struct table *table = &situation->tables[at];

	for (size_t row = 0; row < rows_shown(table); row++)
		for (size_t column = 0; column < columns_shown(table); column++)
			if (published->shown[row][column] == SHOWN_NUMBER &&
				published->number[row][column] > 0)
				return true;
	return false;
}

static void table_text(const struct situation *situation, size_t at, struct buffer *out)
{
	const struct table *table = &situation->tables[at];
	char cell[CELL_SIZE];

	buffer_put_format(out, "\n%s  %s (%s)\n", table->id, table->title, table->counted);
	if (!has_something(situation, at)) {
		buffer_put_string(out, "  too few to show\n");
		return;
	}
	for (size_t row = 0; row < rows_shown(table); row++) {
		buffer_put_format(out, "  %-26s", row_label(table, row));
		for (size_t column = 0; column < columns_shown(table); column++) {
			cell_words(situation, at, row, column, cell);
			buffer_put_format(out, "  %s %s", column_label(table, column), cell);
		}
		buffer_put_string(out, "\n");
	}
}

static void waiting_text(const struct situation *situation, struct buffer *out)
{
	buffer_put_string(out, "\nHours until somebody acknowledged (from the full hour in which it came)\n");
	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const struct waiting *waiting = &situation->waiting[urgency];

		buffer_put_format(out, "  %-26s", urgency_word((enum urgency)urgency));
		if (waiting->is_shown)
			buffer_put_format(out, "  half within %" PRIu32 ", nine in ten within %" PRIu32 "\n",
				waiting->median_hours, waiting->most_hours);
		else
			buffer_put_string(out, "  too few to show\n");
	}
}

void situation_text(const struct situation *situation, struct buffer *out)
{
	buffer_put_string(out, "Situation report, ");
	put_dates(situation, out);
	buffer_put_format(out, "\n%s\n", situation_caveat);
	for (size_t at = 0; at < situation->table_count; at++)
		table_text(situation, at, out);
	waiting_text(situation, out);
}

void situation_csv(const struct situation *situation, struct buffer *out)
{
	char cell[CELL_SIZE];

	buffer_put_string(out, "table,title,counted,row,column,count\r\n");
	for (size_t at = 0; at < situation->table_count; at++) {
		const struct table *table = &situation->tables[at];

		for (size_t row = 0; row < rows_shown(table); row++) {
			for (size_t column = 0; column < columns_shown(table); column++) {
				cell_words(situation, at, row, column, cell);
				/* A quotation mark is in none of the labels. */
				buffer_put_format(out, "%s,\"%s\",\"%s\",\"%s\",\"%s\",%s\r\n", table->id,
					table->title, table->counted, row_label(table, row),
					column_label(table, column), cell);
			}
		}
	}
}

/* A number, or the word that stands in its place. */
static json_t *cell_json(const struct situation *situation, size_t table, size_t row, size_t column)
{
	char words[CELL_SIZE];

	cell_words(situation, table, row, column, words);
	return situation->published[table].shown[row][column] == SHOWN_NUMBER
		       ? json_integer(situation->published[table].number[row][column])
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

static json_t *table_json(const struct situation *situation, size_t at)
{
	const struct table *table = &situation->tables[at];
	json_t *cells = json_array();

	for (size_t row = 0; row < rows_shown(table); row++) {
		json_t *line = json_array();

		for (size_t column = 0; column < columns_shown(table); column++)
			(void)json_array_append_new(line, cell_json(situation, at, row, column));
		(void)json_array_append_new(cells, line);
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", table->id, "title", table->title, "counted",
		table->counted, "rows", labels_json(table->row, table->rows, table->adds_up), "columns",
		labels_json(table->column, table->columns, table->adds_up), "cells", cells);
}

static json_t *waiting_json(const struct situation *situation)
{
	json_t *all = json_object();

	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const struct waiting *waiting = &situation->waiting[urgency];

		(void)json_object_set_new(all, urgency_word((enum urgency)urgency),
			waiting->is_shown ? json_pack("{s:I, s:I}", "half", (json_int_t)waiting->median_hours,
						    "nine_in_ten", (json_int_t)waiting->most_hours)
					  : json_null());
	}
	return all;
}

json_t *situation_json(const struct situation *situation)
{
	char from[TIME_SIZE], to[TIME_SIZE];
	json_t *tables = json_array();

	time_format(situation->from, from);
	time_format(situation->to - 1, to);
	from[DATE_CHARS] = '\0';
	to[DATE_CHARS] = '\0';
	for (size_t at = 0; at < situation->table_count; at++)
		(void)json_array_append_new(tables, table_json(situation, at));
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "caveat", situation_caveat, "from", from, "to", to,
		"threshold", (json_int_t)situation->threshold, "tables", tables, "hours_to_acknowledge",
		waiting_json(situation));
}
