/* The outbox's entries: in memory, and as rows of SHELF_OUTBOX, written once and removed once. */
#ifndef STORE_OUTBOX_ROWS_H
#define STORE_OUTBOX_ROWS_H

#include "outbox.h"
#include "wake_ways.h"

#define OUTBOX_ID_BYTES 16
#define OUTBOX_NEVER    INT64_MAX

struct event;

struct outbox_entry {
	struct outbox_entry *next;
	uint8_t id[OUTBOX_ID_BYTES]; /* its row's name, random */
	char officer[NAME_SIZE];
	char desk[NAME_SIZE]; /* "" for a beat, which has no row */
	enum urgency urgency;
	int64_t asked;
	/* From here on only in memory. */
	bool is_fresh;   /* its group isn't durable yet */
	bool is_again;   /* asked for once more while it was on its way */
	uint64_t number; /* under which it is on its way; 0: it isn't */
	uint64_t beat;   /* number of the beat that carries it; 0: none */
	int64_t sent;    /* when */
	int64_t due;     /* when it is tried next */
	unsigned attempts;
};

struct outbox {
	struct outbox_entry *entries;
	struct wake_note *notes;
	struct event *timer;
	uint64_t last_number;
	int64_t beats_seen; /* beats up to then have been begun */
	unsigned on_the_way;
	bool has_fresh;
	bool is_unsure; /* the rows couldn't be read again: nobody is given up, nothing is sent, until they
			   were */
	outbox_lost_handler *on_lost;
	bool lacks[WAKE_KIND_LAST + 1]; /* ways that the server isn't set up for */
};

static inline bool outbox_is_beat(const struct outbox_entry *entry)
{
	return entry->desk[0] == '\0';
}

/* --- outbox.c */
MUST_USE struct outbox_entry *outbox_push(
	struct store *store, const char *officer, const char *desk, enum urgency urgency);
void outbox_unlink(struct store *store, struct outbox_entry *entry);
/* Gives it up: it is gone then, and may be another one after a failure. */
void outbox_lose(struct store *store, struct outbox_entry *entry);
/* Soon, from the loop. */
void outbox_look(struct store *store);

/* --- outbox_beat.c: a beat wakes on a schedule, whether or not anything waits; what waits for her goes with
 * it. A beat has no row: the schedule follows from the clock. */
void outbox_beats_begin(struct store *store);
/* The next beat of all, where it is before this time. */
int64_t outbox_next_beat(const struct store *store, int64_t before);
int64_t outbox_beat_seconds(const struct store *store, const struct outbox_entry *beat);
void outbox_beat_sent(struct store *store, const struct outbox_entry *beat);
/* It isn't on its way any more, and so isn't what it carried. */
void outbox_beat_off(struct store *store, const struct outbox_entry *entry);
void outbox_beat_delivered(struct store *store, struct outbox_entry *beat);
void outbox_beat_lost(struct store *store, struct outbox_entry *beat);

/* --- outbox_rows.c */
/* Takes the place of what is in memory; beats stay. */
MUST_USE int outbox_rows_load(struct store *store);
void outbox_rows_free(struct store *store);
/* In a group. */
MUST_USE int outbox_row_add(struct store *store, const struct outbox_entry *entry);
MUST_USE int outbox_row_remove(struct store *store, const struct outbox_entry *entry);

#endif
