/* A report in an officer's hands: the sealed file fetched and checked, its report.json read and checked.
 * Every verb that reads a report goes through here, so that no check can be forgotten. */
#ifndef OFFICER_REPORT_H
#define OFFICER_REPORT_H

#include "officer.h"
#include "proto/buffer.h"
#include "proto/mailbox_message.h"
#include "proto/proof.h"
#include "proto/sealed_report.h"
#include "wrapped.h"

#include <jansson.h>

struct report {
	char id[ID_SIZE];
	int file; /* the sealed file: private, without a name, gone when closed */
	uint64_t size;
	uint8_t header_digest[SHA256_BYTES]; /* of the age header */
	bool is_wrapped;                     /* the header isn't the first: the file's SHA-256 isn't the id */
	struct wrapping_state wrapping;      /* where is_wrapped */
	struct roster_officer by;            /* who wrapped it, once proven */
	const struct age_identity *reader;   /* hers that opens it, once proven */
	struct report_opener *opener;        /* holds the header and the file key, once looked into */
	const struct age_header *header;     /* the opener's */
	const uint8_t *file_key;             /* likewise */
	struct buffer text;                  /* report.json as it came */
	json_t *json;
	bool has_proof; /* false for a file that stock age sealed: it has no envelope either */
	struct destination destination;
	uint64_t roster;
	char mailbox[MAILBOX_ID_SIZE];
	uint8_t mailbox_recipient[AGE_RECIPIENT_BYTES];
};

/* Fetches the sealed file into a nameless file of the home. 76 where its SHA-256 isn't the id and nobody is
 * said to have wrapped it again. */
MUST_USE int report_fetch(
	struct officer *officer, const char *id, struct report **ret_report, struct failure *failure);
/* Opens the header and, where it isn't the first, checks all that FORMATS asks: 76 for every difference. 77
 * where it isn't sealed to this officer. */
MUST_USE int report_prove(struct officer *officer, struct report *report, struct failure *failure);
void report_free(struct report *report);

/* Opens it as far as report.json and checks everything: as report_prove, the header's MAC, the schema (65),
 * and that `proof` stanza and report.json say the same (76). 77 where it isn't sealed to this officer. */
MUST_USE int report_look(struct officer *officer, struct report *report, struct failure *failure);

/* Both; and where a colleague has wrapped it again, tells the server that it can be opened. */
MUST_USE int report_take(
	struct officer *officer, const char *id, struct report **ret_report, struct failure *failure);

/* Writes report.json and attachments/ into a fresh folder (73 where there is something), 0700 and 0600, and
 * takes everything back where it fails. After report_look. */
MUST_USE int report_unpack(const struct report *report, const char *folder, struct failure *failure);

#endif
