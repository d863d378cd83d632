/* One step of a case: an event in its right place, the sender told where it means something to her, and the
 * verb's answer. */
#ifndef OFFICER_STEP_H
#define OFFICER_STEP_H

#include "history.h"

struct step {
	enum event_type type;
	const json_t *content; /* NULL for none */
	bool by_anyone;        /* not only the case's owner */
	const char *said;      /* what is said when it is done */
	/* Looked at with the report in hand; may be NULL. */
	int (*check)(struct officer *officer, const struct report *report, const struct step *step,
		struct failure *failure);
};

/* 77 where the case is another's, 75 where somebody decided something in the same moment (and it is said
 * who), 65 where the state doesn't allow it. Doing again what one did last is done already. */
MUST_USE int step_take(struct officer *officer, const struct report *report, const struct step *step,
	struct history *ret_history, struct failure *failure);

/* The sender learns of a state where it is another one in her eyes: stored, opened, being handled, closed. */
MUST_USE int step_tell(struct officer *officer, const struct report *report, enum report_state before,
	enum report_state now, struct failure *failure);

/* The answer of every verb that takes a step. */
MUST_USE int step_answer(struct officer *officer, const struct history *history, struct failure *failure);

/* All of it, for the report that is the verb's first operand. content was checked by its verb. */
MUST_USE int step_run(const struct invocation *invocation, const struct step *step, struct failure *failure);

#endif
