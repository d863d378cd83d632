/* An attacker who holds published tables: for each hidden cell another world is looked for that shows the
 * same and differs in that cell: a table with its totals is a flow in a circle, and another one differs by a
 * circle along which one more can flow. Tables that share totals have to follow. */
#ifndef TESTS_SITUATION_ATTACK_H
#define TESTS_SITUATION_ATTACK_H

#include "situation.h"

#define THRESHOLD 10

/* One published table as the attacker sees it: what each cell may be, and what it is. */
struct view {
	const struct table *table;
	size_t rows, columns;
	int is[TABLE_ROWS + 1][TABLE_COLUMNS + 1];
	int low[TABLE_ROWS + 1][TABLE_COLUMNS + 1], high[TABLE_ROWS + 1][TABLE_COLUMNS + 1];
	bool hidden[TABLE_ROWS + 1][TABLE_COLUMNS + 1];
};

struct attack {
	struct view *views;
	size_t count;
	size_t hidden, found; /* cells */
};

/* What she sees of one table; noise is by how much a shown number may differ from the true one. */
void look(const struct table *table, const struct published *published, int noise, struct view *view);
/* What one table says of a total holds for each table that has it. */
void share(struct attack *attack);
/* Counts hidden cells, and those for which there is no other world. */
void attack_all(struct attack *attack);

#endif
