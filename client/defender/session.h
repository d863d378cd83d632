/* What every verb behind `join` works with: the home, opened; its organisation; its queue. */
#ifndef DEFENDER_SESSION_H
#define DEFENDER_SESSION_H

#include "client/organisation.h"
#include "queue.h"

struct session {
	struct home *home;
	struct vault *vault;
	struct items items;
	struct organisation *organisation;
	struct queue *queue;
	bool is_in_memory; /* nothing of it is there afterwards */
	/* Once it is open: a home with scheduled cover sends one at the end, unless this session promised to
	 * send nothing, or has sent it. */
	const struct invocation *invocation;
	bool has_no_cover;
};

/* With --memory where the verb has that and it is given. session_close in any case. */
MUST_USE int session_open(
	const struct invocation *invocation, struct session *ret_session, struct failure *failure);
/* session_memory.c: argument is the invitation, `-` for a line of standard input. */
MUST_USE int session_open_in_memory(const struct invocation *invocation, const char *argument,
	struct session *ret_session, struct failure *failure);
void session_close(struct session *session);

/* A receipt number with its stretched seed: the one made ahead, or a fresh one (which takes its time). In
 * sodium_malloc memory. */
MUST_USE int receipt_take(struct queue *queue, struct receipt_ahead **ret_receipt, struct failure *failure);

/* A fresh one, whatever was made ahead: for a report that never enters the queue, which says what is used up.
 */
MUST_USE int receipt_fresh(struct receipt_ahead **ret_receipt, struct failure *failure);

/* Stretches the next one, where there is none: at the end of a verb, when she has what she came for. */
MUST_USE int receipt_prepare(struct queue *queue, struct failure *failure);

#endif
