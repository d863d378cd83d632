/* Wake-ups on their way to officers. Each is delivered at least once, through any end of notify, of the store
 * or of the daemon, tried again with growing pauses; or it is given up, which is told to whoever asked to be
 * told, so that it climbs. "Delivered" is what notify says: it may lie, so nothing but an officer's signed
 * acknowledgement stops a clock.
 *
 * There is one entry for each officer, desk and urgency: what is asked for while the same still waits is
 * that one; what is asked for while the same is on its way goes out once more. An officer who has chosen a
 * steady beat is woken by her next beat, never besides. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "proto/base.h"
#include "proto/words.h"

struct channel;
struct reader;
struct store;

/* --- for whoever alerts (all in a group that the caller has opened: like every write, on -1 it has failed)
 */

/* This officer is to be woken: something waits at this desk. 1, and nothing happens, for one who has chosen
 * no way to be woken, or isn't in the roster. */
MUST_USE int outbox_wake(struct store *store, const char *officer, const char *desk, enum urgency urgency);
/* The same for every officer of the desk's tier. */
MUST_USE int outbox_wake_tier(struct store *store, const char *desk, uint32_t tier, enum urgency urgency);
/* Whether she has chosen a way to be woken. */
bool outbox_reaches(const struct store *store, const char *officer);
/* How many of hers haven't been delivered yet. */
uint32_t outbox_count(const struct store *store, const char *officer);
/* Wakes her once now, for no desk, so that she sees whether it works. Not durable; -1: memory is short. */
MUST_USE int outbox_test(struct store *store, const char *officer);
/* Whether one of hers of this desk is still on its way. */
bool outbox_is_waiting(const struct store *store, const char *officer, const char *desk);

/* A wake-up was given up: called in the group that removes it, so that what the handler writes is durable
 * with that or not at all. asked: when it was asked for first. -1: a write failed. Without a handler the
 * next higher tier of the desk is woken. */
struct outbox_lost {
	const char *officer, *desk;
	enum urgency urgency;
	int64_t asked;
};
typedef int outbox_lost_handler(struct store *store, const struct outbox_lost *lost);
void outbox_on_lost(struct store *store, outbox_lost_handler *handler);

/* --- for the store's frame */
MUST_USE int outbox_load(struct store *store);
void outbox_free(struct store *store);
/* After a group was committed or rolled back. */
void outbox_committed(struct store *store);
void outbox_rolled_back(struct store *store);
/* There is a notify again, or there is none: what it had is sent to the next one. */
void outbox_notify_changed(struct store *store);
/* What notify says of one. -1: it has no business to. */
MUST_USE int outbox_woken(struct store *store, struct reader *message);
/* She has chosen another way, or none. */
void outbox_way_changed(struct store *store, const char *officer);

#endif
