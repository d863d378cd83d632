#include "desk_occasions.h"

#include "cmocka_all.h"

#include <stdlib.h>

/* A heap: the earliest first. */
static struct {
	struct occasion *heap;
	size_t count, room;
} occasions;

void plan(int64_t when, enum happening what, unsigned who, unsigned level)
{
	size_t at = occasions.count;

	if (occasions.count == occasions.room) {
		occasions.room = occasions.room * 2 + 1024;
		occasions.heap = reallocarray(occasions.heap, occasions.room, sizeof *occasions.heap);
		assert_non_null(occasions.heap);
	}
	occasions.count++;
	for (; at > 0 && occasions.heap[(at - 1) / 2].when > when; at = (at - 1) / 2)
		occasions.heap[at] = occasions.heap[(at - 1) / 2];
	occasions.heap[at] = (struct occasion){ when, what, who, level };
}

struct occasion occasion_take(void)
{
	struct occasion first = occasions.heap[0], last = occasions.heap[--occasions.count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= occasions.count)
			break;
		if (child + 1 < occasions.count &&
			occasions.heap[child + 1].when < occasions.heap[child].when)
			child++;
		if (occasions.heap[child].when >= last.when)
			break;
		occasions.heap[at] = occasions.heap[child];
		at = child;
	}
	occasions.heap[at] = last;
	return first;
}

int64_t occasions_next(void)
{
	return occasions.count > 0 ? occasions.heap[0].when : INT64_MAX;
}

void occasions_free(void)
{
	free(occasions.heap);
	occasions.heap = NULL;
	occasions.count = occasions.room = 0;
}
