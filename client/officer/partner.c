#include "partner.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <stdio.h>
#include <string.h>

#define PIN_HEX_CHARS 16

/* Under the fingerprint too: a partner that our admins pin anew is met anew. */
static int set_prefix(const struct roster_partner *line, struct partner *partner)
{
	char hex[SHA256_HEX_CHARS + 1];
	uint8_t digest[SHA256_BYTES];

	if (sha256_once(line->fingerprint, strlen(line->fingerprint), digest) != 0)
		return -1;
	hex_encode(digest, sizeof digest, hex);
	(void)snprintf(partner->below.prefix, sizeof partner->below.prefix, "partner-%s-%.*s-", line->name,
		PIN_HEX_CHARS, hex);
	memcpy(partner->name, line->name, sizeof partner->name);
	return 0;
}

int partner_open(
	struct officer *officer, const char *name, struct partner *ret_partner, struct failure *failure)
{
	const struct roster_partner *line = roster_partner(organisation_roster(officer->organisation), name);
	struct items items;

	*ret_partner = (struct partner){ .below = { .above = &officer->items } };
	if (line == NULL)
		return failure_set(failure, EX_DATAERR,
			"your organisation has no partner of that name: your admin adds it with `partner "
			"add'");
	if (set_prefix(line, ret_partner) != 0)
		return failure_memory(failure);
	items = items_in(&ret_partner->below);
	return organisation_meet(
		&items, line, organisation_proxy(officer->organisation), &ret_partner->organisation, failure);
}

void partner_close(struct partner *partner)
{
	organisation_free(partner->organisation);
	partner->organisation = NULL;
}
