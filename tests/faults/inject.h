/* The page that a test shares with the programs whose calls it makes fail: tests/faults/calls.py writes the
 * same layout. All numbers are of 64 bits, so that neither side has to think of gaps. */
#ifndef TESTS_INJECT_H
#define TESTS_INJECT_H

#include <stdatomic.h>
#include <stdint.h>

#define INJECT_NAME  "CLARION_TEST_FAULTS" /* the environment's name for the page's file */
#define INJECT_SHORT 0                     /* instead of an errno: half of what was asked for is done */

enum inject_role {
	INJECT_SUPERVISOR,
	INJECT_FRONT,
	INJECT_STORE,
	INJECT_NOTIFY,
	INJECT_CHECKPOINT,
	INJECT_CLIENT,
	INJECT_ROLES
};
enum inject_call {
	INJECT_MEMORY,
	INJECT_READ,
	INJECT_WRITE,
	INJECT_SYNC,
	INJECT_OPEN,
	INJECT_ACCEPT,
	INJECT_CONNECT,
	INJECT_CALLS
};

#define INJECT_PLACES 65536 /* a few thousand are met */
#define INJECT_DEPTH  6

/* Where in the program a call is made: a hash of which call it is, in which role, and of the return addresses
 * above it. Of allocations only the program's own are counted: what a library allocates for one call of ours
 * is one place. */
struct inject_place {
	_Atomic int64_t hash; /* 0: no place */
	int64_t role, call;
	int64_t phase; /* in which it was first met */
};

struct inject_page {
	_Atomic int64_t countdown; /* calls until the one that fails; 0: none */
	_Atomic int64_t role, call, error;
	_Atomic int64_t fired;
	_Atomic int64_t blocks[INJECT_ROLES]; /* of memory that the newest process of this role holds */
	_Atomic int64_t place;       /* the hash of the place that fails when it is next met; 0: none */
	_Atomic int64_t phase;       /* while it isn't 0, places are noted */
	int64_t where[INJECT_DEPTH]; /* the program's own addresses above the call that failed, for addr2line
				      */
	struct inject_place places[INJECT_PLACES];
};

#endif
