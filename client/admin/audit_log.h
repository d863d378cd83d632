/* The daemon's audit log as an admin reads it: every entry followed from the first to the signed head, and
 * compared with the head that this home has seen last. */
#ifndef ADMIN_AUDIT_LOG_H
#define ADMIN_AUDIT_LOG_H

#include "server.h"

#include "proto/audit.h"

/* Each entry, in order, once it is known to follow the one before. */
typedef int audit_log_each(void *context, const struct audit_entry *entry, struct failure *failure);

/* Reads all of it, and remembers its head. 76 with the alarm where it was cut, edited or forked: what came
 * before the break was given to each, and *ret_head is the last that the server showed. */
MUST_USE int audit_log_read(const struct admin *admin, struct server *server, audit_log_each *each,
	void *context, struct audit_head *ret_head, struct failure *failure);

#endif
