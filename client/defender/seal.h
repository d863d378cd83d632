/* From what she wants to report to a sealed file in the queue, streaming: memory doesn't grow with the
 * evidence. */
#ifndef DEFENDER_SEAL_H
#define DEFENDER_SEAL_H

#include "compose.h"
#include "proto/receipt.h"
#include "queue.h"

struct sealing {
	struct vault *vault;
	struct queue *queue;
	const struct roster *roster;
	const char *organisation; /* the roster's fingerprint */
	struct composed *composed;
	const struct recipients *recipients;
	const struct receipt_keys *keys;
};

/* Adds the report to the queue, whole or not at all. *ret_entry belongs to the queue. */
MUST_USE int seal_report(
	const struct sealing *sealing, const struct queued **ret_entry, struct failure *failure);

#endif
