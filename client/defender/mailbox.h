/* What lies in a mailbox, opened and judged: who signed it, or that nobody did. */
#ifndef DEFENDER_MAILBOX_H
#define DEFENDER_MAILBOX_H

#include "proto/mailbox_message.h"
#include "session.h"

#define LETTERS_MAX 1000

struct letter {
	struct mailbox_message *message; /* NULL for what nobody could open */
	char from[NAME_SIZE];            /* "" where it isn't proven */
};

struct letters {
	struct letter *list;
	size_t count;
	bool is_acknowledged; /* an officer has proven that a person opened the report */
};

/* Fetches over one connection, opens with the receipt's keys, proves against the rosters named. known is what
 * this home knows of the report, or NULL: then an officer of any desk is believed. */
MUST_USE int letters_fetch(struct session *session, const struct receipt_keys *keys,
	const struct known_report *known, struct letters *ret_letters, struct failure *failure);
void letters_free(struct letters *letters);

#endif
