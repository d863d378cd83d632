/* `clarion:HOST[:PORT]/BASE#FINGERPRINT.PIN.VERSION[.SECRET]`: all that a person needs to find an
 * organisation and to know that it is the right one. */
#ifndef PROTO_INVITATION_H
#define PROTO_INVITATION_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/proof.h"
#include "proto/url.h"

#define INVITATION_PIN_BYTES    16
#define INVITATION_SECRET_BYTES 16
#define INVITATION_MAX          480 /* the longest host name with everything else */

struct invitation {
	struct server_url url;
	char fingerprint[FINGERPRINT_SIZE];
	uint8_t pin[INVITATION_PIN_BYTES]; /* the start of the server key's SPKI SHA-256 */
	uint64_t version;                  /* of the roster then, at least 1 */
	bool has_secret;
	uint8_t secret[INVITATION_SECRET_BYTES];
};

/* In sodium_malloc memory. White space around the text is not taken. */
MUST_USE int invitation_parse(
	const char *text, size_t len, struct invitation **ret_invitation, struct fault *fault);
void invitation_free(struct invitation *invitation);

/* Appends the text. -1 where a field is not what invitation_parse would take. */
MUST_USE int invitation_write(const struct invitation *invitation, struct buffer *out);

#endif
