/* A check-in under way, as the home keeps it under its passphrase: what is held at the server, the keys to
 * put it off, and what is sealed again when the roster changes. */
#ifndef DEFENDER_CHECKIN_H
#define DEFENDER_CHECKIN_H

#include "reporting.h"

#define CHECKIN_EVERY_MAX (7 * 24 * 60) /* minutes: a step that the server takes */
#define HOLD_SEED_BYTES   32

/* One held report. */
struct held {
	char id[ID_SIZE];
	int64_t release, began;
	uint64_t roster, counter;
	uint8_t seed[HOLD_SEED_BYTES]; /* of its hold key */
	bool is_accepted;              /* the server has signed that it holds it */
};

#define HELD_OLD_MAX 16 /* that still have to be called off */

/* In sodium_malloc memory. */
struct checkin {
	uint64_t every; /* minutes */
	char desk[NAME_SIZE];
	json_t *report; /* without its envelope */
	struct receipt_ahead receipt;
	struct held held;
	struct held old[HELD_OLD_MAX];
	size_t old_count;
};

/* *ret_checkin NULL where there is none. */
MUST_USE int checkin_load(struct session *session, struct checkin **ret_checkin, struct failure *failure);
MUST_USE struct checkin *checkin_new(void);
MUST_USE int checkin_save(struct session *session, const struct checkin *checkin, struct failure *failure);
MUST_USE int checkin_forget(struct session *session, struct failure *failure);
void checkin_free(struct checkin *checkin);

/* Seals and uploads a report that is held for `every` minutes from now; what was held before goes to the old
 * ones. reporting has composed it. -1: the server isn't known to hold it, and nothing stays in the queue. */
MUST_USE int checkin_hold(
	struct reporting *reporting, struct checkin *checkin, int64_t now, struct failure *failure);

/* Puts the held one off to `every` minutes from now. *ret_is_held false: it must be sealed anew. 77 where it
 * has been released. */
MUST_USE int checkin_put_off(struct session *session, struct checkin *checkin, int64_t now, bool *ret_is_held,
	struct failure *failure);

/* Calls off the old ones, and with is_all the held one too. *ret_released: how many had been released before.
 */
MUST_USE int checkin_call_off(struct session *session, struct checkin *checkin, bool is_all,
	size_t *ret_released, struct failure *failure);

#endif
