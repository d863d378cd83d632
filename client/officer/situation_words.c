#include "situation_words.h"

#include "situation_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char situation_caveat[] =
	N_("Reports received by this network, not prevalence. Only whose sender agreed to be counted, each "
	   "person once. "
	   "Counts are rounded to 5; small ones and those that would give them away are hidden.");

/* DOMAIN 1.8 */
const char *situation_label(const struct situation *situation)
{
	for (size_t at = 0; at < PARTS; at++)
		if (!situation->parts[at].is_released)
			return "TLP:AMBER+STRICT";
	return "TLP:GREEN";
}

void situation_final_on(const struct situation_part *part, char ret_date[DATE_SIZE])
{
	char ignored[DATE_SIZE];

	period_dates((struct period){ period_cut_off(part->period), part->period.to }, ret_date, ignored);
}

void cell_words(
	const struct situation_part *part, size_t table, size_t row, size_t column, char ret_words[CELL_SIZE])
{
	const struct published *published = &part->published[table];

	if (published->shown[row][column] == SHOWN_NUMBER)
		(void)snprintf(ret_words, CELL_SIZE, "%" PRIu32, published->number[row][column]);
	else if (published->shown[row][column] == SHOWN_SMALL)
		(void)snprintf(ret_words, CELL_SIZE, "<%" PRIu32, part->threshold);
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

static bool has_something(const struct situation_part *part, size_t at)
{
	const struct published *published = &part->published[at];
	const struct table *table = &part->tables[at];

	for (size_t row = 0; row < rows_shown(table); row++)
		for (size_t column = 0; column < columns_shown(table); column++)
			if (published->shown[row][column] == SHOWN_NUMBER &&
				published->number[row][column] > 0)
				return true;
	return false;
}

static void table_text(const struct situation_part *part, size_t at, struct buffer *out)
{
	const struct table *table = &part->tables[at];
	char cell[CELL_SIZE];

	buffer_put_format(out, "\n%s  %s (%s)\n", table->id, table->title, table->counted);
	if (!has_something(part, at)) {
		buffer_put_string(out, "  too few to show\n");
		return;
	}
	for (size_t row = 0; row < rows_shown(table); row++) {
		buffer_put_format(out, "  %-26s", row_label(table, row));
		for (size_t column = 0; column < columns_shown(table); column++) {
			cell_words(part, at, row, column, cell);
			buffer_put_format(out, "  %s %s", column_label(table, column), cell);
		}
		buffer_put_string(out, "\n");
	}
}

static void waiting_text(const struct situation_part *part, struct buffer *out)
{
	buffer_put_string(out, "\nHours until somebody acknowledged (from the full hour in which it came)\n");
	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const struct waiting *waiting = &part->waiting[urgency];

		buffer_put_format(out, "  %-26s", urgency_word((enum urgency)urgency));
		if (waiting->is_shown)
			buffer_put_format(out, "  half within %" PRIu32 ", nine in ten within %" PRIu32 "\n",
				waiting->median_hours, waiting->most_hours);
		else
			buffer_put_string(out, "  too few to show\n");
	}
}

static void part_text(const struct situation_part *part, struct buffer *out)
{
	char first[DATE_SIZE], last[DATE_SIZE], until[DATE_SIZE];

	period_dates(part->period, first, last);
	buffer_put_format(out, "\n%s from %s to %s\n",
		part->part == PART_REPRISALS ? "Reprisals for UN cooperation, in reports that came"
					     : "Reports that came",
		first, last);
	if (part->is_released) {
		buffer_put_format(
			out, "Released, and given out unchanged from now on: SHA-256 %s\n", part->sha256);
	} else {
		situation_final_on(part, until);
		buffer_put_format(out, SITUATION_PROVISIONAL, until);
		buffer_put_string(out, "\n");
	}
	for (size_t at = 0; at < part->table_count; at++)
		table_text(part, at, out);
	if (part->part == PART_QUARTERS)
		waiting_text(part, out);
}

void situation_text(const struct situation *situation, struct buffer *out)
{
	buffer_put_format(out, "Situation report (%s)\n%s\n", situation_label(situation), situation_caveat);
	for (size_t at = 0; at < PARTS; at++)
		part_text(&situation->parts[at], out);
}

static void part_csv(const struct situation_part *part, struct buffer *out)
{
	char cell[CELL_SIZE], first[DATE_SIZE], last[DATE_SIZE];

	period_dates(part->period, first, last);
	for (size_t at = 0; at < part->table_count; at++) {
		const struct table *table = &part->tables[at];

		for (size_t row = 0; row < rows_shown(table); row++) {
			for (size_t column = 0; column < columns_shown(table); column++) {
				cell_words(part, at, row, column, cell);
				/* A quotation mark is in none of the labels. */
				buffer_put_format(out, "%s,\"%s\",\"%s\",\"%s\",\"%s\",%s,%s,%s,%s\r\n",
					table->id, table->title, table->counted, row_label(table, row),
					column_label(table, column), cell, first, last,
					part->is_released ? "released" : "provisional");
			}
		}
	}
}

void situation_csv(const struct situation *situation, struct buffer *out)
{
	buffer_put_string(out, "table,title,counted,row,column,count,from,to,standing\r\n");
	buffer_put_format(out, "note,\"%s\",,,,,,,%s\r\n", situation_caveat, situation_label(situation));
	for (size_t at = 0; at < PARTS; at++)
		part_csv(&situation->parts[at], out);
}
