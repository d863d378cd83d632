/* What she wants to report, from a file, from the options, or asked for on the terminal. */
#ifndef DEFENDER_COMPOSE_H
#define DEFENDER_COMPOSE_H

#include "attachments.h"
#include "client/program.h"
#include "client/recipients.h"
#include "proto/roster.h"

#include <jansson.h>

struct composed {
	json_t *report; /* sound by the schema, without the envelope */
	struct attachments attachments;
	char desk[NAME_SIZE];
	enum urgency urgency;
	const char *excluded[EXCLUDED_MAX]; /* strings of report */
	size_t excluded_count;
	json_t *warnings; /* NULL, or a list of words: what she was warned about and nobody could ask her */
};

/* What is taken where neither an option nor the file says otherwise. */
struct compose_wish {
	const char *desk;      /* NULL or "": the roster's only one */
	const char *urgency;   /* NULL: it must be given */
	bool is_urgency_fixed; /* whatever the file says */
	const json_t *exclude; /* NULL, or names that are excluded too */
	const char *summary;   /* NULL: it is asked for; else nothing is asked */
};

/* An option beats the same fact in the file. 65 with the field's name for what the schema refuses. Free with
 * composed_free whatever happened. */
MUST_USE int compose(const struct invocation *invocation, const struct roster *roster,
	const struct compose_wish *wish, struct composed *ret_composed, struct failure *failure);
/* What was composed before (its report, without envelope), for the roster of today: who is excluded and isn't
 * in it any more reads nothing anyhow. Free it with composed_free whatever happened. */
MUST_USE int compose_again(const json_t *report, const char *desk, const struct roster *roster,
	struct composed *ret_composed, struct failure *failure);
/* Adds to the warnings of the JSON result. */
MUST_USE int composed_warn(struct composed *composed, const char *word, struct failure *failure);
void composed_free(struct composed *composed);

/* What the questions of the terminal begin with. */
struct interview_wish {
	const struct roster *roster;
	const char *desk;
	const json_t *report;  /* what is known without asking: at least the schema */
	const uint64_t *sizes; /* of what is attached */
	size_t size_count;
};

/* Asks, shows who will read it and what the server learns, and asks whether it may go. 65 where she stops. */
MUST_USE int ask_report(const struct invocation *invocation, const struct interview_wish *wish,
	json_t **ret_report, struct failure *failure);

#endif
