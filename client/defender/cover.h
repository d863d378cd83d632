/* Dummy reports: who watches the line or the server can't tell them from real ones. Sealed ahead to a desk's
 * officers like any report without evidence, 16 KiB before sealing, with `cover` in report.json; their
 * urgency is drawn when they are sealed. A home with scheduled cover sends exactly one in every session, at
 * its end, over a connection of its own. They are sent as they were sealed, whatever the roster of today
 * says. */
#ifndef DEFENDER_COVER_H
#define DEFENDER_COVER_H

#include "session.h"

#define COVER_AHEAD     2     /* sealed and waiting */
#define COVER_EVERY_MAX 8760  /* hours: a year */
#define COVER_JSON_MAX  12288 /* with its envelope and the archive's headers below 16 KiB */

/* As the vault keeps it. */
struct cover {
	char desk[NAME_SIZE];
	uint64_t every; /* hours between two, on average */
	int64_t next;   /* when `cover send' sends one */
};

MUST_USE int cover_load(
	struct session *session, struct cover *ret_cover, bool *ret_found, struct failure *failure);
MUST_USE int cover_save(struct session *session, const struct cover *cover, struct failure *failure);
/* When the next one is due: each minute is as likely as any other, so that nothing follows from the last. */
void cover_draw(struct session *session, struct cover *cover);

/* 65 where it would be longer than others. */
MUST_USE int cover_fits(const json_t *report, struct failure *failure);
/* Seals one report into the queue as cover, with a token bound to it. 65 where it would be longer than 16
 * KiB.
 */
MUST_USE int cover_seal(struct session *session, const json_t *report, const char *desk,
	const struct receipt_keys *keys, struct failure *failure);
/* Which urgency the next one has. */
enum urgency cover_urgency(void);

/* Seals dummies until COVER_AHEAD wait. 77 where the admission tokens that are left are kept for reports. */
MUST_USE int cover_fill(struct session *session, const struct cover *cover, struct failure *failure);
size_t cover_count(const struct session *session);
/* Their ids as a JSON list, those that wait longest first; NULL where memory is short. */
json_t *cover_ids(const struct session *session);
/* The oldest roster that one of them was sealed to. */
uint64_t cover_roster(const struct session *session);
/* Up to count of those that wait longest go. */
MUST_USE int cover_drop(struct session *session, size_t count, struct failure *failure);

/* Sends the one that waits longest; *ret_sent false where none waits. -1 with the reason where it wasn't
 * accepted: it stays. */
MUST_USE int cover_send(struct session *session, bool *ret_sent, struct failure *failure);

/* What a session with scheduled cover does at its end. Nothing is said. */
void cover_at_end(struct session *session);

#endif
