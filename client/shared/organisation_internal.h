/* Between organisation.c (what is known and kept) and organisation_roster.c (what is fetched and trusted). */
#ifndef CLIENT_ORGANISATION_INTERNAL_H
#define CLIENT_ORGANISATION_INTERNAL_H

#include "client/organisation.h"

struct organisation {
	struct items items;
	struct roster *roster; /* the newest trusted; NULL only while joining */
	char fingerprint[FINGERPRINT_SIZE];
	char proxy[PROXY_MAX + 1];
	int64_t accepted; /* the newest acceptance held, in seconds; 0 for none */
};

/* Puts what is known down: roster first, so that a crash never leaves a proxy or time without one. */
MUST_USE int organisation_store(const struct organisation *organisation, struct failure *failure);

/* Takes over a roster that was just trusted. Always frees or keeps it. */
MUST_USE int organisation_take(
	struct organisation *organisation, struct roster *roster, struct failure *failure);

/* Rosters over one connection. */
MUST_USE int roster_fetch(
	struct link *link, const char *path, struct roster **ret_roster, struct failure *failure);

#endif
