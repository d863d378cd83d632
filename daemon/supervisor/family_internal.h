/* What the files of the family share: its members and what can be done with one. */
#ifndef SUPERVISOR_FAMILY_INTERNAL_H
#define SUPERVISOR_FAMILY_INTERNAL_H

#include "child.h"
#include "family.h"
#include "listeners.h"
#include "pulse.h"

#include <event2/event.h>

enum family_state { FAMILY_STARTING, FAMILY_RUNNING, FAMILY_STOPPING };

enum standing {
	MEMBER_CURRENT,  /* restarted when it dies */
	MEMBER_INCOMING, /* a front of a reload that isn't complete yet */
	MEMBER_LEAVING,  /* finishes what it has, then ends */
};

struct member {
	struct member *next;
	struct family *family;
	enum role role;
	enum standing standing;
	unsigned int slot;     /* of a front: which listeners are its */
	struct child *child;   /* NULL between an end and the next start */
	struct event *timer;   /* the next start, or the end of a leaving one's patience */
	unsigned int failures; /* ends before it was ready, in a row */
	bool drained;          /* has been told to finish */
	struct pulse pulse;    /* of its process */
};

struct runner;

struct family {
	struct event_base *base;
	bool root;
	int control;
	int (*reload)(void *context);
	struct service *service;
	struct pulses pulses;
	void *context;
	struct child *switch_for; /* the store that asked for a reload and waits for its end; NULL: none */
	enum family_state state;
	struct child_events events;
	struct member *members;
	struct generation *current;
	struct generation *incoming; /* NULL where no reload is under way */
	struct generation *waiting;  /* a reload that was asked for before the first start was complete */
	struct listeners *listeners; /* by slot */
	unsigned int slots;
	struct runner *runner; /* runner.c; NULL before it is needed */
	struct event *stop_timer;
	bool stop_late; /* the fronts' time is over */
	int exit_code;
};

/* The generation that a member is started from. */
const struct generation *member_generation(const struct member *member);

/* *ret_member is in the family's list and has no process yet; NULL where memory is short. */
MUST_USE struct member *member_add(
	struct family *family, enum role role, enum standing standing, unsigned int slot);
void member_remove(struct member *member);

/* Starts its process and hands it everything; tries again later where that fails. */
void member_start(struct member *member);
/* Once more, behind a delay that grows with each failure. */
void member_start_later(struct member *member);
void member_drain(struct member *member);
void member_kill(const struct member *member);
/* -1 where its timer can't be set. */
MUST_USE int member_timer(struct member *member, unsigned int milliseconds);

struct member *family_member(const struct family *family, enum role role);
unsigned int family_count(const struct family *family, enum role role, enum standing standing);
unsigned int generation_fronts(const struct generation *generation);

/* Listeners for this many fronts; those beyond are closed. */
MUST_USE int family_listeners(struct family *family, unsigned int slots, struct fault *fault);

/* family_reload.c: an incoming front became ready, or died. */
void reload_progress(struct family *family);
void reload_cancel(struct family *family);

/* family_stop.c: somebody ended. */
void stop_progress(struct family *family);
void family_kill(struct family *family);

#endif
