#include "cmocka_all.h"

#include "situation_attack.h"

#define PLENTY 1000000

void look(const struct table *table, const struct published *published, int noise, struct view *view)
{
	view->table = table;
	view->rows = table->rows;
	view->columns = table->columns;
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t column = 0; column < table->columns; column++) {
			int number = (int)table->cell[row][column];

			view->is[row][column] = number;
			view->is[row][table->columns] += number;
			view->is[table->rows][column] += number;
			view->is[table->rows][table->columns] += number;
		}
	}
	for (size_t row = 0; row <= table->rows; row++) {
		for (size_t column = 0; column <= table->columns; column++) {
			enum shown shown = published->shown[row][column];
			int number = (int)published->number[row][column], *low = &view->low[row][column],
			    *high = &view->high[row][column];

			view->hidden[row][column] = shown != SHOWN_NUMBER;
			if (shown == SHOWN_SMALL) {
				*low = column < table->columns && view->is[row][column] > 0 &&
				       published->shown[row][table->columns] == SHOWN_NUMBER;
				*high = THRESHOLD - 1;
			} else if (shown == SHOWN_HIDDEN) {
				*low = THRESHOLD;
				*high = PLENTY;
			} else {
				*low = number == 0                  ? 0
				       : number - noise < THRESHOLD ? THRESHOLD
								    : number - noise;
				*high = number == 0 ? 0 : number + noise;
			}
			assert_in_range(view->is[row][column], *low, *high);
		}
	}
}

/* Nodes of the circle: total, rows, columns, total again. */
#define NODES (TABLE_ROWS + TABLE_COLUMNS + 2)

static size_t node_of_row(const struct view *view, size_t row)
{
	return row == view->rows ? NODES - 2 : row;
}

static size_t node_of_column(const struct view *view, size_t column)
{
	return column == view->columns ? NODES - 1 : TABLE_ROWS + column;
}

/* A cell is an arc from its row to its column, a row's total one from the total to the row. */
static void ends_of(const struct view *view, size_t row, size_t column, size_t *ret_from, size_t *ret_to)
{
	bool is_row_total = column == view->columns, is_column_total = row == view->rows;

	if (is_row_total && is_column_total) {
		*ret_from = NODES - 1;
		*ret_to = NODES - 2;
	} else if (is_row_total) {
		*ret_from = NODES - 2;
		*ret_to = node_of_row(view, row);
	} else if (is_column_total) {
		*ret_from = node_of_column(view, column);
		*ret_to = NODES - 1;
	} else {
		*ret_from = node_of_row(view, row);
		*ret_to = node_of_column(view, column);
	}
}

struct place {
	size_t row, column;
};

struct step {
	size_t row, column;
	int by;
	size_t from; /* node */
};

/* Of which rows the totals may change. */
struct loose {
	bool row[TABLE_ROWS + 1];
};

/* One more from start to goal, without the arc (bar_row, bar_column) and without most totals of rows: false
 * where there is no way. The change is made in delta. */
static bool flow(const struct view *view, size_t start, size_t goal, struct place bar, struct loose loose,
	int delta[TABLE_ROWS + 1][TABLE_COLUMNS + 1])
{
	struct step step[NODES];
	bool seen[NODES] = { false };
	size_t queue[NODES], head = 0, tail = 0;

	queue[tail++] = start;
	seen[start] = true;
	while (head < tail && !seen[goal]) {
		size_t node = queue[head++];

		for (size_t row = 0; row <= view->rows; row++) {
			for (size_t column = 0; column <= view->columns; column++) {
				size_t from, to, next;
				int value = view->is[row][column] + delta[row][column];

				if ((row == bar.row && column == bar.column) ||
					(column == view->columns && !loose.row[row]))
					continue;
				ends_of(view, row, column, &from, &to);
				if (from == node && value < view->high[row][column])
					next = to;
				else if (to == node && value > view->low[row][column])
					next = from;
				else
					continue;
				if (seen[next])
					continue;
				seen[next] = true;
				step[next] = (struct step){ row, column, next == to ? 1 : -1, node };
				queue[tail++] = next;
			}
		}
	}
	for (size_t node = goal; seen[goal] && node != start; node = step[node].from)
		delta[step[node].row][step[node].column] += step[node].by;
	return seen[goal];
}

typedef int change[TABLE_ROWS + 1][TABLE_COLUMNS + 1];

/* Another table follows where totals of rows have changed by one each: false where it can't. */
static bool follow(const struct view *view, const struct view *first, change changed)
{
	change own = { { 0 } };
	size_t from = NODES, to = NODES;

	for (size_t row = 0; row <= view->rows; row++) {
		int by = changed[row][first->columns], value;

		own[row][view->columns] = by;
		value = view->is[row][view->columns] + by;
		if (value < view->low[row][view->columns] || value > view->high[row][view->columns])
			return false;
		/* What flows in here more has to flow on. */
		if (by == 0)
			continue;
		if ((by > 0) == (row < view->rows))
			from = row < view->rows ? node_of_row(view, row) : NODES - 1;
		else
			to = row < view->rows ? node_of_row(view, row) : NODES - 1;
	}
	return from == NODES || flow(view, from, to, (struct place){ view->rows, view->columns },
					(struct loose){ .row = { false } }, own);
}

