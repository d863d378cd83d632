/* Which held report is due next: a heap in memory, so that nobody looks through all of them. What it says is
 * only a reason to look: the row decides. */
#include "held.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 64

struct held_heap {
	struct held_entry *list; /* list[(i - 1) / 2] is never later than list[i] */
	size_t count, room;
};

struct held_heap *held_new(void)
{
	return calloc(1, sizeof(struct held_heap));
}

void held_free(struct held_heap *heap)
{
	if (heap == NULL)
		return;
	free(heap->list);
	free(heap);
}

void held_clear(struct held_heap *heap)
{
	heap->count = 0;
}

static int grow(struct held_heap *heap)
{
	size_t room = heap->room == 0 ? ROOM_AT_FIRST : heap->room * 2;
	struct held_entry *longer = realloc(heap->list, room * sizeof *longer);

	if (longer == NULL)
		return -1;
	heap->list = longer;
	heap->room = room;
	return 0;
}

int held_push(struct held_heap *heap, int64_t release, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	size_t at = heap->count;

	if (heap->count == heap->room && grow(heap) != 0)
		return -1;
	heap->count++;
	for (; at > 0 && heap->list[(at - 1) / 2].release > release; at = (at - 1) / 2)
		heap->list[at] = heap->list[(at - 1) / 2];
	heap->list[at].release = release;
	memcpy(heap->list[at].blind_id, blind_id, BLIND_INDEX_BYTES);
	return 0;
}

const struct held_entry *held_first(const struct held_heap *heap)
{
	return heap->count == 0 ? NULL : &heap->list[0];
}

void held_pop(struct held_heap *heap)
{
	struct held_entry last;
	size_t at = 0;

	if (heap->count == 0)
		return;
	last = heap->list[--heap->count];
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && heap->list[child + 1].release < heap->list[child].release)
			child++;
		if (heap->list[child].release >= last.release)
			break;
		heap->list[at] = heap->list[child];
		at = child;
	}
	if (heap->count > 0)
		heap->list[at] = last;
}
