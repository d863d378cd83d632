/* A partner: another organisation, whose admins' fingerprint stands in our roster. Its own roster is fetched
 * from its server, followed from that fingerprint, and kept in the home. */
#ifndef OFFICER_PARTNER_H
#define OFFICER_PARTNER_H

#include "officer.h"

struct partner {
	struct items_below below;
	char name[NAME_SIZE];
	struct organisation *organisation;
};

/* 65 where our roster names no such partner, 76 where what its server shows isn't the organisation that our
 * admins pinned. *ret_partner must not move; partner_close frees what it holds. */
MUST_USE int partner_open(
	struct officer *officer, const char *name, struct partner *ret_partner, struct failure *failure);
void partner_close(struct partner *partner);

#endif
