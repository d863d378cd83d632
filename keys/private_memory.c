#include "keys/private_memory.h"

#include "build_config.h"
#include "proto/json.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define LARGE_BYTES  (1024 * 1024) /* from here on a piece is a mapping of its own, and not locked */
#define HEAP_TO_GROW (PRIVATE_HEAP_BYTES / 4)

/* Locked as it is touched: what isn't used costs nothing. */
static void keep(uint8_t *from, size_t len)
{
	const size_t before = (uintptr_t)from % (size_t)sysconf(_SC_PAGESIZE);

	(void)mlock2(from - before, before + len, MLOCK_ONFAULT);
	(void)madvise(from - before, before + len, MADV_DONTDUMP);
}

/* One heap for all threads, in one piece that is grown here and never given back. */
static void keep_heap(void)
{
	struct mallinfo2 heap;
	void *growing;
	uint8_t *end;

	if (mallopt(M_ARENA_MAX, 1) != 1 || mallopt(M_MMAP_THRESHOLD, LARGE_BYTES) != 1 ||
		mallopt(M_TRIM_THRESHOLD, INT32_MAX) != 1 ||
		mallopt(M_TOP_PAD, (int)(PRIVATE_HEAP_BYTES - HEAP_TO_GROW)) != 1)
		return;
	growing = malloc(HEAP_TO_GROW);
	free(growing);
	/* From here on it grows by little: what comes behind isn't locked. */
	(void)mallopt(M_TOP_PAD, LARGE_BYTES / 8);
	heap = mallinfo2();
	end = sbrk(0);
	if (growing != NULL)
		keep(end - heap.arena, heap.arena);
}

/* The kernel makes a stack as it is used, so it is used. Above lie the frames that are there already, and
 * then the arguments. */
static void keep_stack(void)
{
	uint8_t used[PRIVATE_STACK_BYTES];
	volatile uint8_t *touched = used;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uintptr_t bottom = (uintptr_t)used, top = (uintptr_t)environ;

	for (size_t at = 0; at < sizeof used; at += page)
		touched[at] = 0;
	keep(used, top > bottom && top - bottom < 2 * sizeof used ? top - bottom : sizeof used);
}

void private_memory_begin(void)
{
	struct rlimit limit;

	json_wipe_freed();
	if (CLARION_SANITIZED)
		return;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	}
	keep_heap();
	keep_stack();
}
