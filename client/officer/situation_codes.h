/* What the codes in a situation report's tables mean, for whoever reads it without our lists. */
#ifndef OFFICER_SITUATION_CODES_H
#define OFFICER_SITUATION_CODES_H

#include <stdbool.h>

/* Of a row or column of this table, by its id: one code is two things in two of them. NULL for a label that
 * is words already. */
const char *code_meaning(const char *table, bool is_row, const char *code);

#endif
