/* `POST invitations`: which invitations an admin has made, as hashes of their SECRETs. */
#ifndef PROTO_INVITATION_LIST_H
#define PROTO_INVITATION_LIST_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/invitation.h"
#include "proto/words.h"

#define INVITATION_LIST_MAX      1000 /* as many as one `invite --count` makes */
#define INVITATION_LIST_BYTES    (80 * 1024)
#define INVITATION_LIFE_DAYS     90  /* of an invitation, from its making: until then it may be exchanged */
#define INVITATION_LIFE_MAX_DAYS 366 /* what a server takes */

struct invitation_list {
	char desk[NAME_SIZE]; /* that the invited are to report to */
	int64_t expires;
	size_t count; /* 1 to INVITATION_LIST_MAX */
	uint8_t hashes[INVITATION_LIST_MAX][SHA256_BYTES];
};

/* SHA-256 of the SECRET: what a server knows of an invitation. */
MUST_USE int invitation_hash(const uint8_t secret[INVITATION_SECRET_BYTES], uint8_t ret_hash[SHA256_BYTES]);

/* `{"desk", "expires", "hashes": [hex, …]}` and nothing else. */
MUST_USE int invitation_list_write(const struct invitation_list *list, struct buffer *out);
MUST_USE int invitation_list_parse(
	const uint8_t *json, size_t len, struct invitation_list *ret_list, struct fault *fault);

#endif
