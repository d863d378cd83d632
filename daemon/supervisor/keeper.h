/* What the store asks to be made durable: it can't write outside its folder, and never learns a passphrase.
 */
#ifndef SUPERVISOR_KEEPER_H
#define SUPERVISOR_KEEPER_H

#include "channel/messages.h"
#include "family.h"

struct child;

/* A message of the store's; answered at once. -1: it breaks the rules. */
MUST_USE int keeper_message(
	struct family *family, struct child *store, enum message_type type, struct reader *message);

/* The reload that a switch of the TLS key waits for has ended. */
void keeper_reloaded(struct family *family, bool done);

#endif
