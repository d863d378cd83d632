/* The way of wake-ups over a long time: notify, which the test plays, and the network behind it, which is cut
 * off at times and loses answers. What must hold is checked all the while:
 *
 * - what was asked for is delivered soon once the network is there, or given up in time, and then the next
 *   tier is woken;
 * - nothing is delivered more often than it was asked for, but for what was delivered and never confirmed. */
#ifndef TESTS_DESK_NETWORK_H
#define TESTS_DESK_NETWORK_H

#include "store_scene.h"

#define NETWORK_OFFICERS 20

struct desk_network {
	unsigned asked, delivered, again, lost; /* wake-ups; again: confirmed to nobody, so sent once more */
	unsigned cuts;
};

/* A wake-up has come to an officer. */
typedef void network_delivered(unsigned officer);
/* One was given up: whoever is to be woken in her place is asked for with network_ask. */
typedef int network_lost(struct store *store, unsigned officer, enum urgency urgency);

/* All officers choose to be woken; officer-NN is number NN. */
void network_begin(struct scene *scene, network_delivered *delivered, network_lost *lost);
/* Around a restart of the store. */
void network_stop(void);
void network_start(void);
void network_cut(bool is_cut);
/* While groups fail, the store sends again what it had sent. */
void network_doubt(bool is_doubtful);

/* In a group, as outbox_wake. */
MUST_USE int network_ask(struct store *store, unsigned officer, const char *desk, enum urgency urgency);
/* Takes what the store sends by now, and answers. chance gives a number below its argument. */
void network_turn(uint64_t (*chance)(uint64_t below));
/* When the store sends next; INT64_MAX for never. */
int64_t network_next(void);
/* Everything has been delivered or given up. */
bool network_is_quiet(void);
struct desk_network network_end(void);

#endif
