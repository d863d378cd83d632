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
	outbox_lost_handler *on_lost;
};

static inline bool outbox_is_beat(const struct outbox_entry *entry)
{
	return entry->desk[0] == '\0';
}

/* Takes the place of what is in memory. */
MUST_USE int outbox_rows_load(struct store *store);
void outbox_rows_forget(struct store *store);
/* In a group. */
MUST_USE int outbox_row_add(struct store *store, const struct outbox_entry *entry);
MUST_USE int outbox_row_remove(struct store *store, const struct outbox_entry *entry);

#endif
