/* A further report by the hand that wrote the first: the member `follows` of report.json, signed by the hand
 * key of the first report's receipt number.
 *
 * Ed25519 over `clarion-hand/1\n<organisation>\n<first report's id or ->\n<counter>\n<hash>\n`; hash is the
 * SHA-256, hex, of report.json without this signature (keys sorted, compact). The attachments are covered by
 * the hashes that `evidence` holds. */
#ifndef PROTO_HAND_H
#define PROTO_HAND_H

#include "proto/base.h"
#include "proto/signed_objects.h"

#include <jansson.h>

struct hand_link {
	char report[ID_SIZE]; /* the first report, "" where her device doesn't know it: its mailbox says it */
	uint64_t counter;     /* rises with each: milliseconds of her clock */
	bool is_cancel;       /* the alarm before is called off */
};

/* Sets the member. The report has everything else already, its envelope included. */
MUST_USE int hand_sign(json_t *report, const struct hand_link *link, const uint8_t secret_key[64]);

/* What the member says of itself; false where there is none. For a report that the schema has checked. */
bool hand_link_of(const json_t *report, struct hand_link *ret_link);

/* 0 where this key signed it. */
MUST_USE int hand_verify(const json_t *report, const uint8_t hand_key[ED25519_PUBLIC_BYTES]);

#endif
