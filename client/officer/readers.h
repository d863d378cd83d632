/* Who may have to do with a report: officers of its desk whom its sender didn't exclude. */
#ifndef OFFICER_READERS_H
#define OFFICER_READERS_H

#include "client/recipients.h"
#include "step.h"

/* True where the report's `exclude` names this officer or a desk of hers. */
bool is_excluded(const json_t *report, const struct roster_officer *officer);

/* A step's check: content's `officer` is one of the report's desk, and not excluded; else 65. */
MUST_USE int check_named_officer(struct officer *officer, const struct report *report,
	const struct step *step, struct failure *failure);

/* Who can read this report at this desk by this roster. Names that it doesn't know any more exclude nobody.
 * agreed: the desks to which its sender wants it given, NULL or empty for any; the desk's fallback reads
 * along only where it is among them. */
MUST_USE int readers_choose(const struct roster *roster, const json_t *report, const json_t *agreed,
	const struct destination *to, struct recipients *ret_recipients, struct failure *failure);

#endif
