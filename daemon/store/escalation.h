/* Alerts that climb until somebody takes them: the store's half of proto/escalation.h. How far each is stands
 * in the facts of its report; what is in memory here is only a reason to look there. */
#ifndef STORE_ESCALATION_H
#define STORE_ESCALATION_H

#include "facts.h"
#include "held.h"
#include "pages.h"
#include "proto/alert_list.h"
#include "proto/escalation.h"
#include "proto/roster.h"

struct event;
struct raises;
struct rotas;
struct store;

/* store->escalation */
struct escalation {
	struct held_heap *due; /* next steps */
	struct event *timer;
	int64_t timer_at; /* on the boot clock, in ms; 0: it isn't set */
	/* Looking through what is open, desk by desk, at the start and after a change of rosters. */
	bool is_looking;
	bool is_rolled_back; /* the group that was open last */
	size_t desk;
	uint64_t after;
	struct pages *pages;
	pages_waker *wake; /* outbox_wake; a test listens here */
	struct rotas *rotas;
	struct raises *raises;
};

/* --- escalation.c: one report */
/* In the group that lists it, before its row is written: its first step, where that is due. */
MUST_USE int escalation_begin(struct store *store, struct report_facts *facts);
/* An officer's event, in its group, before the row is written; the facts have the new state. */
void escalation_on_event(struct store *store, struct report_facts *facts, const struct report_event *event);
/* The step that is due by now is taken in the facts; false where there is none. */
bool escalation_take_step(
	const struct store *store, struct report_facts *facts, struct escalation_step *ret_step);
/* As far as that stops the climb: who can't prove that she has opened a report may be wrong, so that it takes
 * two. */
bool escalation_is_acknowledged(const struct report_facts *facts);
/* When the next is due. */
int64_t escalation_when(const struct store *store, const struct report_facts *facts);
void escalation_fill(const struct store *store, const struct report_facts *facts, struct alert *alert);
/* Whether this officer may have to do with the report: of its desk, or of the fallback desk once the alert
 * has climbed so far. */
bool escalation_may_act(
	const struct roster *roster, const struct report_facts *facts, const struct roster_officer *officer);

/* --- climbing.c: all of them */
MUST_USE int escalation_load(struct store *store);
void escalation_free(struct store *store);
/* There is a reason to look at this one at its next step. */
void escalation_track(struct store *store, const struct report_facts *facts);
/* Rosters or duties have changed, so that all times may have. */
void escalation_look(struct store *store);
/* Takes the steps that are due, and sends the pages that were kept back long enough. */
void escalation_run(struct store *store);

void escalation_rolled_back(struct store *store);

/* --- raises.c: which alerts are to be heard again, for those who have seen them already */
MUST_USE int raises_load(struct store *store);
void raises_free(struct store *store);
/* For the next step: rises for ever. */
uint64_t raises_next(struct store *store);
uint64_t raises_newest(const struct store *store);
/* Committed. */
void raises_add(struct store *store, const struct report_facts *facts);
/* Alerts for this desk's officers that were raised behind `since`, at most ALERTS_MAX, into store->alerts.
 * *ret_raised is what they know then. */
MUST_USE int raises_list(
	struct store *store, const char *desk, uint64_t since, size_t *ret_count, uint64_t *ret_raised);
/* Open reports of other desks that this one is the fallback of, and that have climbed so far, above seq
 * `after`: merged in order into the count alerts in store->alerts. */
MUST_USE int raises_merge_fallen(
	struct store *store, const char *desk, uint64_t after, size_t *count, bool *more);
/* One that has climbed to the fallback desk, as the look at the start finds it. */
void raises_keep_fallen(struct store *store, const struct report_facts *facts);

#endif
