/* A report of an officer's own making: sealed to another desk, and sent there. */
#ifndef OFFICER_REFERRAL_H
#define OFFICER_REFERRAL_H

#include "officer.h"
#include "proto/receipt.h"
#include "proto/words.h"
#include "shared_evidence.h"

#include <jansson.h>

struct referral {
	char id[ID_SIZE];
	char receipt[RECEIPT_SIZE]; /* a secret: it reads what the other desk answers */
	struct acceptance_answer accepted;
};

/* What is sent, and where. */
struct referral_order {
	struct organisation *organisation; /* the officer's own, or a partner */
	bool is_partner;
	const char *desk;
	enum urgency urgency;
	json_t *view; /* gets its envelope */
	const struct report *report;
	const struct shared_evidence *evidence; /* of report, measured; goes along */
};

/* Seals the view to the desk's officers by the newest roster, in the place of the excluded nobody, and sends
 * it; 0 only with a proven acceptance. 65 where nobody is left to read. The caller wipes *ret_referral. */
MUST_USE int referral_send(struct officer *officer, const struct referral_order *order,
	struct referral *ret_referral, struct failure *failure);

#endif
