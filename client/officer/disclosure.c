#include "disclosure.h"

#include <stdio.h>
#include <string.h>

#define ROWS_ROOM    (TABLE_ROWS + 1)
#define COLUMNS_ROOM (TABLE_COLUMNS + 1)
#define MANY         UINT32_C(1000000000) /* above any count */

void table_row(struct table *table, const char *label)
{
	if (table->rows < TABLE_ROWS)
		(void)snprintf(table->row[table->rows++], TABLE_LABEL, "%s", label);
}

void table_column(struct table *table, const char *label)
{
	if (table->columns < TABLE_COLUMNS)
		(void)snprintf(table->column[table->columns++], TABLE_LABEL, "%s", label);
}

void table_count(struct table *table, size_t row, size_t column, uint32_t report, uint32_t count)
{
	if (row >= table->rows || column >= table->columns || count == 0)
		return;
	table->cell[row][column] += count;
	if (table->latest[row][column] != report + 1)
		table->sources[row][column]++;
	table->latest[row][column] = report + 1;
}

/* The table with its totals: true numbers, and what must be hidden. A line is a row or a column, total
 * included. */
struct work {
	size_t rows, columns; /* without totals */
	uint32_t threshold;
	uint32_t number[ROWS_ROOM][COLUMNS_ROOM];
	bool small[ROWS_ROOM][COLUMNS_ROOM], hidden[ROWS_ROOM][COLUMNS_ROOM];
	uint32_t low[ROWS_ROOM][COLUMNS_ROOM], high[ROWS_ROOM][COLUMNS_ROOM];
};

/* A cell of a line: line numbers count rows first, then columns; the line of totals is each one's last. */
struct place {
	size_t row, column;
};

static size_t lines_of(const struct work *work)
{
	return work->rows + 1 + work->columns + 1;
}

static size_t length_of(const struct work *work, size_t line)
{
	return (line <= work->rows ? work->columns : work->rows) + 1;
}

static struct place at_of(const struct work *work, size_t line, size_t at)
{
	return line <= work->rows ? (struct place){ line, at } : (struct place){ at, line - work->rows - 1 };
}

static bool is_total(const struct work *work, struct place at)
{
	return at.row == work->rows || at.column == work->columns;
}

static void add_up(const struct table *table, struct work *work)
{
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t column = 0; column < table->columns; column++) {
			uint32_t count = table->cell[row][column];

			work->number[row][column] = count;
			work->number[row][table->columns] += count;
			work->number[table->rows][column] += count;
			work->number[table->rows][table->columns] += count;
		}
	}
}

static bool is_small(const struct work *work, uint32_t number)
{
	return number > 0 && number < work->threshold;
}

/* Small ones; a zero in a row that is small itself, unless its column is empty and says so; and what too few
 * reports tell of. */
static void hide_small(const struct table *table, struct work *work)
{
	for (size_t row = 0; row <= work->rows; row++) {
		for (size_t column = 0; column <= work->columns; column++) {
			uint32_t number = work->number[row][column], whole = work->number[row][work->columns];
			bool is_inner = row < work->rows && column < work->columns;
			bool from_few = is_inner && number > 0 && table->sources[row][column] < SOURCES_LEAST;
			bool is_empty_column = is_inner && table->adds_up &&
					       work->number[work->rows][column] == 0 &&
					       work->number[work->rows][work->columns] >= work->threshold;

			work->small[row][column] =
				is_small(work, number) ||
				(number == 0 && !is_empty_column && whole < work->threshold);
			work->hidden[row][column] = work->small[row][column] || from_few;
		}
	}
}

/* The smallest that is still shown in a line; an empty one protects nothing, and comes last. Totals are left
 * alone unless the line is one of totals: other tables show the same ones. -1 where there is none. */
static int smallest_shown(const struct work *work, size_t line, struct place *ret_at)
{
	bool of_totals = line == work->rows || line == work->rows + 1 + work->columns, found = false;
	uint32_t least = 0;

	for (size_t i = 0; i < length_of(work, line) - 1; i++) {
		struct place at = at_of(work, line, i);
		uint32_t number = work->number[at.row][at.column];

		if (work->hidden[at.row][at.column] || (is_total(work, at) && !of_totals))
			continue;
		if (number == 0)
			number = MANY;
		if (found && number >= least)
			continue;
		found = true;
		least = number;
		*ret_at = at;
	}
	return found ? 0 : -1;
}

static size_t hidden_in(const struct work *work, size_t line)
{
	size_t count = 0;

	for (size_t i = 0; i < length_of(work, line); i++) {
		struct place at = at_of(work, line, i);

		count += work->hidden[at.row][at.column];
	}
	return count;
}

/* A single hidden cell of a line is the total less the others: a second one goes with it. */
static void hide_with(struct work *work)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t line = 0; line < lines_of(work); line++) {
			struct place at;

			if (hidden_in(work, line) != 1 || smallest_shown(work, line, &at) != 0)
				continue;
			work->hidden[at.row][at.column] = true;
			again = true;
		}
	}
}

