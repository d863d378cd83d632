/* What systemd is told (sd_notify(3)), in our own few lines: a datagram to the socket that NOTIFY_SOCKET
 * names. Without one, nothing is told. */
#ifndef SUPERVISOR_SERVICE_H
#define SUPERVISOR_SERVICE_H

#include "proto/base.h"

struct service;

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no role sees them. NULL
 * where memory is short. */
MUST_USE struct service *service_new(void);
void service_free(struct service *service);

/* How often the watchdog wants to hear of us, in milliseconds; 0: it doesn't. */
int64_t service_watchdog_ms(const struct service *service);

void service_ready(struct service *service, unsigned int fronts);
void service_reloading(struct service *service);
void service_stopping(struct service *service);
/* Nothing where no watchdog waits for it. */
void service_alive(struct service *service);

#endif
