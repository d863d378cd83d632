/* What tables may show: examples, and an attacker who has the published tables and tries every table that
 * could lie behind them. */
#include "cmocka_all.h"

#include "disclosure.h"

#include <stdlib.h>
#include <string.h>

/* Under a sanitizer the arithmetic is the same, and ten times slower. */
#define SOME(rounds) (rounds)
#ifdef __clang__
#if __has_feature(address_sanitizer)
#undef SOME
#define SOME(rounds) ((rounds) / 10)
#endif
#endif

static struct table *table_of(size_t rows, size_t columns)
{
	struct table *table = calloc(1, sizeof *table);

	assert_non_null(table);
	table->adds_up = true;
	for (size_t at = 0; at < rows; at++)
		table_row(table, "row");
	for (size_t at = 0; at < columns; at++)
		table_column(table, "column");
	return table;
}

/* From as many reports as asked for. */
static void set(struct table *table, size_t row, size_t column, uint32_t count, uint32_t reports)
{
	for (uint32_t at = 0; at < reports && at < count; at++)
		table_count(table, row, column, at,
			at == 0 ? count - (reports < count ? reports : count) + 1 : 1);
}

static void small_ones_are_hidden_and_others_rounded(void **state)
{
	struct table *table = table_of(2, 3);
	struct published published;
	static const uint32_t counts[2][3] = { { 43, 7, 52 }, { 61, 33, 28 } };

	(void)state;
	for (size_t row = 0; row < 2; row++)
		for (size_t column = 0; column < 3; column++)
			set(table, row, column, counts[row][column], 9);
	assert_int_equal(publish(table, 1, 10, &published), 0);
	assert_int_equal(published.shown[0][1], SHOWN_SMALL);
	assert_int_equal(published.number[0][1], 0);
	assert_int_equal(published.shown[0][3], SHOWN_NUMBER);
	assert_int_equal(published.number[0][3], 100); /* 102 */
	assert_int_equal(published.number[0][2], 50);
	assert_int_equal(published.number[1][2], 30);
	assert_int_equal(published.shown[0][0], SHOWN_HIDDEN); /* the next smallest of the row */
	assert_int_equal(published.shown[1][0], SHOWN_HIDDEN); /* the only other ones of their columns */
	assert_int_equal(published.shown[1][1], SHOWN_HIDDEN);
	free(table);
}

static void a_zero_in_a_small_row_is_hidden(void **state)
{
	struct table *table = table_of(2, 2);
	struct published published;

	(void)state;
	set(table, 0, 0, 4, 4);
	set(table, 1, 0, 50, 9);
	set(table, 1, 1, 40, 9);
	assert_int_equal(publish(table, 1, 10, &published), 0);
	assert_int_equal(published.shown[0][1], SHOWN_SMALL);
	assert_int_equal(published.shown[0][0], SHOWN_SMALL);
	assert_int_equal(published.shown[0][2], SHOWN_SMALL);
	free(table);
}

static void what_few_reports_tell_is_hidden(void **state)
{
	struct table *table = table_of(1, 3);
	struct published published;

	(void)state;
	table->adds_up = false;
	set(table, 0, 0, 40, 2);
	set(table, 0, 1, 40, 3);
	assert_int_equal(publish(table, 1, 10, &published), 0);
	assert_int_equal(published.shown[0][0], SHOWN_HIDDEN);
	assert_int_equal(published.shown[0][1], SHOWN_NUMBER);
	free(table);
}

static void nothing_is_shown_of_few(void **state)
{
	struct table *table = table_of(3, 3);
	struct published published;

	(void)state;
	set(table, 0, 0, 5, 5);
	set(table, 2, 1, 4, 4);
	assert_int_equal(publish(table, 1, 10, &published), 0);
	for (size_t row = 0; row <= 3; row++)
		for (size_t column = 0; column <= 3; column++)
			assert_int_not_equal(published.shown[row][column], SHOWN_NUMBER);
	free(table);
}

