/* The word of an officer that another desk may answer for a report that is handed to it: so that its sender,
 * who knows the first desk only, can prove who writes to her (docs/protocol.md, "Messages"). */
#ifndef PROTO_DELEGATION_H
#define PROTO_DELEGATION_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#include <jansson.h>

#define DELEGATIONS_MAX 4 /* desks that a report goes through, one behind the other */

struct delegation {
	char desk[NAME_SIZE]; /* to which */
	uint64_t roster;      /* version, by which keyid is an officer of the desk before */
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

/* organisation: fingerprint of roster version delegation->roster. Fills in keyid and signature. */
MUST_USE int delegation_sign(struct delegation *delegation, const char *organisation, const char *report,
	const uint8_t secret_key[64]);
/* 0 where keyid has signed; whose key that is the caller asks the roster. */
MUST_USE int delegation_verify(
	const struct delegation *delegation, const char *organisation, const char *report);

/* A new reference; NULL where memory is short. */
MUST_USE json_t *delegation_json(const struct delegation *delegation);
MUST_USE int delegation_parse(const json_t *object, struct delegation *ret_delegation);

#endif
