/* What scripts/make-folding makes of the Unicode database; both tables are in the order of their points. */
#ifndef CLIENT_FOLDING_TABLE_H
#define CLIENT_FOLDING_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define FOLDING_LONGEST 4

struct folding_row {
	uint32_t point;
	uint32_t becomes[FOLDING_LONGEST]; /* up to the first 0 */
};
struct folding_class {
	uint32_t point;
	uint8_t combining; /* the canonical combining class; never 0 */
};

extern const struct folding_row folding_rows[];
extern const size_t folding_row_count;
extern const struct folding_class folding_classes[];
extern const size_t folding_class_count;

#endif
