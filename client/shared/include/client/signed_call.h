/* Officers' and admins' requests: signed per RFC 9421, the answer's digest and signature checked against the
 * roster's receipt key before anybody looks at it. */
#ifndef CLIENT_SIGNED_CALL_H
#define CLIENT_SIGNED_CALL_H

#include "client/link.h"
#include "client/organisation.h"

/* One call on an open link. The body must be in request->body (no source). An answer that isn't signed is 77
 * for the server's 401 and 403, else 76; where the receipt key isn't the roster's any more the organisation
 * is refreshed once and judged again. secret_key is 64 bytes, libsodium's form. Whatever a sink got before a
 * -1 is worthless. */
MUST_USE int signed_call(struct organisation *organisation, struct link *link, const uint8_t secret_key[64],
	const struct link_request *request, struct link_answer *ret_answer, struct failure *failure);

/* The same in two halves, for link_multi: prepared->request is what to start; the answer is checked with the
 * same struct, which must not move in between. */
struct signed_prepared {
	struct link_request request;
	struct signature_fields fields;
	char nonce[NONCE_SIZE];
	int64_t asked_ms; /* on the boot clock */
};

MUST_USE int signed_call_prepare(const struct link *link, const uint8_t secret_key[64],
	const struct link_request *request, struct signed_prepared *ret_prepared, struct failure *failure);
MUST_USE int signed_call_check(struct organisation *organisation, const struct signed_prepared *prepared,
	const struct link_answer *answer, struct failure *failure);

#endif
