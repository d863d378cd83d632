/* What `report` and its kin do one after the other: compose, choose the readers, seal, send, say what is
 * true. */
#ifndef DEFENDER_REPORTING_H
#define DEFENDER_REPORTING_H

#include "compose.h"
#include "proto/hand.h"
#include "receipt_maker.h"
#include "seal.h"
#include "session.h"

/* What one run is about. Zeros and an invocation to begin with; reporting_free in any case. */
struct reporting {
	const struct invocation *invocation;
	bool makes_no_connection; /* the pinned roster must do */
	struct compose_wish wish;
	struct hand_link follows; /* counter 0 where it follows none */
	/* As in struct sealing. */
	const struct seal_hold *hold;
	bool is_prepared;
	const char *after;
	int64_t delay; /* within how many seconds it goes out; 0 for at once */
	struct session session;
	struct composed composed;
	struct recipients *recipients;
	struct receipt_ahead *receipt; /* NULL where there is none to show */
	struct receipt_keys *keys;
	struct receipt_maker *next; /* NULL where none is being made */
	char id[ID_SIZE];
	char accepted[TIME_SIZE]; /* "" while it is queued */
	int64_t not_before;       /* 0, or its own moment */
	bool is_offline;          /* no server answered a moment ago, or none that can be trusted */
	struct failure line;      /* why the roster couldn't be renewed; exit_code 0 where it could */
};

/* Takes --delay: then no connection is made now. 64 for what isn't one. */
MUST_USE int reporting_take_delay(struct reporting *reporting, struct failure *failure);

/* The newest roster if there is a network, the report, its readers. The session is open. */
MUST_USE int reporting_prepare(struct reporting *reporting, struct failure *failure);

/* The next receipt number and its keys; begins to make the one after. */
MUST_USE int reporting_take_receipt(struct reporting *reporting, struct failure *failure);
/* The one after, kept for the next report: that shall not wait for its number. At the end, when she has what
 * she came for; where it can't be made, the next report makes its own. */
void reporting_keep_next(struct reporting *reporting);

/* What is sealed, of all this. */
void reporting_sealing(const struct reporting *reporting, struct sealing *ret_sealing);

/* Of a further report: rises with her clock, and with what she knows of time where the clock went back. */
uint64_t reporting_counter(const struct reporting *reporting);

/* Into the queue, whole or not at all. *ret_entry belongs to the queue. */
MUST_USE int reporting_seal(
	struct reporting *reporting, const struct queued **ret_entry, struct failure *failure);

/* Sends it. -1 with the reason where it isn't accepted; *ret_show false where it is gone for good. */
MUST_USE int reporting_deliver(
	struct reporting *reporting, const struct queued *entry, bool *ret_show, struct failure *failure);

/* The result with --json: `id`, `receipt` where there is one, `state` and `accepted`. */
MUST_USE int reporting_answer(const struct reporting *reporting, struct failure *failure);

void reporting_say_readers(const struct reporting *reporting);
/* Before it is sent: what the server will learn of it. */
void reporting_say_server(const struct reporting *reporting, const struct queued *entry);
/* Of a report that waits for its own moment: what will send it. */
void reporting_say_delay(const struct reporting *reporting);
void reporting_say_receipt(const struct reporting *reporting);

void reporting_free(struct reporting *reporting);

#endif
