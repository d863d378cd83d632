/* What a reader of the published tables can compute: she knows the rules, and has all tables. */
#include "disclosure_internal.h"

/* What she knows of a cell at first. A small one isn't zero where its row's total is shown, unless it is
 * hidden with others. */
static void forget(struct work *work, size_t row, size_t column)
{
	uint32_t true_number = work->number[row][column], number = rounded(true_number);
	bool is_row_shown = column < work->columns && !work->hidden[row][work->columns];
	uint32_t *low = &work->low[row][column], *high = &work->high[row][column];

	if (work->hidden[row][column] && true_number < work->threshold) {
		*low = is_row_shown && true_number > 0 ? 1 : 0;
		*high = work->threshold - 1;
	} else if (work->hidden[row][column]) {
		*low = work->threshold;
		*high = MANY;
	} else if (true_number == 0) {
		*low = *high = 0;
	} else {
		*low = number - ROUNDED_TO / 2 < work->threshold ? work->threshold : number - ROUNDED_TO / 2;
		*high = number + ROUNDED_TO / 2;
	}
}

static void forget_all(struct works *works)
{
	for (size_t at = 0; at < works->count; at++)
		for (size_t row = 0; row <= works->list[at].rows; row++)
			for (size_t column = 0; column <= works->list[at].columns; column++)
				forget(&works->list[at], row, column);
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

/* What is known of a part, and of the whole. */
static bool reason_about_part(
	struct work *part, struct place part_at, struct work *whole, struct place whole_at, bool is_same)
{
	uint32_t *low = &part->low[part_at.row][part_at.column],
		 *high = &part->high[part_at.row][part_at.column];
	uint32_t *its_low = &whole->low[whole_at.row][whole_at.column],
		 *its_high = &whole->high[whole_at.row][whole_at.column];
	bool changed = tighten(low, high, is_same ? *its_low : 0, *its_high);

	return tighten(its_low, its_high, *low, is_same ? *high : MANY) || changed;
}

static bool reason_about_two(struct work *one, struct work *other)
{
	const struct table *its = one->table, *others = other->table;
	struct place whole = { one->rows, one->columns }, other_whole = { other->rows, other->columns };
	bool same = its->same_rows != 0 && its->same_rows == others->same_rows;
	bool part = its->part_of_rows != 0 && its->part_of_rows == others->same_rows;
	bool same_whole = its->same_whole != 0 && its->same_whole == others->same_whole;
	bool part_whole = its->part_of_whole != 0 && its->part_of_whole == others->same_whole;
	bool changed = false;

	for (size_t row = 0; (same || part) && row <= one->rows; row++)
		changed = reason_about_part(one, (struct place){ row, one->columns }, other,
				  (struct place){ row, other->columns }, same) ||
			  changed;
	if (same_whole || part_whole)
		changed = reason_about_part(one, whole, other, other_whole, same_whole) || changed;
	return changed;
}

static bool reason(struct works *works)
{
	bool changed = false;

	for (size_t at = 0; at < works->count; at++) {
		for (size_t line = 0; line < lines_of(&works->list[at]); line++)
			changed = reason_about(&works->list[at], line) || changed;
		for (size_t other = 0; other < works->count; other++)
			if (other != at)
				changed = reason_about_two(&works->list[at], &works->list[other]) || changed;
	}
	return changed;
}

static bool is_told(const struct work *work, size_t row, size_t column)
{
	uint32_t low = work->low[row][column], high = work->high[row][column];

	if (!work->hidden[row][column])
		return false;
	/* Who knows the one case knows that there is no other. */
	return high == low || (high == 1 && work->number[row][column] == 1);
}

bool can_be_told(struct works *works, struct work **ret_work, struct place *ret_at)
{
	forget_all(works);
	while (reason(works))
		;
	for (size_t at = 0; at < works->count; at++) {
		for (size_t row = 0; row <= works->list[at].rows; row++) {
			for (size_t column = 0; column <= works->list[at].columns; column++) {
				if (!is_told(&works->list[at], row, column))
					continue;
				*ret_work = &works->list[at];
				*ret_at = (struct place){ row, column };
				return true;
			}
		}
	}
	return false;
}
