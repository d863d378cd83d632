/* Reports that a desk has offered to another one, which hasn't taken them yet (DOMAIN 2.4, transfer): until
 * then they are their desk's, and the other desk may look. What isn't taken in time goes back. */
#ifndef STORE_OFFERS_H
#define STORE_OFFERS_H

#include "backend.h"
#include "facts.h"
#include "proto/alert_list.h"

struct offers;
struct store;

struct offer {
	uint8_t blind_id[BLIND_INDEX_BYTES]; /* of the report */
	char desk[NAME_SIZE];                /* to which */
	uint64_t seq;                        /* under which that desk is told of it */
	int64_t until;
};

MUST_USE int offers_load(struct store *store);
void offers_free(struct store *store);
/* What is in memory may be other than what is on the disk now. */
void offers_rolled_back(struct store *store);

/* NULL where it is offered to nobody. Lives until the next call of this file. */
const struct offer *offer_of(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES]);
/* The next one that this desk is told of, above this seq; NULL where there is none. */
const struct offer *offers_next(struct store *store, const char *desk, uint64_t after);
/* As the other desk's list says it. -1 where the report can't be read. */
MUST_USE int offer_alert(struct store *store, const struct offer *offer, struct alert *ret_alert);

/* In a group, for a report that isn't offered yet: to this desk from now on, for half the time that it has to
 * acknowledge one of this urgency. */
MUST_USE int offer_make(struct store *store, const struct report_facts *facts, const char *desk);
/* In a group, whatever came of it; nothing where it isn't offered. */
MUST_USE int offer_end(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES]);

#endif
