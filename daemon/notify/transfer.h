/* Mails and POSTs on their way, several at once, each within an absolute time: the one file that knows
 * libcurl. TLS 1.2 or newer with a checked certificate, always; no redirect, no reuse, no name of a program.
 */
#ifndef NOTIFY_TRANSFER_H
#define NOTIFY_TRANSFER_H

#include "channel/messages.h"
#include "settings.h"

struct event_base;
struct transfers;

/* Before the lock-in. The settings must outlive it. */
MUST_USE struct transfers *transfers_new(struct event_base *base, const struct notify_settings *settings);
/* What is on its way ends without being told. */
void transfers_free(struct transfers *transfers);

struct transfer_request {
	struct host_port server;
	const char *addresses; /* of its host, as resolver.h gives them; NULL where a proxy looks */
	const char *to;        /* of a mail; NULL for a POST */
	const char *url;       /* of a POST */
	const char *content_type;
	const uint8_t *body;
	size_t len;
};

/* The request is copied. done is called once, later. -1: it can't even be tried, and done isn't called. */
typedef void transfer_done(void *context, enum wake_outcome outcome);
MUST_USE int transfers_start(struct transfers *transfers, const struct transfer_request *request,
	transfer_done *done, void *context);

#endif
