/* Bringing a queued report to the server, as often as it takes, without ever making two of it. */
#ifndef DEFENDER_SUBMIT_H
#define DEFENDER_SUBMIT_H

#include "client/organisation.h"
#include "queue.h"

#define SUBMIT_WHOLE_MAX (1024 * 1024) /* up to here one PUT; above, an upload that can be resumed */

enum submitted {
	SUBMIT_ACCEPTED, /* the acceptance verified, is kept, and the entry is gone */
	SUBMIT_LATER,    /* stays queued; failure says why */
	SUBMIT_NEVER,    /* the server can never take it: the entry is gone; failure says why */
};

/* -1 only where this device fails (the vault); every answer or silence of the server is an outcome.
 * *ret_accepted is filled in with SUBMIT_ACCEPTED. */
MUST_USE int submit(struct organisation *organisation, struct vault *vault, struct queue *queue,
	const struct queued *entry, struct acceptance_answer *ret_accepted, enum submitted *ret_outcome,
	struct failure *failure);

/* Binds an admission token to the report where its desk asks for one, long before it is sent. 77 where there
 * is none left. */
MUST_USE int submit_reserve(struct organisation *organisation, struct vault *vault, struct queue *queue,
	const struct queued *entry, struct failure *failure);

#endif
