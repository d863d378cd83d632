/* What disclosure.c (what is hidden) and disclosure_reader.c (what a reader can compute) share. */
#ifndef OFFICER_DISCLOSURE_INTERNAL_H
#define OFFICER_DISCLOSURE_INTERNAL_H

#include "disclosure.h"

#define ROWS_ROOM    (TABLE_ROWS + 1)
#define COLUMNS_ROOM (TABLE_COLUMNS + 1)
#define MANY         UINT32_C(1000000000) /* above any count */

/* A table with its totals: true numbers, and what must be hidden. A line is a row or a column, total
 * included. */
struct work {
	const struct table *table;
	size_t rows, columns; /* without totals */
	uint32_t threshold;
	uint32_t number[ROWS_ROOM][COLUMNS_ROOM];
	bool hidden[ROWS_ROOM][COLUMNS_ROOM];
	uint32_t low[ROWS_ROOM][COLUMNS_ROOM], high[ROWS_ROOM][COLUMNS_ROOM];
	bool is_dropped, is_silent; /* only totals are left; nothing is */
};

/* A cell of a line: line numbers count rows first, then columns; the line of totals is each one's last. */
struct place {
	size_t row, column;
};

/* Of all tables that add up. */
struct works {
	struct work *list;
	size_t count;
};

size_t lines_of(const struct work *work);
size_t length_of(const struct work *work, size_t line);
struct place at_of(const struct work *work, size_t line, size_t at);
uint32_t rounded(uint32_t number);

/* True where a reader of all tables, who reasons about every line and every total that is in several, could
 * tell a hidden cell, if need be by knowing one case. */
bool can_be_told(struct works *works, struct work **ret_work, struct place *ret_at);

#endif
