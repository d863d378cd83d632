/* What this officer's tool knows of reports beside what they say (proto/report_schema.h, report_kind): looked
 * up once, by their first chunk, and remembered in her home, sealed under a key of her identity. What is left
 * to do with a dummy is remembered there too. */
#ifndef OFFICER_KINDS_H
#define OFFICER_KINDS_H

#include "officer.h"
#include "proto/alert_list.h"
#include "proto/event.h"
#include "proto/report_schema.h"

#define KINDS_STEPS_MAX 12

/* An event that the tool is going to make by itself. */
struct kinds_step {
	enum event_type type;
	int64_t at;
};

struct known {
	char id[ID_SIZE];
	char desk[NAME_SIZE];
	enum report_kind kind;
	enum urgency urgency;
	int64_t accepted;
	struct kinds_step steps[KINDS_STEPS_MAX];
	size_t step_count; /* those that are left */
	bool is_planned;   /* there was a plan, of which nothing may be left */
	uint64_t refusals; /* of the first of them, one after the other */
};

struct kinds {
	struct known *list; /* the newest last */
	size_t count, room;
	bool has_changed;
};

/* What can't be read is as good as nothing: everything is looked up again. */
MUST_USE int kinds_load(struct officer *officer, struct kinds *ret_kinds, struct failure *failure);
/* Where it has changed. */
MUST_USE int kinds_save(struct officer *officer, struct kinds *kinds, struct failure *failure);
void kinds_free(struct kinds *kinds);

/* NULL where it isn't known. */
struct known *kinds_find(const struct kinds *kinds, const char *id);

/* Looks into the report and remembers what it is. A dummy or canary is believed to be one only where what was
 * looked at is all of the report as it was first sent, or proven: nothing else may go unseen. -1 where it
 * can't be looked at. */
MUST_USE int kinds_look(struct officer *officer, struct kinds *kinds, const struct alert *alert,
	struct known **ret_known, struct failure *failure);

/* What she has opened herself, remembered where it is something to remember. What can't be is shown again. */
struct report;
void kinds_remember(struct officer *officer, const struct report *report);

/* Whether the tool keeps it to itself. */
bool kind_is_left_out(enum report_kind kind);

#endif