/* Another table follows where only the number of all things has changed by one. */
static bool follow_whole(const struct view *view, int by)
{
	struct place whole = { view->rows, view->columns };
	int value = view->is[whole.row][whole.column] + by;

	if (value < view->low[whole.row][whole.column] || value > view->high[whole.row][whole.column])
		return false;
	for (size_t row = 0; row < view->rows; row++) {
		change own = { { 0 } };
		struct loose loose = { .row = { false } };

		loose.row[row] = true;
		own[whole.row][whole.column] = by;
		if (flow(view, by > 0 ? NODES - 2 : NODES - 1, by > 0 ? NODES - 1 : NODES - 2, whole, loose,
			    own))
			return true;
	}
	return false;
}

/* What is a part of something can't be more than that; then the other changes likewise. */
static bool parts_fit(const struct view *view, const struct view *other, change changed)
{
	const struct table *its = view->table, *others = other->table;
	bool is_part = its->part_of_rows != 0 && its->part_of_rows == others->same_rows;
	bool is_whole = others->part_of_rows != 0 && others->part_of_rows == its->same_rows;

	for (size_t row = 0; (is_part || is_whole) && row <= view->rows; row++) {
		int now = view->is[row][view->columns] + changed[row][view->columns];
		int there = other->is[row][other->columns];

		if (is_part ? now > there : now < there)
			return (is_part || changed[view->rows][view->columns] == 0) &&
			       follow(other, view, changed);
	}
	return true;
}

static bool totals_fit(const struct attack *attack, const struct view *view, change changed)
{
	int of_whole = changed[view->rows][view->columns];
	bool has_changed = false;

	for (size_t row = 0; row <= view->rows; row++)
		has_changed = has_changed || changed[row][view->columns] != 0;
	for (size_t at = 0; at < attack->count && has_changed; at++) {
		const struct view *other = &attack->views[at];
		const struct table *its = view->table, *others = other->table;

		if (other == view)
			continue;
		if (its->same_rows != 0 && its->same_rows == others->same_rows) {
			if (!follow(other, view, changed))
				return false;
		} else if (of_whole != 0 && its->same_whole != 0 && its->same_whole == others->same_whole) {
			if (!follow_whole(other, of_whole))
				return false;
		} else if (!parts_fit(view, other, changed)) {
			return false;
		}
	}
	return true;
}

/* One more or one less here, while totals of two rows at most change besides. */
static bool can_differ(
	const struct attack *attack, const struct view *view, struct place at, bool up, struct loose loose)
{
	change changed = { { 0 } };
	size_t from, to;

	ends_of(view, at.row, at.column, &from, &to);
	changed[at.row][at.column] = up ? 1 : -1;
	return flow(view, up ? to : from, up ? from : to, at, loose, changed) &&
	       totals_fit(attack, view, changed);
}

/* Is there another world? */
static bool is_safe(const struct attack *attack, const struct view *view, size_t row, size_t column)
{
	struct place at = { row, column };

	for (int up = 0; up < 2; up++) {
		if (up ? view->is[row][column] >= view->high[row][column]
		       : view->is[row][column] <= view->low[row][column])
			continue;
		for (size_t one = 0; one <= view->rows; one++) {
			for (size_t other = one; other <= view->rows; other++) {
				struct loose loose = { .row = { false } };

				loose.row[one] = loose.row[other] = true;
				if (can_differ(attack, view, at, up, loose))
					return true;
			}
		}
	}
	return false;
}

void attack_all(struct attack *attack)
{
	for (size_t at = 0; at < attack->count; at++) {
		const struct view *view = &attack->views[at];

		for (size_t row = 0; row <= view->rows; row++) {
			for (size_t column = 0; column <= view->columns; column++) {
				if (!view->hidden[row][column])
					continue;
				attack->hidden++;
				attack->found += !is_safe(attack, view, row, column);
			}
		}
	}
}

/* What one table says of a total holds for each table that has it. */
void share(struct attack *attack)
{
	for (size_t at = 0; at < attack->count * attack->count; at++) {
		struct view *one = &attack->views[at % attack->count],
			    *other = &attack->views[at / attack->count];
		bool rows = one->table->same_rows != 0 && one->table->same_rows == other->table->same_rows;

		if (!rows &&
			(one->table->same_whole == 0 || one->table->same_whole != other->table->same_whole))
			continue;
		for (size_t row = rows ? 0 : one->rows; row <= one->rows; row++) {
			size_t its = rows ? row : other->rows;

			if (other->low[its][other->columns] > one->low[row][one->columns])
				one->low[row][one->columns] = other->low[its][other->columns];
			if (other->high[its][other->columns] < one->high[row][one->columns])
				one->high[row][one->columns] = other->high[its][other->columns];
		}
	}
}
