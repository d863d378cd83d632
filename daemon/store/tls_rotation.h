/* The server's TLS key, as far as the store has to do with it: it asks the supervisor, and remembers how far
 * a rotation is. */
#ifndef STORE_TLS_ROTATION_H
#define STORE_TLS_ROTATION_H

#include "channel/messages.h"
#include "rotations.h"

struct store;

/* What is durable of a rotation, and what the supervisor said last. */
struct tls {
	uint64_t epoch;           /* of the key in use: 1 is the organisation's first */
	uint64_t begun;           /* the roster version in which the rotation began; 0: none is under way */
	uint8_t to[SHA256_BYTES]; /* the pin that it leads to */
	bool is_known;            /* what follows */
	uint8_t current[SHA256_BYTES];
	bool has_next;
	uint8_t next[SHA256_BYTES];
};

/* At the start, before the store serves; and once it has its channel to the supervisor. */
MUST_USE int tls_load(struct store *store, struct fault *fault);
void tls_start(struct store *store);
/* Whoever still waits is told that nothing came. */
void tls_end(struct store *store);

/* Asks the supervisor, one question after the other. said is called exactly once, later; state is NULL where
 * no answer will come. store->tls has the answer already, and the end of a rotation that it shows. -1: memory
 * is short, and said is not called. */
typedef void tls_said(void *context, const struct message_tls_state *state);
MUST_USE int tls_ask(struct store *store, const struct message_tls *message, tls_said *said, void *context);
MUST_USE int tls_answered(struct store *store, struct reader *message);

/* Every server of the roster in force that has this daemon's key names the next one, which was made for this
 * rotation: clients will know it. */
bool tls_may_switch(const struct store *store);
/* A server of the roster in force with this daemon's key; NULL where none is. */
const struct roster_server *tls_server(const struct store *store);

/* A rotation to the next key is under way from now on, durably. */
MUST_USE int tls_begin(struct store *store);

MUST_USE int tls_look(struct store *store, struct rotation *ret_rotation);

#endif