static void the_threshold_goes_up_only(void **state)
{
	struct table *table = table_of(1, 1);
	struct published published;

	(void)state;
	set(table, 0, 0, 9, 9);
	assert_int_equal(publish(table, 1, 3, &published), 0);
	assert_int_equal(published.shown[0][0], SHOWN_SMALL);
	set(table, 0, 0, 20, 9);
	assert_int_equal(publish(table, 1, 30, &published), 0);
	assert_int_equal(published.shown[0][0], SHOWN_SMALL);
	assert_int_equal(publish(table, 1, 29, &published), 0);
	assert_int_equal(published.shown[0][0], SHOWN_NUMBER);
	free(table);
}

/* The attacker knows the rules: what a small one can be, how numbers are rounded, that rows and columns add
 * up. She tries all tables of 2 by 3 whose cells lie in what is shown of them, and notes what each cell can
 * be. */
#define MOST 34

struct attack {
	const struct published *published;
	uint32_t threshold, cell[2][3];
	bool can_be[2][3][MOST + 1];
};

static bool fits(const struct attack *attack, size_t row, size_t column, uint32_t number)
{
	uint32_t shown = attack->published->number[row][column];

	if (attack->published->shown[row][column] == SHOWN_SMALL)
		return number < attack->threshold;
	if (attack->published->shown[row][column] == SHOWN_HIDDEN)
		return true;
	return (number + 2) / 5 * 5 == shown && (number == 0 || number >= attack->threshold);
}

static bool totals_fit(const struct attack *attack)
{
	uint32_t all = 0;

	for (size_t row = 0; row < 2; row++) {
		uint32_t sum = attack->cell[row][0] + attack->cell[row][1] + attack->cell[row][2];

		all += sum;
		if (!fits(attack, row, 3, sum))
			return false;
	}
	for (size_t column = 0; column < 3; column++)
		if (!fits(attack, 2, column, attack->cell[0][column] + attack->cell[1][column]))
			return false;
	return fits(attack, 2, 3, all);
}

static void try_all(struct attack *attack, size_t at)
{
	if (at == 6) {
		if (totals_fit(attack))
			for (size_t i = 0; i < 6; i++)
				attack->can_be[i / 3][i % 3][attack->cell[i / 3][i % 3]] = true;
		return;
	}
	for (uint32_t number = 0; number <= MOST; number++) {
		if (!fits(attack, at / 3, at % 3, number))
			continue;
		attack->cell[at / 3][at % 3] = number;
		try_all(attack, at + 1);
	}
}

static size_t possible(const struct attack *attack, size_t row, size_t column)
{
	size_t count = 0;

	for (size_t number = 0; number <= MOST; number++)
		count += attack->can_be[row][column][number];
	return count;
}

static void no_hidden_cell_can_be_computed(void **state)
{
	unsigned seed = 20261124;
	size_t hidden = 0;

	(void)state;
	for (int round = 0; round < SOME(20); round++) {
		struct table *table = table_of(2, 3);
		struct published published;
		struct attack *attack = calloc(1, sizeof *attack);

		assert_non_null(attack);
		for (size_t at = 0; at < 6; at++) {
			seed = seed * 1103515245U + 12345U;
			set(table, at / 3, at % 3,
				seed >> 16 & 1 ? (seed >> 17) % 14 : 10 + (seed >> 17) % 22, 5);
		}
		assert_int_equal(publish(table, 1, 10, &published), 0);
		attack->published = &published;
		attack->threshold = 10;
		try_all(attack, 0);
		for (size_t at = 0; at < 6; at++) {
			assert_true(attack->can_be[at / 3][at % 3][table->cell[at / 3][at % 3]]);
			if (published.shown[at / 3][at % 3] == SHOWN_NUMBER)
				continue;
			hidden++;
			assert_true(possible(attack, at / 3, at % 3) > 1);
		}
		free(attack);
		free(table);
	}
	assert_true(hidden > SOME(20)); /* it was an attack */
}

/* Larger ones, too many to try: a reader who reasons about rows and columns until nothing new follows. */
#define ROUNDS SOME(300)

