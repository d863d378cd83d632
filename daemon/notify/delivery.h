/* One wake-up after the other, as the store asks for them: words, a look for the address, a transfer, or the
 * operator's command by way of the supervisor. */
#ifndef NOTIFY_DELIVERY_H
#define NOTIFY_DELIVERY_H

#include "channel/messages.h"
#include "settings.h"

struct deliveries;
struct event_base;

/* Called once for each wake-up. */
typedef void delivery_told(void *context, uint64_t number, enum wake_outcome outcome);
/* Asks the supervisor to run the command; -1 where it can't be asked. deliveries_ran brings the answer. */
typedef int delivery_run(void *context);

/* Before the lock-in. The settings must outlive it. */
MUST_USE struct deliveries *deliveries_new(struct event_base *base, const struct notify_settings *settings,
	delivery_told *told, delivery_run *run, void *context);
void deliveries_free(struct deliveries *deliveries);

void deliveries_begin(struct deliveries *deliveries, const struct message_wake *wake);
/* -1: nothing was asked for. */
MUST_USE int deliveries_ran(struct deliveries *deliveries, bool done);
/* Whoever asked is gone: what is on its way goes on, and nobody is told. */
void deliveries_forget(struct deliveries *deliveries);

#endif
