/* A report's events: fetched, each signature checked, the chain followed, and compared with what this officer
 * saw last time, so that a server can neither drop nor exchange one unseen. */
#ifndef OFFICER_HISTORY_H
#define OFFICER_HISTORY_H

#include "proto/delegation.h"
#include "proto/event.h"
#include "report.h"

#define REASON_SIZE 12
#define WORD_SIZE   12 /* of an urgency */

/* What the events come to. */
struct history {
	uint64_t count;
	uint8_t last[SHA256_BYTES]; /* event_digest of the newest; zeros without one */
	enum report_state state;
	char owner[NAME_SIZE];   /* whose case it is; "" where it is nobody's */
	char heir[NAME_SIZE];    /* to whom it is being handed over */
	char desk[NAME_SIZE];    /* whose officers act on it; "" where the report doesn't say */
	char offered[NAME_SIZE]; /* the desk that it is being transferred to */
	/* Through which desks it came, each with the word of an officer of the one before; and the word for
	 * the one that it is offered to. */
	struct delegation via[DELEGATIONS_MAX], offer;
	size_t via_count;
	char acknowledged_by[NAME_SIZE]; /* first */
	bool is_acknowledged_by_me;
	/* The newest event that changed state or owner, and how many there were. */
	uint64_t decisions;
	enum event_type decision;
	char decided_by[NAME_SIZE];
	/* A closure that a second officer is asked to sign; "" where there is none. */
	char proposed[REASON_SIZE], proposed_by[NAME_SIZE];
	bool proposed_by_supervisor;
	bool lacks_signature;  /* it was closed without a signature that its reason asks for */
	char until[TIME_SIZE]; /* when the next step is due, or somebody looks again; "" where nobody said */
	char urgency[WORD_SIZE]; /* as an officer judged it last; "" where nobody did */
	bool was_urgent;         /* urgent or worse, now or before */
};

/* One event as it was proven. Everything lives during the call only. */
struct history_entry {
	const struct report_event *event;
	const struct event_subject *subject;
	const struct roster_officer *officer; /* by the roster that the event names */
	const char *by;                       /* her name */
	const json_t *content;                /* NULL where there is none, or it can't be read */
	enum report_state state;              /* behind it */
};
typedef int history_each(void *context, const struct history_entry *entry, struct failure *failure);

/* 76 for a forged event, a broken chain, or a history that lost what was there before. */
MUST_USE int history_fetch(struct officer *officer, const struct report *report, struct history *ret_history,
	struct failure *failure);

/* The same, and calls each with every event in order. */
MUST_USE int history_read(struct officer *officer, const struct report *report, history_each *each,
	void *context, struct history *ret_history, struct failure *failure);

/* Adds an event (content may be NULL) and takes it into history. 75 where somebody else was faster (fetch the
 * history again), 65 where the state doesn't allow it. */
MUST_USE int history_add(struct officer *officer, const struct report *report, enum event_type type,
	const json_t *content, struct history *history, struct failure *failure);

/* Who does something, as the roster of that moment has her. */
struct actor {
	const char *name;
	bool is_supervisor;
};
struct actor actor_of(const struct roster_officer *officer);

/* What closing it for this reason is, where this officer does it now. */
enum closing {
	CLOSING_ENDS,     /* her signature is enough, or the last that was missing */
	CLOSING_PROPOSES, /* another one has to sign too */
	CLOSING_PROPOSED, /* she has proposed it already */
	CLOSING_RANKS,    /* proposed by somebody else, and still a supervisor has to sign */
};
enum closing history_closing(const struct history *history, const char *reason, const struct actor *actor);

/* Whether she is an officer of a desk that had the report, or has it. */
bool history_served(
	const struct history *history, const struct report *report, const struct roster_officer *officer);

/* A history without events. */
struct history history_of(const json_t *report);
/* What an event by this officer makes of it, digest and count apart; -1, and nothing changed, where the state
 * doesn't allow it. content may be NULL. */
MUST_USE int history_apply(
	struct history *history, enum event_type type, const struct actor *by, const json_t *content);

#endif
