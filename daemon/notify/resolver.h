/* Names to addresses without a file and without a thread: the name servers and the hosts file of the machine
 * are read before the lock-in. */
#ifndef NOTIFY_RESOLVER_H
#define NOTIFY_RESOLVER_H

#include "proto/buffer.h"

struct event_base;
struct resolver;

MUST_USE struct resolver *resolver_new(struct event_base *base);
void resolver_free(struct resolver *resolver);

/* Calls found once, now or later, with `ADDRESS[,ADDRESS…]`, IPv6 in brackets, or NULL where there is none.
 * An address is its own. */
typedef void resolver_found(void *context, const char *addresses);
void resolver_look_up(struct resolver *resolver, const char *host, resolver_found *found, void *context);

#endif
