/* How each officer wants to be woken: her address lies sealed under the storage key, and in memory only while
 * a message to notify is made of it. */
#ifndef STORE_WAKE_WAYS_H
#define STORE_WAKE_WAYS_H

#include "proto/wake_way.h"
#include "proto/words.h"

struct store;

/* What is known of her way without opening it. */
struct wake_note {
	struct wake_note *next;
	char officer[NAME_SIZE];
	uint32_t beat_minutes; /* 0 for none */
	uint32_t beat_phase;   /* seconds: her beats are at the multiples of its minutes, so much later */
};

MUST_USE int wake_ways_load(struct store *store);
void wake_ways_free(struct store *store);
/* NULL where she has chosen none. */
const struct wake_note *wake_note(const struct store *store, const char *officer);
/* All of them, one after the other. */
const struct wake_note *wake_notes(const struct store *store);

/* What this server is set up for, as base/wake_settings.h words it: all, before it is said. */
void wake_ways_allow(struct store *store, const char *ways);
bool wake_way_is_allowed(const struct store *store, enum wake_kind kind);

/* 1 found, 0 none, -1 storage failed or it doesn't open. The caller wipes it. */
MUST_USE int wake_way_find(struct store *store, const char *officer, struct wake_way *ret_way);
/* In a group. */
MUST_USE int wake_way_keep(struct store *store, const char *officer, const struct wake_way *way);
MUST_USE int wake_way_forget(struct store *store, const char *officer);
/* --- call_wake.c: an officer chooses */
struct request;
void call_get_wake(struct request *request);
void call_put_wake(struct request *request);
/* Wakes her now, so that she sees whether it works. */
void call_post_wake(struct request *request);
void call_delete_wake(struct request *request);

/* Each minute: whoever isn't in the roster any more isn't woken any more. */
void wake_ways_tidy(struct store *store);

#endif
