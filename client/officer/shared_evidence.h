/* The attachments of a report that may go along with a referral: those whose `share` says so, and of each
 * what is meant to be shown, never an original with its metadata. */
#ifndef OFFICER_SHARED_EVIDENCE_H
#define OFFICER_SHARED_EVIDENCE_H

#include "report.h"

#define SHARED_EVIDENCE_MAX 16 /* as many as a report may have */

struct shared_file {
	const json_t *evidence;       /* the report's own block */
	char name[ARCHIVE_NAME_SIZE]; /* in the archive */
	const char *hash;             /* that the report gives for it */
	bool is_working;              /* the copy without metadata */
	uint64_t size;
};

struct shared_evidence {
	struct shared_file files[SHARED_EVIDENCE_MAX];
	size_t count;
	size_t held_back; /* she agreed, but there is only an original with its metadata */
};

/* What may go, by report.json alone. */
struct shared_evidence shared_evidence_of(const json_t *report);

/* Reads the report through once: fills in the sizes. 76 where an attachment isn't what the report says. */
MUST_USE int shared_evidence_measure(
	const struct report *report, struct shared_evidence *evidence, struct failure *failure);

/* The `evidence` of the view. A new reference, NULL where memory is short. After shared_evidence_measure. */
MUST_USE json_t *shared_evidence_json(const struct shared_evidence *evidence);

/* Puts the files into an archive whose report.json is in it already. After shared_evidence_measure. */
MUST_USE int shared_evidence_seal(const struct report *report, const struct shared_evidence *evidence,
	struct report_sealer *sealer, struct failure *failure);

#endif
