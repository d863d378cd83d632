#include "proto/hold.h"

#include "proto/encode.h"
#include "proto/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

static void release_text(const struct hold_order *order, char ret_text[TIME_SIZE])
{
	if (order->is_cancel)
		memcpy(ret_text, HOLD_CANCEL, sizeof HOLD_CANCEL);
	else
		time_format(order->release, ret_text);
}

static int put_lines(const struct hold_order *order, enum hold_kind kind, struct buffer *out)
{
	char release[TIME_SIZE];

	release_text(order, release);
	buffer_put_format(out, "%s\n%s\n%" PRIu64 "\n%s\n",
		kind == HOLD_ORDER ? "clarion-hold/1" : "clarion-held/1", order->id, order->counter, release);
	return buffer_ok(out);
}

int hold_sign(struct hold_order *order, enum hold_kind kind, const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(HOLD_ORDER_MAX);
	int rc = put_lines(order, kind, &lines);

	if (rc == 0)
		rc = crypto_sign_detached(order->signature, NULL, lines.data, lines.len, secret_key);
	buffer_free(&lines);
	return rc;
}

int hold_verify(const struct hold_order *order, enum hold_kind kind, const uint8_t key[ED25519_PUBLIC_BYTES])
{
	struct buffer lines = buffer_of(HOLD_ORDER_MAX);
	int rc = put_lines(order, kind, &lines);

	if (rc == 0)
		rc = crypto_sign_verify_detached(order->signature, lines.data, lines.len, key);
	buffer_free(&lines);
	return rc;
}

int hold_write(const struct hold_order *order, struct buffer *out)
{
	char release[TIME_SIZE], signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];

	release_text(order, release);
	base64_encode(BASE64_PADDED, order->signature, ED25519_SIGNATURE_BYTES, signature);
	buffer_put_format(out, "{\"counter\":%" PRIu64 ",\"release\":\"%s\",\"signature\":\"%s\"}",
		order->counter, release, signature);
	return buffer_ok(out);
}

int hold_parse(
	const char *json, size_t len, const char *id, struct hold_order *ret_order, struct fault *fault)
{
	static const char *const members[] = { "counter", "release", "signature" };
	struct hold_order order = { .counter = 0 };
	json_t *object = NULL;
	const char *release = NULL;
	size_t release_len = 0;
	int rc = -1;

	if (strlen(id) != ID_SIZE - 1 || json_parse(json, len, HOLD_ORDER_MAX, &object, fault) != 0)
		return -1;
	memcpy(order.id, id, ID_SIZE);
	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_number(object, "counter", &order.counter) != 0 || order.counter == 0 ||
		member_text(object, "release", &release, &release_len) != 0 ||
		member_base64(object, "signature", BASE64_PADDED, order.signature, sizeof order.signature) !=
			0) {
		rc = fault_set(fault, "this neither puts off nor calls off a held report");
		goto cleanup;
	}
	order.is_cancel = strcmp(release, HOLD_CANCEL) == 0;
	if (!order.is_cancel && time_parse(release, release_len, &order.release) != 0) {
		rc = fault_set(fault, "the new time isn't one");
		goto cleanup;
	}
	*ret_order = order;
	rc = 0;
cleanup:
	json_decref(object);
	return rc;
}
