/* Rosters of the store: those that were ever in force, the one that is, and its end. Part of store_state.h.
 */
#ifndef STORE_ROSTERS_H
#define STORE_ROSTERS_H

#include "proto/roster.h"

struct store;

/* --- rosters.c */
MUST_USE int rosters_load(struct store *store, struct fault *fault);
/* A note handed over by the supervisor, while the store runs: in force and durable when this returns. */
MUST_USE int rosters_offer(struct store *store, const uint8_t *note, size_t len, struct fault *fault);
/* The same at the start, inside the caller's transaction: what comes of all the notes is judged first. */
MUST_USE int rosters_take_at_start(struct store *store, const uint8_t *note, size_t len, struct fault *fault);
/* A roster in force must name a receipt key that the keyring holds. */
MUST_USE int rosters_check_receipt_key(
	const struct store *store, const struct roster *roster, struct fault *fault);
/* The fingerprint of a version that is kept; -1 where it isn't. */
MUST_USE int rosters_fingerprint(
	struct store *store, uint64_t version, char ret_fingerprint[FINGERPRINT_SIZE]);
/* The roster of a version: in force or from storage. The caller frees it. */
MUST_USE int rosters_at(struct store *store, uint64_t version, struct roster **ret_roster);

/* --- roster_expiry.c: looked after each minute */
void roster_watch_expiry(struct store *store);

#endif
