/* A report of an officer's own making: sealed to another desk, and sent there. */
#ifndef OFFICER_REFERRAL_H
#define OFFICER_REFERRAL_H

#include "officer.h"
#include "proto/receipt.h"
#include "proto/words.h"

#include <jansson.h>

struct referral {
	char id[ID_SIZE];
	char receipt[RECEIPT_SIZE]; /* a secret: it reads what the other desk answers */
};

/* Seals view (which gets its envelope) to desk's officers by the newest roster, in the place of the excluded
 * nobody, and sends it; 0 only with a proven acceptance. 65 where nobody is left to read. The caller wipes
 * *ret_referral. */
MUST_USE int referral_send(struct officer *officer, json_t *view, const char *desk, enum urgency urgency,
	struct referral *ret_referral, struct failure *failure);

#endif
