/* From what she wants to report to a sealed file in the queue, streaming: memory doesn't grow with the
 * evidence. */
#ifndef DEFENDER_SEAL_H
#define DEFENDER_SEAL_H

#include "compose.h"
#include "proto/hand.h"
#include "proto/receipt.h"
#include "queue.h"

/* Of a report that is held. */
struct seal_hold {
	char release[TIME_SIZE];
	char hold_key[FINGERPRINT_SIZE];
};

struct sealing {
	const struct roster *roster;
	const char *organisation; /* the roster's fingerprint */
	const struct composed *composed;
	const struct recipients *recipients;
	const struct receipt_keys *keys;
	const struct hand_link *follows; /* NULL, or what is signed with keys' hand key */
	const struct seal_hold *hold;    /* NULL where it isn't held */
	bool is_prepared;                /* as in struct queued */
	const char *after;               /* NULL, or as in struct queued */
	int64_t not_before;              /* as in struct queued */
	bool is_cover;                   /* as in struct queued; who opens the home sees no more than that */
};

/* Where sealed bytes go. */
struct seal_outlet {
	int (*put)(void *owner, const uint8_t *bytes, size_t len, struct failure *failure);
	void *owner;
};

/* Fills in what the sealed file is: id, length, roster, destination, mailbox. */
MUST_USE int seal_stream(const struct sealing *sealing, struct queued *entry,
	const struct seal_outlet *outlet, struct failure *failure);

/* Adds the report to the queue, whole or not at all. *ret_entry belongs to the queue. */
MUST_USE int seal_report(const struct sealing *sealing, struct vault *vault, struct queue *queue,
	const struct queued **ret_entry, struct failure *failure);

#endif
