/* rotate-receipt: makes the next receipt key, durable before anybody hears of it. It signs from the moment
 * when a roster that names it is in force (rosters.c); asked again before that, the same key is told. */
#include "control_acts.h"
#include "keys.h"
#include "rotations.h"
#include "store_state.h"

#include "proto/encode.h"

#include <sodium.h>
#include <string.h>
#include <sysexits.h>

static int add_next(void *context, struct keyring *keyring, struct fault *fault)
{
	struct receipt_seed *newest = &keyring->receipts[keyring->receipt_count - 1];

	(void)context;
	if (keyring->receipt_count == KEYRING_RECEIPTS_MAX)
		return fault_set(
			fault, "a rotation of the receipt key is under way: publish its roster first");
	newest[1].epoch = newest->epoch + 1;
	randombytes_buf(newest[1].seed, sizeof newest[1].seed);
	keyring->receipt_count++;
	return 0;
}

/* The public half of the key that isn't in force yet. */
static int next_key(const struct store *store, char ret_text[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1])
{
	uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	uint8_t public[ED25519_PUBLIC_BYTES];
	const struct keyring *keyring = store->keyring;
	const int rc = secret == NULL ? -1
				      : keyring_receipt_key(&keyring->receipts[keyring->receipt_count - 1],
						secret, public);

	sodium_free(secret);
	if (rc == 0)
		base64_encode(BASE64_PADDED, public, sizeof public, ret_text);
	return rc;
}

static void answer(struct control_call *call)
{
	char key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1];
	json_t *rotation = rotation_json(call->store, "receipt");

	if (rotation == NULL || next_key(call->store, key) != 0 ||
		json_object_set_new(rotation, "key", json_string(key)) != 0) {
		json_decref(rotation);
		control_refuse(call, EX_TEMPFAIL, "memory is short: try again");
		return;
	}
	control_done(call, rotation);
}

static void on_changed(void *context, int result, const struct fault *fault)
{
	struct control_call *call = context;

	if (result == 0)
		answer(call);
	else
		control_refuse(call, EX_TEMPFAIL, "%s", fault->text);
	control_release(call);
}

void act_rotate_receipt(struct control_call *call)
{
	const struct store *store = call->store;
	const struct receipt_seed *newest = &store->keyring->receipts[store->keyring->receipt_count - 1];

	if (keys_receipt(store, store->roster->receipt_key) != newest) {
		answer(call);
		return;
	}
	control_hold(call);
	if (keys_change(call->store, add_next, on_changed, call) == 0)
		return;
	control_refuse(call, EX_TEMPFAIL, "memory is short: try again");
	control_release(call);
}
