/* Reports that test the path, as an admin keeps track of them: canaries, which the tool of the officer on
 * duty answers by itself, and drills, which people answer. Sent by the defender's client from a home of its
 * own (HOME/tests, without a passphrase: it holds tokens and nothing else); what comes back is the officer's
 * signed state in the mailbox, so that the whole path was gone, both ways. */
#ifndef ADMIN_REHEARSAL_H
#define ADMIN_REHEARSAL_H

#include "admin.h"
#include "proto/receipt.h"
#include "proto/report_schema.h"
#include "proto/signed_objects.h"

#define REHEARSALS_MAX 200 /* of a kind: the oldest are forgotten */

struct rehearsal {
	char report[ID_SIZE];
	char receipt[RECEIPT_SIZE];
	char desk[NAME_SIZE];
	enum urgency urgency;
	int64_t sent, due;
	int64_t acknowledged; /* 0 while nobody has */
	char by[NAME_SIZE];
};

struct rehearsals {
	enum report_kind kind;
	struct rehearsal list[REHEARSALS_MAX]; /* the newest last */
	size_t count;
};

MUST_USE int rehearsals_load(struct admin *admin, enum report_kind kind, struct rehearsals *ret_rehearsals,
	struct failure *failure);
MUST_USE int rehearsals_save(
	struct admin *admin, const struct rehearsals *rehearsals, struct failure *failure);

/* Sends one to the desk that --desk names, or the only one, with --urgency or `urgent`; saved. One that is
 * queued counts as sent: the next check sends it. */
MUST_USE int rehearsal_send(struct admin *admin, struct rehearsals *rehearsals, struct failure *failure);

/* Looks into the mailboxes of those that nobody is known to have acknowledged; saved. -1 where the server
 * can't be asked. */
MUST_USE int rehearsals_check(struct admin *admin, struct rehearsals *rehearsals, struct failure *failure);

bool rehearsal_is_late(const struct rehearsal *rehearsal, int64_t now);
/* As JSON: `report`, `desk`, `urgency`, `sent`, `due`, `acknowledged`, `seconds`, `by`. */
MUST_USE json_t *rehearsal_json(const struct rehearsal *rehearsal);

#endif
