/* What every fuzz target needs. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input: a fuzzer stops where it doesn't. */
static inline void must(int holds)
{
	if (!holds)
		abort();
}

/* Both outcomes are right; what counts is that nothing crashes on the way. */
static inline void either(int rc)
{
	(void)rc;
}

/* Each target calls this first; libsodium does the work once. */
static inline void fuzz_start(void)
{
	must(proto_init() == 0);
}

#endif
