/* What a client knows of its organisation: the roster it trusts, the servers and their pins, the proxy.
 *
 * The roster only ever moves by the rules of keys/trust.h. Where a server has another roster in the place of
 * one that was seen here (a fork), both are kept as items `fork-VERSION-DIGEST`, and the call fails with 76.
 * An expired one is refused with 76 once the newest that a server has is expired too. */
#ifndef CLIENT_ORGANISATION_H
#define CLIENT_ORGANISATION_H

#include "client/items.h"
#include "client/link.h"
#include "client/program.h"
#include "proto/invitation.h"
#include "proto/roster.h"

struct organisation;

/* Pins the organisation that the invitation names: fetches rosters over the invitation's pin, walks back to
 * the admins of its fingerprint and forward by the rules, and puts the result into items. A home that has
 * another organisation is refused with 73; joining the same again is fine. proxy is "" for none. */
MUST_USE int organisation_join(const struct items *items, const struct invitation *invitation,
	const char *proxy, struct organisation **ret_organisation, struct failure *failure);

/* A partner of ours: what items have of it, brought up to date; or, the first time, followed from the
 * fingerprint that our roster gives. That gives no pin, so that the first connection proves nothing but the
 * roster that it brings: nothing else is sent on it. */
MUST_USE int organisation_meet(const struct items *items, const struct roster_partner *partner,
	const char *proxy, struct organisation **ret_organisation, struct failure *failure);

/* What was pinned; no network. 78 where the home hasn't joined. */
MUST_USE int organisation_load(
	const struct items *items, struct organisation **ret_organisation, struct failure *failure);
void organisation_free(struct organisation *organisation);

/* Fetches the newest roster over a connection of its own, catches up, verifies, stores. *ret_changed may be
 * NULL. */
MUST_USE int organisation_refresh(
	struct organisation *organisation, bool *ret_changed, struct failure *failure);

/* From now on, what a newer roster changes is said on standard error as soon as it is taken, and before
 * anything is sealed to it: one line a change, with the day and who signed it. own_key (NULL for none) is the
 * person's Ed25519 key: what happens to her own line is said as such. invocation must outlive
 * the organisation. */
void organisation_listen(
	struct organisation *organisation, const struct invocation *invocation, const uint8_t *own_key);

/* The newest roster trusted. Valid until the next refresh or the end. */
const struct roster *organisation_roster(const struct organisation *organisation);
/* The receipt key of the roster before, for an answer to what was asked before the newest was taken (on the
 * boot clock); NULL where that can't be. */
const uint8_t *organisation_receipt_key_before(const struct organisation *organisation, int64_t asked_ms);
/* The fingerprint of that roster's admins. */
const char *organisation_fingerprint(const struct organisation *organisation);
/* "" for none. */
const char *organisation_proxy(const struct organisation *organisation);

/* True where a server has offered a roster that the rules refuse (older, forked, forged): nothing should go
 * to it now. */
bool organisation_contradicted(const struct organisation *organisation);

/* Writes the rosters that are kept as proof of forks into a new folder, each as a file; *ret_count is 0 (and
 * there is no folder) where none was seen. 73 where the folder is there already. */
MUST_USE int organisation_write_forks(
	const struct items *items, const char *path, size_t *ret_count, struct failure *failure);

/* 76 where the roster has expired, with what to do. */
MUST_USE int organisation_fresh(const struct organisation *organisation, struct failure *failure);

/* Time as the client takes it: the latest of its clock, the newest `issued` and the newest acceptance it
 * holds (organisation_saw stores one). Seconds. */
int64_t organisation_now(const struct organisation *organisation);
MUST_USE int organisation_saw(struct organisation *organisation, int64_t accepted, struct failure *failure);

/* An older version, fetched and proven by the chain of `previous` from the trusted one backwards, or the
 * trusted one itself. The caller frees it with roster_free. 76 where the chain breaks, 65 for a version that
 * isn't yet. */
MUST_USE int organisation_roster_at(struct organisation *organisation, uint64_t version,
	struct roster **ret_roster, struct failure *failure);

/* A link to a server of the roster, not yet connected. */
size_t organisation_servers(const struct organisation *organisation);
MUST_USE int organisation_link(const struct organisation *organisation, size_t server, struct link **ret_link,
	struct failure *failure);

/* Whether another server is worth a try behind a failure on this link (NULL: there was none). A wrong key is
 * kept in *worst (exit_code 0 before): it is what counts where nobody else can be reached. */
bool organisation_try_next(const struct link *link, const struct failure *failure, struct failure *worst);
/* Behind the last try: puts the worst failure in the place of an unreachable server's. */
void organisation_tried(const struct failure *worst, struct failure *failure);

/* Calls the servers in the roster's order until one can be reached (69 and a wrong key try the next), each
 * on a fresh connection. */
MUST_USE int organisation_call(const struct organisation *organisation, const struct link_request *request,
	struct link_answer *ret_answer, struct failure *failure);

#endif