static uint32_t rounded(uint32_t number)
{
	return (number + ROUNDED_TO / 2) / ROUNDED_TO * ROUNDED_TO;
}

/* What a reader knows of each cell at first. */
static void forget(struct work *work)
{
	for (size_t row = 0; row <= work->rows; row++) {
		for (size_t column = 0; column <= work->columns; column++) {
			uint32_t number = rounded(work->number[row][column]);
			uint32_t *low = &work->low[row][column], *high = &work->high[row][column];

			if (work->small[row][column]) {
				*low = 0;
				*high = work->threshold - 1;
			} else if (work->hidden[row][column]) {
				*low = 0;
				*high = MANY;
			} else {
				*low = number < ROUNDED_TO ? 0 : number - ROUNDED_TO / 2;
				*high = number == 0 ? 0 : number + ROUNDED_TO / 2;
			}
		}
	}
}

static bool tighten(uint32_t *low, uint32_t *high, uint64_t least, uint64_t most)
{
	bool changed = false;

	if (least > *low && least <= *high) {
		*low = (uint32_t)least;
		changed = true;
	}
	if (most < *high && most >= *low) {
		*high = (uint32_t)most;
		changed = true;
	}
	return changed;
}

static uint64_t less(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

/* A line's total is the sum of its cells: what follows from it for each of them. */
static bool reason_about(struct work *work, size_t line)
{
	size_t count = length_of(work, line) - 1;
	struct place total = at_of(work, line, count);
	uint64_t low = 0, high = 0;
	bool changed;

	for (size_t i = 0; i < count; i++) {
		struct place at = at_of(work, line, i);

		low += work->low[at.row][at.column];
		high += work->high[at.row][at.column];
	}
	changed =
		tighten(&work->low[total.row][total.column], &work->high[total.row][total.column], low, high);
	for (size_t i = 0; i < count; i++) {
		struct place at = at_of(work, line, i);
		uint32_t *cell_low = &work->low[at.row][at.column],
			 *cell_high = &work->high[at.row][at.column];
		uint64_t others_low = low - *cell_low, others_high = high - *cell_high;

		if (tighten(cell_low, cell_high, less(work->low[total.row][total.column], others_high),
			    less(work->high[total.row][total.column], others_low))) {
			low = others_low + *cell_low;
			high = others_high + *cell_high;
			changed = true;
		}
	}
	return changed;
}

/* True where a reader who reasons about every line could tell a hidden cell exactly. */
static bool can_be_told(struct work *work, struct place *ret_at)
{
	forget(work);
	for (bool again = true; again;) {
		again = false;
		for (size_t line = 0; line < lines_of(work); line++)
			again = reason_about(work, line) || again;
	}
	for (size_t row = 0; row <= work->rows; row++) {
		for (size_t column = 0; column <= work->columns; column++) {
			if (!work->hidden[row][column] || work->low[row][column] != work->high[row][column])
				continue;
			*ret_at = (struct place){ row, column };
			return true;
		}
	}
	return false;
}

/* Hides one more in the told cell's row, or else in its column. */
static int hide_beside(struct work *work, struct place told)
{
	struct place at;

	if (smallest_shown(work, told.row, &at) != 0 &&
		smallest_shown(work, work->rows + 1 + told.column, &at) != 0)
		return -1;
	work->hidden[at.row][at.column] = true;
	hide_with(work);
	return 0;
}

static void hide_inside(struct work *work)
{
	for (size_t row = 0; row < work->rows; row++)
		for (size_t column = 0; column < work->columns; column++)
			work->hidden[row][column] = true;
}

static void hide_all(struct work *work)
{
	for (size_t row = 0; row <= work->rows; row++)
		for (size_t column = 0; column <= work->columns; column++)
			work->hidden[row][column] = true;
}

static void protect(struct work *work, bool *ret_dropped)
{
	struct place told;

	hide_with(work);
	while (can_be_told(work, &told)) {
		if (hide_beside(work, told) == 0)
			continue;
		/* First the breakdown goes, then the totals as well. */
		if (*ret_dropped) {
			hide_all(work);
			return;
		}
		*ret_dropped = true;
		hide_inside(work);
	}
}

static void write_out(const struct work *work, struct published *published)
{
	for (size_t row = 0; row <= work->rows; row++) {
		for (size_t column = 0; column <= work->columns; column++) {
			bool hidden = work->hidden[row][column];

			published->shown[row][column] = !hidden                    ? SHOWN_NUMBER
							: work->small[row][column] ? SHOWN_SMALL
										   : SHOWN_HIDDEN;
			published->number[row][column] = hidden ? 0 : rounded(work->number[row][column]);
		}
	}
}

void publish(const struct table *table, uint32_t threshold, struct published *ret_published)
{
	struct work work = { .rows = table->rows,
		.columns = table->columns,
		.threshold = threshold < THRESHOLD_LEAST ? THRESHOLD_LEAST : threshold };

	*ret_published = (struct published){ .is_dropped = false };
	add_up(table, &work);
	hide_small(table, &work);
	if (table->adds_up)
		protect(&work, &ret_published->is_dropped);
	write_out(&work, ret_published);
}
