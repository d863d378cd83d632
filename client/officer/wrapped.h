/* Reports whose header isn't the first any more: what an officer's tool checks before it shows a byte, and
 * what it tells the server about them. */
#ifndef OFFICER_WRAPPED_H
#define OFFICER_WRAPPED_H

#include "officer.h"
#include "proto/wrapping.h"

#define WRAPPED_ALARM                                                                                        \
	"ALARM: the report isn't the one that was sent, or the wrong hands wrapped it again (%s): don't "    \
	"trust it, "                                                                                         \
	"tell your organisation's admin"

/* A report opened, as far as its header goes. */
struct opened_header {
	const char *report;
	const struct age_header *header;
	const uint8_t *file_key;
	const struct age_header *replaces; /* NULL: itself; else what a new one takes the place of */
};

/* *ret_found is false where the header is the first. */
MUST_USE int wrapped_fetch(struct officer *officer, const char *report, struct wrapping_state *ret_state,
	bool *ret_found, struct failure *failure);

/* The wrapping is about this header, by an officer of the roster that it names and by whoever could open the
 * report; the first header opens and verifies, and is for the same. 76 for every difference. Appends the
 * first header, and says who wrapped it. */
MUST_USE int wrapped_check(struct officer *officer, const struct opened_header *opened,
	const struct wrapping *wrapping, struct buffer *first, struct roster_officer *ret_by,
	struct failure *failure);

/* Signs and puts. Without a header a confirmation is meant: its old and new are the newest header's. 75 where
 * somebody else was faster, or the roster has changed. */
MUST_USE int wrapped_put(struct officer *officer, const struct opened_header *opened,
	struct wrapping *wrapping, struct failure *failure);

/* Tells the server that she has opened the report with its newest header. */
MUST_USE int wrapped_confirm(
	struct officer *officer, const struct opened_header *opened, struct failure *failure);

#endif
