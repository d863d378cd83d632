/* The admission tokens of a home. They are taken with an invitation; a report to a desk that asks for one has
 * a token bound to it, durably, before any server sees the token, and keeps it until the server has the
 * report. No token that a server may have seen is ever used for another report. */
#ifndef DEFENDER_PURSE_H
#define DEFENDER_PURSE_H

#include "proto/roster.h"
#include "proto/token.h"
#include "queue.h"

#define PURSE_MAX 256 /* tokens: some invitations' worth; the item stays of the size that all items have */

struct purse;

/* An empty one where nothing lies in the vault. Tokens of reports that are no longer queued are free again
 * where no server has seen them, else gone. */
MUST_USE int purse_load(
	struct vault *vault, const struct queue *queue, struct purse **ret_purse, struct failure *failure);
void purse_free(struct purse *purse);

/* Puts it into the vault as it is, so that a home without tokens looks like one with some. */
MUST_USE int purse_keep(struct purse *purse, struct failure *failure);

/* How many are free, and good by this roster at this time. */
size_t purse_count(const struct purse *purse, const struct roster *roster, int64_t now);

/* This report has a token from now on, if it had none. 77 where none is left. */
MUST_USE int purse_bind(struct purse *purse, const struct roster *roster, int64_t now,
	const struct queued *report, struct failure *failure);
/* The same, and the token, to be shown to a server. */
MUST_USE int purse_show(struct purse *purse, const struct roster *roster, int64_t now,
	const struct queued *report, uint8_t ret_token[TOKEN_BYTES], struct failure *failure);
bool purse_has_bound(const struct purse *purse, const struct queued *report);
/* The server has the report, or doesn't take the token: it is never used again. */
MUST_USE int purse_spent(struct purse *purse, const struct queued *report, struct failure *failure);

/* Moves up to count free ones that are good: gone here before they are there. */
MUST_USE int purse_give(struct purse *from, struct purse *to, const struct roster *roster, int64_t now,
	size_t count, struct failure *failure);

/* The batch to ask for with this SECRET: the one that was begun with it (so that an answer that was lost
 * comes again), or a new one, written down before it is asked for. 73 where there is no room for more tokens.
 */
MUST_USE int purse_ask(struct purse *purse, const uint8_t secret[INVITATION_SECRET_BYTES],
	const struct roster *roster, int64_t now, struct token_batch *ret_batch, struct failure *failure);
/* What came of it: keeps the tokens, forgets how they came about; with NULL only forgets. */
MUST_USE int purse_take(
	struct purse *purse, const struct token *tokens, size_t count, struct failure *failure);

#endif
