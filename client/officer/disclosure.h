/* Tables of counts, and what of them may leave the desk (DOMAIN 3.3): small counts are hidden, and others
 * with them, so that nothing hidden can be computed from what is shown; what is shown is rounded. */
#ifndef OFFICER_DISCLOSURE_H
#define OFFICER_DISCLOSURE_H

#include "proto/base.h"

#define TABLE_ROWS      32
#define TABLE_COLUMNS   24
#define TABLE_LABEL     48
#define THRESHOLD_LEAST 10
#define THRESHOLD_MOST  1000000
#define SOURCES_LEAST   3 /* different reporters behind a count */
#define ROUNDED_TO      5

struct table {
	const char *id, *title, *counted; /* what a count is of */
	bool adds_up;                     /* each thing stands in one cell only: totals mean something */
	/* What the reader of several tables knows besides, 0 for nothing: tables with one number here count
	 * the same things, by the same rows or only in all; and what is counted here is a part of those. */
	uint8_t same_rows, same_whole, part_of_rows, part_of_whole;
	size_t rows, columns;
	char row[TABLE_ROWS][TABLE_LABEL], column[TABLE_COLUMNS][TABLE_LABEL];
	uint32_t cell[TABLE_ROWS][TABLE_COLUMNS];
	const uint32_t *reporters; /* by the number of a report: whose it is; NULL: each is somebody else's */
	uint32_t sources[TABLE_ROWS][TABLE_COLUMNS]; /* different reporters, SOURCES_LEAST at most */
	uint32_t seen[TABLE_ROWS][TABLE_COLUMNS][SOURCES_LEAST]; /* who they are, plus 1 */
};

void table_row(struct table *table, const char *label);
void table_column(struct table *table, const char *label);
/* Counts something of report number `report`. */
void table_count(struct table *table, size_t row, size_t column, uint32_t report, uint32_t count);

enum shown {
	SHOWN_NUMBER,
	SHOWN_SMALL,  /* below the threshold */
	SHOWN_HIDDEN, /* not below it; so that no small one can be computed, or from too few reports */
};

/* The row behind the last and the column behind the last are totals, only where the table adds up. */
struct published {
	enum shown shown[TABLE_ROWS + 1][TABLE_COLUMNS + 1];
	uint32_t number[TABLE_ROWS + 1][TABLE_COLUMNS + 1]; /* rounded; 0 where it isn't shown */
	bool is_dropped;                                    /* nothing but totals could be shown */
};

/* All tables that leave the desk together, so that no hidden cell follows from the others; a total that is
 * hidden in one is hidden in each. -1 where memory is short. */
MUST_USE int publish(
	const struct table *tables, size_t count, uint32_t threshold, struct published *ret_published);

#endif