struct bounds {
	double low[TABLE_ROWS + 1][TABLE_COLUMNS + 1], high[TABLE_ROWS + 1][TABLE_COLUMNS + 1];
};

static void start_bounds(const struct table *table, const struct published *published, struct bounds *bounds)
{
	for (size_t row = 0; row <= table->rows; row++) {
		for (size_t column = 0; column <= table->columns; column++) {
			double shown = published->number[row][column];

			bounds->low[row][column] = 0;
			bounds->high[row][column] = published->shown[row][column] == SHOWN_SMALL ? 9 : 1e9;
			if (published->shown[row][column] != SHOWN_NUMBER)
				continue;
			bounds->low[row][column] = shown > 2 ? shown - 2 : 0;
			bounds->high[row][column] = shown > 0 ? shown + 2 : 0;
		}
	}
}

/* Of one line, whose last cell is its total: cells one after the other. */
static bool sharpen(double *low[], double *high[], size_t count)
{
	bool changed = false;

	for (size_t at = 0; at <= count; at++) {
		double least = 0, most = 0;

		for (size_t other = 0; other <= count; other++) {
			double sign = other == count ? 1 : -1;

			if (other == at)
				continue;
			if (at == count) {
				least += *low[other];
				most += *high[other];
			} else {
				least += sign > 0 ? *low[other] : -*high[other];
				most += sign > 0 ? *high[other] : -*low[other];
			}
		}
		if (least > *low[at]) {
			*low[at] = least;
			changed = true;
		}
		if (most < *high[at]) {
			*high[at] = most;
			changed = true;
		}
	}
	return changed;
}

static bool sharpen_all(const struct table *table, struct bounds *bounds)
{
	double *low[TABLE_ROWS + TABLE_COLUMNS], *high[TABLE_ROWS + TABLE_COLUMNS];
	bool changed = false;

	for (size_t row = 0; row <= table->rows; row++) {
		for (size_t column = 0; column <= table->columns; column++) {
			low[column] = &bounds->low[row][column];
			high[column] = &bounds->high[row][column];
		}
		changed = sharpen(low, high, table->columns) || changed;
	}
	for (size_t column = 0; column <= table->columns; column++) {
		for (size_t row = 0; row <= table->rows; row++) {
			low[row] = &bounds->low[row][column];
			high[row] = &bounds->high[row][column];
		}
		changed = sharpen(low, high, table->rows) || changed;
	}
	return changed;
}

static void no_hidden_cell_of_a_large_table_follows(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct table *table = table_of(3 + (size_t)round % 12, 2 + (size_t)round % 9);
		struct bounds *bounds = calloc(1, sizeof *bounds);
		struct published published;

		assert_non_null(bounds);
		for (size_t at = 0; at < table->rows * table->columns; at++) {
			seed = seed * 1103515245U + 12345U;
			set(table, at / table->columns, at % table->columns,
				seed >> 16 & 3 ? (seed >> 18) % 90 : (seed >> 18) % 9, 6);
		}
		assert_int_equal(publish(table, 1, 10, &published), 0);
		start_bounds(table, &published, bounds);
		for (int again = 0; again < 200 && sharpen_all(table, bounds); again++)
			;
		for (size_t row = 0; row <= table->rows; row++) {
			for (size_t column = 0; column <= table->columns; column++) {
				if (published.shown[row][column] != SHOWN_NUMBER)
					assert_true(
						bounds->high[row][column] - bounds->low[row][column] > 0.5);
			}
		}
		free(bounds);
		free(table);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_ones_are_hidden_and_others_rounded),
		cmocka_unit_test(a_zero_in_a_small_row_is_hidden),
		cmocka_unit_test(what_few_reports_tell_is_hidden),
		cmocka_unit_test(nothing_is_shown_of_few),
		cmocka_unit_test(the_threshold_goes_up_only),
		cmocka_unit_test(no_hidden_cell_can_be_computed),
		cmocka_unit_test(no_hidden_cell_of_a_large_table_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
