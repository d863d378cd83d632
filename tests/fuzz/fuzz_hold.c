/* An order about a held report, as a stranger posts it: what is taken comes out the same after writing and
 * reading once more. */
#include "fuzz.h"

#include "proto/hold.h"

#define ID "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[ED25519_PUBLIC_BYTES] = { 1 };
	struct buffer out = buffer_of(HOLD_ORDER_MAX);
	struct hold_order order, again;
	struct fault fault;

	fuzz_start();
	if (hold_parse((const char *)data, size, ID, &order, &fault) == 0) {
		must(hold_write(&order, &out) == 0);
		must(hold_parse((const char *)out.data, out.len, ID, &again, &fault) == 0);
		must(order.counter == again.counter && order.is_cancel == again.is_cancel &&
			order.release == again.release);
		must(bytes_equal(order.signature, again.signature, sizeof order.signature));
		either(hold_verify(&order, HOLD_ORDER, key));
	}
	buffer_free(&out);
	return 0;
}
