/* A report of an officer's own making: sealed to another desk, and sent there. */
#ifndef OFFICER_REFERRAL_H
#define OFFICER_REFERRAL_H

#include "officer.h"
#include "proto/encode.h"
#include "proto/receipt.h"
#include "proto/words.h"
#include "shared_evidence.h"

#include <jansson.h>

#define UPLOAD_KEY_BYTES 32
#define SEALED_VIEW_MAX  (64 * 1024 * 1024)

struct referral {
	char id[ID_SIZE];
	char receipt[RECEIPT_SIZE]; /* a secret: it reads what the other desk answers */
	struct destination destination;
	uint64_t roster;
	char upload_key[BASE64_CHARS(UPLOAD_KEY_BYTES) + 1];
	struct buffer sealed;
	struct acceptance_answer accepted; /* once delivered */
};
/* Guarded memory; NULL where there is none. */
struct referral *referral_new(void);
void referral_free(struct referral *referral);

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

/* Seals the view to the desk's officers by the newest roster, in the place of the excluded nobody. 65 where
 * nobody is left to read. The caller frees *ret_referral. */
MUST_USE int referral_make(
	const struct referral_order *order, struct referral **ret_referral, struct failure *failure);

/* Sends it, as often as it takes: the same referral is the same report there. 0 only with a proven
 * acceptance, which is in the referral then. */
MUST_USE int referral_deliver(struct officer *officer, struct organisation *organisation, bool is_partner,
	struct referral *referral, struct failure *failure);

#endif
