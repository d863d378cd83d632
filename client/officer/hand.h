/* Whether a further report is by the hand that wrote the first. */
#ifndef OFFICER_HAND_H
#define OFFICER_HAND_H

#include "proto/hand.h"
#include "report.h"

enum hand {
	HAND_NONE,    /* it follows no other report */
	HAND_SAME,    /* the first report's hand key signed it */
	HAND_OTHER,   /* it did not, or what it signed isn't what is here */
	HAND_COPY,    /* signed once, and here already as another report: somebody sealed it again */
	HAND_UNKNOWN, /* the first report isn't known here, so that nothing can be said */
};

struct hand_judgement {
	enum hand hand;
	bool is_cancel;
	char first[ID_SIZE]; /* "" where it isn't known */
};

/* A first report is remembered by its mailbox. Of a further one the first is looked up, there or at the
 * server; folder holds what was unpacked. */
MUST_USE int hand_judge(struct officer *officer, const struct report *report, const char *folder,
	struct hand_judgement *ret_judgement, struct failure *failure);

/* What a person reads; nothing for HAND_NONE. */
void hand_show(const struct hand_judgement *judgement, struct buffer *out);

/* The report as `open --json` gives it: with `by_the_same_hand` (true, false or null) and `first_report`
 * where it follows one, and without members of these names otherwise. A new reference, NULL where memory is
 * short. */
MUST_USE json_t *hand_report(const struct report *report, const struct hand_judgement *judgement);

#endif
