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

struct inject_page {
	_Atomic int64_t countdown; /* calls until the one that fails; 0: none */
	_Atomic int64_t role, call, error;
	_Atomic int64_t fired;
	_Atomic int64_t blocks[INJECT_ROLES]; /* of memory that the newest process of this role holds */
};

#endif
