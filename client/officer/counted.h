/* What is counted: an extract of each report of her desks that this officer can open. */
#ifndef OFFICER_COUNTED_H
#define OFFICER_COUNTED_H

#include "extract.h"
#include "officer.h"
#include "report.h"

/* A report by which its sender takes back that an earlier one is counted. */
struct withdrawal {
	char report[ID_SIZE];          /* the earlier one, or "" */
	char mailbox[MAILBOX_ID_SIZE]; /* else all of this receipt number */
};

struct counted_key {
	char report[ID_SIZE]; /* "" where nothing leads back to it */
	char mailbox[MAILBOX_ID_SIZE];
	struct extract whole; /* with everything that was signed until now */
};

struct counted {
	struct extract *extracts; /* as of the cut-off */
	struct counted_key *keys; /* of the extract with the same number */
	size_t count, room;
	struct withdrawal *withdrawals;
	size_t withdrawal_count, withdrawal_room;
	uint64_t closed_to_her; /* not sealed to this officer */
};

/* Reads all reports of her desks, with their histories: events that were signed at or after until aren't
 * taken (0: all are). Free with counted_free(), also on failure. */
MUST_USE int counted_read(
	struct officer *officer, int64_t until, struct counted *ret_counted, struct failure *failure);
void counted_free(struct counted *counted);

/* What a report takes back, added to the list: for counted_read, and tests. -1 where memory is short. */
MUST_USE int counted_withdraw(
	struct counted *counted, const json_t *report, const char *mailbox, struct failure *failure);
bool counted_is_withdrawn(const struct counted *counted, const char *report, const char *mailbox);
/* Nobody whose word was taken back is counted. */
void counted_apply(struct counted *counted);

/* Gives reports of one receipt number the same reporter. -1 where memory is short. */
MUST_USE int counted_know_reporters(struct counted *counted, struct failure *failure);

/* Adds one more. -1 where memory is short. */
MUST_USE int counted_add(struct counted *counted, const struct extract *extract, const struct extract *whole,
	const char *report, const char *mailbox, struct failure *failure);

#endif
