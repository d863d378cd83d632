/* Between organisation.c (what is known and kept) and organisation_roster.c (what is fetched and trusted). */
#ifndef CLIENT_ORGANISATION_INTERNAL_H
#define CLIENT_ORGANISATION_INTERNAL_H

#include "client/organisation.h"

struct organisation {
	struct items items;
	struct roster *roster; /* the newest trusted; NULL only while joining */
	char fingerprint[FINGERPRINT_SIZE];
	char proxy[PROXY_MAX + 1];
	int64_t accepted;                  /* the newest acceptance held, in seconds; 0 for none */
	bool contradicted;                 /* the rules refused what a server offered */
	const struct invocation *listener; /* who is told what changes; NULL for nobody */
	bool has_own_key;
	uint8_t own_key[ED25519_PUBLIC_BYTES]; /* whose line in the roster is her own */
	/* Of the roster before, where its receipt key was another: an answer may be under way that it has
	 * signed. */
	uint8_t receipt_key_before[ED25519_PUBLIC_BYTES];
	int64_t receipt_key_until_ms; /* on the boot clock; 0: there was none */
};

/* Puts what is known down: roster first, so that a crash never leaves a proxy or time without one. */
MUST_USE int organisation_store(const struct organisation *organisation, struct failure *failure);

/* Takes over a roster that was just trusted. Always frees or keeps it. */
MUST_USE int organisation_take(
	struct organisation *organisation, struct roster *roster, struct failure *failure);

/* --- organisation_news.c: one roster was taken after another. Tells the listener what it changes. */
void organisation_tell(
	const struct organisation *organisation, const struct roster *before, const struct roster *after);

/* --- organisation_fork.c */
/* Remembers that this was the roster of its version: a later other one is a fork. */
MUST_USE int organisation_remember(
	const struct organisation *organisation, const struct roster *roster, struct failure *failure);
/* The rules refused what link's server offers, for the reason in fault. Where it is another roster in the
 * place of one that is known here, both are kept as proof, and the failure says so. Always -1. */
MUST_USE int organisation_refused(struct organisation *organisation, struct link *link,
	const struct roster *offered, const struct fault *fault, struct failure *failure);

/* Rosters over one connection. */
MUST_USE int roster_fetch(
	struct link *link, const char *path, struct roster **ret_roster, struct failure *failure);

#endif
