/* Who will be able to read a report: FORMATS' rule on desks, fallbacks, archives and the excluded. */
#ifndef CLIENT_RECIPIENTS_H
#define CLIENT_RECIPIENTS_H

#include "client/failure.h"
#include "proto/age_recipient.h"
#include "proto/roster.h"

/* One stanza is the proof's. */
#define RECIPIENTS_MAX (AGE_STANZAS_MAX - 1)
#define EXCLUDED_MAX   8

struct recipients {
	uint8_t keys[RECIPIENTS_MAX][AGE_RECIPIENT_BYTES];
	size_t count; /* throw-away keys in the excluded ones' places included */
	const struct roster_officer *readers[RECIPIENTS_MAX]; /* the roster's own */
	size_t reader_count;
	size_t archive_count;
	size_t excluded_count;
};

/* excluded are names of officers or desks; an officer of an excluded desk is excluded too. 65 where a name
 * isn't in the roster, where the desk itself is excluded, or where no officer is left to read. */
MUST_USE int recipients_choose(const struct roster *roster, const char *desk, enum urgency urgency,
	const char *const *excluded, size_t excluded_count, struct recipients *ret_recipients,
	struct failure *failure);

/* Adds from's keys that aren't there yet; what else stands in to stays. */
MUST_USE int recipients_join(struct recipients *to, const struct recipients *from, struct failure *failure);

#endif
