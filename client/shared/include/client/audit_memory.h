/* What a tool remembers of the audit log: the last head it has seen. The log only grows; a tool that is shown
 * one that doesn't continue what it remembers says so aloud. */
#ifndef CLIENT_AUDIT_MEMORY_H
#define CLIENT_AUDIT_MEMORY_H

#include "client/items.h"
#include "client/link.h"
#include "client/organisation.h"
#include "proto/audit.h"

#define AUDIT_FOLLOWS_NOT                                                                                    \
	"ALARM: the audit log doesn't continue what this home has seen of it (entry %llu): it was cut or "   \
	"replaced; tell every admin"

/* number 0 where nothing is remembered. */
MUST_USE int audit_recall(const struct items *items, struct audit_head *ret_head, struct failure *failure);
MUST_USE int audit_remember(
	const struct items *items, const struct audit_head *head, struct failure *failure);

/* The head is the daemon's: signed by the roster's receipt key, after one refresh where it isn't. 76 else. */
MUST_USE int audit_head_is_ours(
	struct organisation *organisation, const struct audit_head *head, struct failure *failure);

/* A position in the chain, followed entry by entry. */
struct audit_walk {
	uint64_t number;
	uint8_t hash[SHA256_BYTES];
};
MUST_USE int audit_walk_on(struct audit_walk *walk, const uint8_t digest[SHA256_BYTES]);

/* Whether an admin answers for a log that goes on from an older entry: she restored a backup after this home
 * saw `seen`. Then the person is told, and it is 0; else 76 with the alarm. */
MUST_USE int audit_was_restored(const struct invocation *invocation, struct organisation *organisation,
	const struct audit_restored *restored, const struct audit_head *seen, struct failure *failure);

/* Adds lines to what the home knows to be destroyed, each once. */
MUST_USE int audit_keep_destroyed(
	const struct items *items, const struct buffer *more, struct failure *failure);

/* Asks the server for the head, follows the chain from what is remembered to it, and remembers it. 76 where
 * the log was cut, edited or forked; what was remembered stays then. ask makes one signed call. */
typedef int audit_ask(void *owner, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure);
struct audit_asked {
	const struct invocation *invocation;
	const struct items *items;
	struct organisation *organisation;
	audit_ask *ask;
	void *owner;
};
MUST_USE int audit_check(const struct audit_asked *asked, struct failure *failure);

#endif
