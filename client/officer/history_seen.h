/* What this officer saw last time of a report's history: kept in her home, so that a server can't take back
 * what it showed, and so that a list can say whose case it was. */
#ifndef OFFICER_HISTORY_SEEN_H
#define OFFICER_HISTORY_SEEN_H

#include "client/items.h"
#include "proto/signed_objects.h"

struct seen {
	uint64_t count; /* 0 where nothing was seen */
	uint8_t digest[SHA256_BYTES];
	char owner[NAME_SIZE]; /* "" for nobody */
};

/* 78 where the home's file is damaged. */
MUST_USE int seen_get(
	const struct items *items, const char *report, struct seen *ret_seen, struct failure *failure);
MUST_USE int seen_put(
	const struct items *items, const char *report, const struct seen *seen, struct failure *failure);

#endif
