/* Which held report is due next, in memory. */
#ifndef STORE_HELD_H
#define STORE_HELD_H

#include "backend.h"

struct held_heap;

struct held_entry {
	int64_t release;
	uint8_t blind_id[BLIND_INDEX_BYTES];
};

MUST_USE struct held_heap *held_new(void);
void held_free(struct held_heap *heap);
void held_clear(struct held_heap *heap);
MUST_USE int held_push(struct held_heap *heap, int64_t release, const uint8_t blind_id[BLIND_INDEX_BYTES]);
/* The earliest; NULL where there is none. Valid until the next push or pop. */
const struct held_entry *held_first(const struct held_heap *heap);
void held_pop(struct held_heap *heap);

#endif
