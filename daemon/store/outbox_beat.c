/* A steady beat: an officer who has chosen one is woken on a schedule, by the same message whether or not
 * anything waits, so that neither tells anything. */
#include "outbox_rows.h"
#include "store_state.h"

#include <string.h>

#define MINUTE       60
#define TEST_SECONDS 600 /* a beat that an officer asked for, to see whether it works */

/* The last beat of hers that was due. */
static int64_t beat_before(const struct wake_note *note, int64_t now)
{
	int64_t period = (int64_t)note->beat_minutes * MINUTE;

	return now - (now - note->beat_phase) % period;
}

static struct outbox_entry *beat_of(const struct store *store, const char *officer)
{
	struct outbox_entry *at = store->outbox->entries;

	while (at != NULL && (!outbox_is_beat(at) || strcmp(at->officer, officer) != 0))
		at = at->next;
	return at;
}

/* One that still couldn't be delivered becomes this one. */
static void begin(struct store *store, const struct wake_note *note, int64_t when)
{
	struct outbox_entry *beat = beat_of(store, note->officer);

	if (beat == NULL)
		beat = outbox_push(store, note->officer, "", URGENCY_RECORD);
	if (beat == NULL)
		return; /* memory is short: the next one comes */
	beat->asked = when;
	beat->attempts = 0;
	beat->due = when;
}

void outbox_beats_begin(struct store *store)
{
	int64_t now = store_now(store), seen = store->outbox->beats_seen;

	for (const struct wake_note *note = wake_notes(store); note != NULL; note = note->next)
		if (note->beat_minutes > 0 && beat_before(note, now) > seen)
			begin(store, note, beat_before(note, now));
	store->outbox->beats_seen = now > seen ? now : seen;
}

int64_t outbox_next_beat(const struct store *store, int64_t before)
{
	int64_t first = before, now = store_now(store);

	for (const struct wake_note *note = wake_notes(store); note != NULL; note = note->next) {
		int64_t next = note->beat_minutes == 0
				       ? first
				       : beat_before(note, now) + (int64_t)note->beat_minutes * MINUTE;

		first = next < first ? next : first;
	}
	return first;
}

/* The next one comes soon enough. */
int64_t outbox_beat_seconds(const struct store *store, const struct outbox_entry *beat)
{
	const struct wake_note *note = wake_note(store, beat->officer);

	return note == NULL || note->beat_minutes == 0 ? TEST_SECONDS
						       : (int64_t)note->beat_minutes * MINUTE / 2;
}

/* Only what she has chosen a beat for goes with it: anything else has its own way. */
void outbox_beat_sent(struct store *store, const struct outbox_entry *beat)
{
	const struct wake_note *note = wake_note(store, beat->officer);

	for (struct outbox_entry *at = store->outbox->entries; at != NULL; at = at->next)
		if (note->beat_minutes > 0 && !outbox_is_beat(at) && !at->is_fresh && at->number == 0 &&
			strcmp(at->officer, beat->officer) == 0) {
			at->beat = beat->number;
			at->is_again = false;
		}
}

void outbox_beat_off(struct store *store, const struct outbox_entry *entry)
{
	for (struct outbox_entry *at = store->outbox->entries; at != NULL && outbox_is_beat(entry);
		at = at->next)
		if (strcmp(at->officer, entry->officer) == 0)
			at->beat = 0;
}

static struct outbox_entry *carried_by(const struct store *store, uint64_t number)
{
	struct outbox_entry *at = store->outbox->entries;

	while (at != NULL && at->beat != number)
		at = at->next;
	return at;
}

void outbox_beat_delivered(struct store *store, struct outbox_entry *beat)
{
	const uint64_t number = beat->number;
	struct outbox_entry *carried;

	outbox_unlink(store, beat);
	while ((carried = carried_by(store, number)) != NULL) {
		carried->beat = 0;
		if (carried->is_again) {
			carried->is_again = false;
			continue; /* it came while the beat was on its way: the next one carries it */
		}
		if (group_open(store) != 0)
			return;
		if (outbox_row_remove(store, carried) != 0) {
			group_fail(store);
			return;
		}
		outbox_unlink(store, carried);
	}
}

/* A beat that is lost is told nobody; what waited for it climbs. */
void outbox_beat_lost(struct store *store, struct outbox_entry *beat)
{
	const struct wake_note *note = wake_note(store, beat->officer);
	bool is_scheduled = note != NULL && note->beat_minutes > 0;
	struct outbox_entry *at;
	char officer[NAME_SIZE];
	int64_t asked = beat->asked;

	memcpy(officer, beat->officer, sizeof officer);
	outbox_unlink(store, beat);
	for (at = store->outbox->entries; is_scheduled && at != NULL;) {
		bool is_lost = !at->is_fresh && at->number == 0 && at->asked <= asked &&
			       at->due == OUTBOX_NEVER && strcmp(at->officer, officer) == 0;

		if (is_lost)
			outbox_lose(store, at);
		at = is_lost ? store->outbox->entries : at->next;
	}
}
