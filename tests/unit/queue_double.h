/* What stands in the network's place for the queue's walks: a clock for crashes, dice, and a server's double
 * that takes reports as the protocol says, or breaks, lies, babbles and is busy as the dice say. The linker
 * puts it in the place of the client's own functions (tests/unit/meson.build). */
#ifndef TESTS_QUEUE_DOUBLE_H
#define TESTS_QUEUE_DOUBLE_H

#include "client/failure.h"
#include "proto/buffer.h"
#include "proto/roster.h"
#include "submit.h"

#define REPORTS_MAX 8
#define SMALL_MAX   600
#define LARGE_BYTES (SUBMIT_WHOLE_MAX + 4096)

struct stored {
	char id[ID_SIZE];
	size_t times; /* that it was newly taken: never more than one */
	size_t got;   /* of an upload */
	struct buffer upload;
};

struct world {
	uint64_t dice;
	struct roster *roster;
	uint8_t receipt_secret[64];
	struct stored stored[REPORTS_MAX];
	size_t stored_count;
	bool is_harmless; /* a whole line and an honest server */
	size_t steps_left;
	bool can_crash, is_dead;
	size_t crashes, calls;
};
extern struct world world;

uint64_t roll(uint64_t below);

/* One more step; true from the crash on. */
bool dies(void);
MUST_USE int dead(struct failure *failure);

/* How often the server has newly taken a report. */
size_t times_stored(const char *id);

#endif
