/* A referral that is under way, in the officer's home from before it is sent until it stands in the case: an
 * officer whose tool was interrupted says the same again, and it is still one. Sealed to herself, because it
 * holds the receipt number and what she wrote. */
#ifndef OFFICER_REFERRAL_KEPT_H
#define OFFICER_REFERRAL_KEPT_H

#include "referral.h"

/* Which one: a report has at most one under way to each desk. */
struct referral_place {
	const char *report;
	const char *desk;
	const char *partner; /* "" for a desk of our own */
};

/* Durable when this returns. said is what else belongs to it, for referral_recall. */
MUST_USE int referral_keep(struct officer *officer, const struct referral_place *place,
	const struct referral *referral, const json_t *said, struct failure *failure);

/* *ret_referral is NULL, and *ret_said untouched, where none is under way. The caller frees both. 78 for one
 * that can't be read. */
MUST_USE int referral_recall(struct officer *officer, const struct referral_place *place,
	struct referral **ret_referral, json_t **ret_said, struct failure *failure);

/* It is done, or can't be any more. */
MUST_USE int referral_forget(
	struct officer *officer, const struct referral_place *place, struct failure *failure);

#endif
