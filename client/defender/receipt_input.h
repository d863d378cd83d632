/* The receipt number that she gives: asked for without echo, or from --receipt-file. */
#ifndef DEFENDER_RECEIPT_INPUT_H
#define DEFENDER_RECEIPT_INPUT_H

#include "client/program.h"
#include "queue.h"

/* 65 for a number with a typing error, before anything is derived from it. The caller frees the receipt with
 * sodium_free, the keys with receipt_keys_free. */
MUST_USE int receipt_ask(const struct invocation *invocation, struct receipt_ahead **ret_receipt,
	struct receipt_keys **ret_keys, struct failure *failure);

#endif
