#include "disclosure_internal.h"

#include <stdio.h>
#include <stdlib.h>

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
	uint32_t reporter = table->reporters == NULL ? report : table->reporters[report], *sources;
	size_t at = 0;

	if (row >= table->rows || column >= table->columns || count == 0)
		return;
	table->cell[row][column] += count;
	sources = &table->sources[row][column];
	while (at < *sources && table->seen[row][column][at] != reporter + 1)
		at++;
	if (at == *sources && *sources < SOURCES_LEAST)
		table->seen[row][column][(*sources)++] = reporter + 1;
}

size_t lines_of(const struct work *work)
{
	return work->rows + 1 + work->columns + 1;
}

size_t length_of(const struct work *work, size_t line)
{
	return (line <= work->rows ? work->columns : work->rows) + 1;
}

struct place at_of(const struct work *work, size_t line, size_t at)
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
 * reporters tell of. */
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

			work->hidden[row][column] =
				is_small(work, number) || from_few ||
				(number == 0 && !is_empty_column && whole < work->threshold);
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
		/* A column that is empty as a whole hides nothing. */
		if (number == 0 && work->number[work->rows][at.column] == 0)
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

uint32_t rounded(uint32_t number)
{
	return (number + ROUNDED_TO / 2) / ROUNDED_TO * ROUNDED_TO;
}

static void hide_inside(struct work *work)
{
	work->is_dropped = true;
	for (size_t row = 0; row < work->rows; row++)
		for (size_t column = 0; column < work->columns; column++)
			work->hidden[row][column] = true;
}

static void hide_all(struct work *work)
{
	work->is_silent = true;
	for (size_t row = 0; row <= work->rows; row++)
		for (size_t column = 0; column <= work->columns; column++)
			work->hidden[row][column] = true;
}

/* Hides in each what is hidden in the other. */
static bool hide_both(bool *one, bool *other)
{
	bool changed = *one != *other;

	*one = *other = *one || *other;
	return changed;
}

/* A total that several tables have is hidden in all of them or in none. */
static bool hide_shared(struct work *one, struct work *other)
{
	bool changed = false;

	if (one->table->same_rows != 0 && one->table->same_rows == other->table->same_rows) {
		for (size_t row = 0; row <= one->rows; row++)
			changed = hide_both(&one->hidden[row][one->columns],
					  &other->hidden[row][other->columns]) ||
				  changed;
	} else if (one->table->same_whole != 0 && one->table->same_whole == other->table->same_whole) {
		changed = hide_both(
			&one->hidden[one->rows][one->columns], &other->hidden[other->rows][other->columns]);
	}
	return changed;
}

/* What must be hidden with what is hidden already. */
static void settle(struct works *works)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t at = 0; at < works->count; at++) {
			hide_with(&works->list[at]);
			for (size_t other = 0; other < at; other++)
				again = hide_shared(&works->list[at], &works->list[other]) || again;
		}
	}
}

/* Hides one more in the told cell's row, or else in its column; then the breakdown goes, then the totals as
 * well. -1 where nothing of this table is shown any more. */
static int hide_beside(struct work *work, struct place told)
{
	struct place at;

	if (smallest_shown(work, told.row, &at) == 0 ||
		smallest_shown(work, work->rows + 1 + told.column, &at) == 0)
		work->hidden[at.row][at.column] = true;
	else if (!work->is_dropped)
		hide_inside(work);
	else if (!work->is_silent)
		hide_all(work);
	else
		return -1;
	return 0;
}

static void protect(struct works *works)
{
	struct work *work;
	struct place told;

	settle(works);
	while (can_be_told(works, &work, &told)) {
		if (hide_beside(work, told) != 0) {
			/* It follows from other tables alone. */
			for (size_t at = 0; at < works->count; at++)
				hide_all(&works->list[at]);
			return;
		}
		settle(works);
	}
}

static void write_out(const struct work *work, struct published *published)
{
	published->is_dropped = work->is_dropped;
	for (size_t row = 0; row <= work->rows; row++) {
		for (size_t column = 0; column <= work->columns; column++) {
			bool hidden = work->hidden[row][column];

			published->shown[row][column] = !hidden ? SHOWN_NUMBER
							: work->number[row][column] < work->threshold
								? SHOWN_SMALL
								: SHOWN_HIDDEN;
			published->number[row][column] = hidden ? 0 : rounded(work->number[row][column]);
		}
	}
}

static void begin(const struct table *table, uint32_t threshold, struct work *work)
{
	*work = (struct work){ .table = table,
		.rows = table->rows,
		.columns = table->columns,
		.threshold = threshold < THRESHOLD_LEAST ? THRESHOLD_LEAST : threshold };
	add_up(table, work);
	hide_small(table, work);
}

int publish(const struct table *tables, size_t count, uint32_t threshold, struct published *ret_published)
{
	/* One more than there are tables: those that don't add up use it one after the other. */
	struct works works = { .list = calloc(count + 1, sizeof *works.list) };
	size_t next = 0;

	if (works.list == NULL)
		return -1;
	for (size_t at = 0; at < count; at++)
		if (tables[at].adds_up)
			begin(&tables[at], threshold, &works.list[works.count++]);
	protect(&works);
	for (size_t at = 0; at < count; at++) {
		ret_published[at] = (struct published){ .is_dropped = false };
		if (tables[at].adds_up) {
			write_out(&works.list[next++], &ret_published[at]);
			continue;
		}
		begin(&tables[at], threshold, &works.list[count]);
		write_out(&works.list[count], &ret_published[at]);
	}
	free(works.list);
	return 0;
}
