/* What an evidence bundle holds besides the report itself: who had it and when, that the server accepted it,
 * and who the organisation's officers and admins were. Each part is written so that openssl can verify it. */
#ifndef OFFICER_EVIDENCE_H
#define OFFICER_EVIDENCE_H

#include "bundle.h"
#include "history.h"

/* The rosters from the oldest that anything names up to the newest, each proven to be the one before. */
struct evidence_rosters {
	struct roster **list; /* newest first */
	size_t count;
};
MUST_USE int evidence_rosters_fetch(struct officer *officer, uint64_t oldest,
	struct evidence_rosters *ret_rosters, struct failure *failure);
void evidence_rosters_free(struct evidence_rosters *rosters);
MUST_USE int evidence_put_rosters(
	struct bundle *bundle, const struct evidence_rosters *rosters, struct failure *failure);

/* custody/NUMBER/ for each event and custody.txt, the table of them; with_words also what was written,
 * opened. *ret_oldest is the oldest roster that the report or an event names. */
struct custody {
	struct bundle *bundle;
	bool with_words;
	struct buffer table;
	uint64_t oldest;
};
MUST_USE int evidence_put_custody(struct officer *officer, const struct report *report, bool with_words,
	struct bundle *bundle, uint64_t *ret_oldest, struct failure *failure);

/* acceptance/, where the server still gives the acceptance and a roster's key proves it. */
MUST_USE int evidence_put_acceptance(struct officer *officer, const struct report *report,
	const struct evidence_rosters *rosters, struct bundle *bundle, bool *ret_there,
	struct failure *failure);

/* audit/: how the server's log ended at the export, compared with what this officer's tool had seen of it. */
MUST_USE int evidence_put_audit_head(struct officer *officer, const struct evidence_rosters *rosters,
	struct bundle *bundle, bool *ret_there, struct failure *failure);

#endif
