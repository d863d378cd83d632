/* Putting off or calling off a held report (docs/protocol.md, "Held reports"): an order signed by its hold
 * key, and the store's signed answer. */
#ifndef PROTO_HOLD_H
#define PROTO_HOLD_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/signed_objects.h"

#define HOLD_ORDER_MAX  512 /* bytes of either as JSON */
#define HOLD_CANCEL     "cancel"
#define HOLD_STEP_MAX   (7 * 86400)  /* seconds that an order may add to the release before */
#define HOLD_IN_ALL_MAX (30 * 86400) /* seconds between acceptance and release */

/* Also the answer: what is so from now on. */
struct hold_order {
	char id[ID_SIZE];
	uint64_t counter; /* rises; at least 1 */
	bool is_cancel;
	int64_t release; /* the new one; 0 for a cancel */
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

/* `clarion-hold/1` by the hold key, `clarion-held/1` by the store's receipt key. Fills in signature. */
enum hold_kind { HOLD_ORDER, HOLD_ANSWER };
MUST_USE int hold_sign(struct hold_order *order, enum hold_kind kind, const uint8_t secret_key[64]);
MUST_USE int hold_verify(
	const struct hold_order *order, enum hold_kind kind, const uint8_t key[ED25519_PUBLIC_BYTES]);

/* `{"counter", "release": time or "cancel", "signature"}`; the id is in the path. */
MUST_USE int hold_write(const struct hold_order *order, struct buffer *out);
MUST_USE int hold_parse(
	const char *json, size_t len, const char *id, struct hold_order *ret_order, struct fault *fault);

#endif
