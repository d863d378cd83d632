/* Orders about held reports, sent and answered. */
#ifndef DEFENDER_HOLD_ORDER_H
#define DEFENDER_HOLD_ORDER_H

#include "client/organisation.h"
#include "proto/hold.h"

enum ordered {
	ORDER_DONE,     /* the server has signed that it is so */
	ORDER_RELEASED, /* too late: officers see the report */
	ORDER_UNKNOWN,  /* the server holds no such report (any more) */
};

/* order has everything but its signature; seed is that of the hold key. -1: it isn't known to be done. */
MUST_USE int hold_order_send(struct organisation *organisation, struct hold_order *order,
	const uint8_t seed[32], enum ordered *ret_outcome, struct failure *failure);

#endif
