/* What an officer can have read until today: what the audit log tells of her reads, and what was sealed to
 * her. */
#ifndef ADMIN_OFFICER_READS_H
#define ADMIN_OFFICER_READS_H

#include "server.h"

#include "proto/exposure.h"

#include <jansson.h>

/* From the log and the chain of rosters; free with exposure_free. A log that was cut, edited or forked is
 * read as far as it goes: is_whole says so, and *ret_alarm holds what is to be told (exit_code 0 otherwise).
 * 66 where no roster names such an officer. */
MUST_USE int officer_reads_collect(const struct admin *admin, struct server *server, const char *officer,
	struct exposure **ret_exposure, struct failure *ret_alarm, struct failure *failure);

/* In words, with a line for each report where that is wanted. */
void officer_reads_say(const struct invocation *invocation, const struct exposure *exposure, bool each);
/* NULL where memory is short. */
json_t *officer_reads_json(const struct exposure *exposure);

/* audit --officer NAME [--out FILE]. */
MUST_USE int officer_reads_show(const struct admin *admin, struct server *server, struct failure *failure);

#endif
