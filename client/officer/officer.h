/* The officer at work: her home, her identity and her organisation, opened in one step; and her signed calls.
 */
#ifndef OFFICER_OFFICER_H
#define OFFICER_OFFICER_H

#include "client/home.h"
#include "client/items.h"
#include "client/link.h"
#include "client/organisation.h"
#include "client/signed_call.h"
#include "keys/identity.h"
#include "proto/roster.h"
#include "proto/signed_objects.h"

#define IDENTITY_FILE "identity.age"

#define OFFICER_ROSTERS 16 /* older ones that are kept at hand: reports name the same few again and again */

struct officer {
	const struct invocation *invocation;
	struct home *home;
	struct items items;
	struct identity *identities;          /* as in the file: the newest, and those before */
	struct identity *identity;            /* the one of them that the roster knows, else the newest */
	char *passphrase;                     /* of the file; NULL where it has none */
	struct organisation *organisation;    /* NULL before `join` */
	struct roster *past[OFFICER_ROSTERS]; /* older versions, proven */
	size_t past_next;
	struct link *link; /* kept between calls; NULL where none is open */
	bool met_next_key; /* the server shows the key that the roster calls the next */
};

/* Home and identity only: for `join`. 66 where there is no home or no identity. */
MUST_USE int officer_open_unjoined(
	const struct invocation *invocation, struct officer **ret_officer, struct failure *failure);

/* The same with the organisation she joined (78 where she hasn't). */
MUST_USE int officer_open(
	const struct invocation *invocation, struct officer **ret_officer, struct failure *failure);
void officer_close(struct officer *officer);

/* Her line in the newest roster, fetched first where there is a network; what it changes is told. 77 where
 * she isn't in it. Valid until the next refresh. */
MUST_USE int officer_me(
	struct officer *officer, const struct roster_officer **ret_me, struct failure *failure);

/* The names of her desks, by officer_me: they stay hers when a later call refreshes the roster. */
MUST_USE int officer_desks(struct officer *officer, char ret_desks[OFFICER_DESKS_MAX][NAME_SIZE],
	size_t *ret_count, struct failure *failure);

/* Whether this is the public half of one of her keys, of today or before. */
bool officer_is_me(const struct officer *officer, const uint8_t keyid[ED25519_PUBLIC_BYTES]);

/* What opens a header: the first of her identities that does. ret_file_key is sodium_malloc memory. -1 with
 * the fault where none does. */
MUST_USE int officer_unwrap(const struct officer *officer, const struct age_header *header,
	uint8_t ret_file_key[AGE_FILE_KEY_BYTES], const struct age_identity **ret_identity,
	struct fault *fault);

/* A version of the roster, fetched and proven once. Valid until OFFICER_ROSTERS others were asked for, or a
 * refresh. 65 for a version that isn't yet, 76 where the chain breaks. */
MUST_USE int officer_roster_at(
	struct officer *officer, uint64_t version, const struct roster **ret_roster, struct failure *failure);

/* A signed call, on the link that is open or else on the roster's servers in their order. Any status is 0.
 * With a sink, restart (may be NULL) is called before each try and drops what came so far. */
MUST_USE int officer_call(struct officer *officer, const struct link_request *request,
	void (*restart)(void *sink_owner), struct link_answer *ret_answer, struct failure *failure);

/* Posts what must be taken: any status but 201 is refused with why and the server's problem. */
MUST_USE int officer_post(struct officer *officer, const char *path, const struct buffer *body,
	const char *why, struct failure *failure);

/* Compares the audit log's head with what this home has seen: 76 where the log was cut or replaced. Where the
 * server can't be asked just now, says so and is 0. */
MUST_USE int officer_check_audit(struct officer *officer, struct failure *failure);

/* REPORT of the command line: a report's id. 65 for anything else. */
MUST_USE int report_argument(
	const struct invocation *invocation, char ret_id[ID_SIZE], struct failure *failure);

/* A verb that is about REPORT and takes nothing else: opens the home, runs, closes it. */
MUST_USE int officer_on_report(const struct invocation *invocation,
	int (*run)(struct officer *officer, const char *id, struct failure *failure),
	struct failure *failure);

#endif
