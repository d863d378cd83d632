/* Which roster to trust: the root-role rules of The Update Framework over the chain of rosters.
 *
 * Nothing here opens a file or a connection: what must be fetched or kept goes through struct trust_source. A
 * fetch or keep that fails leaves its reason with its owner; the -1 and fault that trust_ then gives only say
 * which version it was about, and the owner's reason comes first. */
#ifndef KEYS_TRUST_H
#define KEYS_TRUST_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/proof.h"
#include "proto/roster.h"

#define TRUST_WALK_MAX 2048 /* versions walked in one go: one a day is five years */

struct trust_source {
	/* Appends the whole note of this version. */
	int (*fetch)(void *owner, uint64_t version, struct buffer *out);
	/* Told each roster that is newly trusted, oldest first; may be NULL. */
	int (*keep)(void *owner, const struct roster *roster);
	void *owner;
};

/* next is version + 1 and names trusted as `previous`. Form only: no signatures. */
MUST_USE int trust_follows(const struct roster *trusted, const struct roster *next, struct fault *fault);

/* Signed by `threshold` of its own admins: what the first roster of a chain must be. */
MUST_USE int trust_signed_by_its_own(const struct roster *roster, struct fault *fault);

/* The whole rule for one step: trust_follows, threshold signatures of trusted's admins by trusted's
 * threshold, and of next's admins by next's. */
MUST_USE int trust_next(const struct roster *trusted, const struct roster *next, struct fault *fault);

/* From trusted to candidate, whatever lies between (fetched one by one). A lower version is a rollback; the
 * same version must be the same body, else the organisation's history forks: both are refused. *ret_trusted
 * is a copy for the caller; its version is trusted's where there was nothing new. */
MUST_USE int trust_advance(const struct roster *trusted, const struct roster *candidate,
	const struct trust_source *source, struct roster **ret_trusted, struct fault *fault);

/* Where trust begins: the admin set of an invitation. */
struct trust_anchor {
	char fingerprint[FINGERPRINT_SIZE];
	uint64_t version; /* nothing older is taken, and the chain isn't walked back beyond it */
};

/* Walks `previous` back from newest to the roster whose admin set is the anchor's, then forward by the rules.
 * keep is told every roster from that one on. */
MUST_USE int trust_first(const struct trust_anchor *anchor, const struct roster *newest,
	const struct trust_source *source, struct roster **ret_trusted, struct fault *fault);

/* An older version, proven by the chain of `previous` from trusted backwards; trusted's own version gives a
 * copy. */
MUST_USE int trust_at(const struct roster *trusted, uint64_t version, const struct trust_source *source,
	struct roster **ret_roster, struct fault *fault);

/* What a client takes for now: the latest of its clock, the newest `issued` it has verified, and the newest
 * acceptance it holds (0 for none). Seconds. */
int64_t trust_now(int64_t clock, int64_t issued, int64_t accepted);

/* Refuses an expired roster, and says what to do. */
MUST_USE int trust_fresh(const struct roster *roster, int64_t now, struct fault *fault);

/* How near the end is that must be announced: 30, 14, 7, 3 or 1 (at most so many days are left), 0 once it
 * has expired, TRUST_NOT_SOON before. A step as long as the roster's whole life is none: it would be
 * announced with the roster. */
#define TRUST_NOT_SOON (-1)
int trust_expiry_step(const struct roster *roster, int64_t now);

#endif
