/* Keeps what a person's program holds in ordinary memory out of swap and out of cores: answers, reports as
 * JSON, what a screen shows, what a library copies. Keys and passphrases have sodium_malloc besides. */
#ifndef KEYS_PRIVATE_MEMORY_H
#define KEYS_PRIVATE_MEMORY_H

#include "proto/base.h"

/* Of Debian's 8 MiB for an unprivileged user, so that sodium_malloc keeps the larger half. What the heap
 * holds beyond its part, large pieces of it, and other threads' stacks aren't locked. */
#define PRIVATE_HEAP_BYTES  ((size_t)3 * 1024 * 1024)
#define PRIVATE_STACK_BYTES ((size_t)192 * 1024)

/* Once, before anything of hers is in memory, with one thread. Where the system allows less, or the allocator
 * is a sanitizer's, less is locked or nothing: that is no reason to refuse a report. */
void private_memory_begin(void);

#endif
