/* The listening sockets: for each front one of its own on each address (SO_REUSEPORT), made and kept by the
 * supervisor, so that a front needs no right to make one and connections wait for the next while one is
 * restarted. */
#ifndef SUPERVISOR_LISTENERS_H
#define SUPERVISOR_LISTENERS_H

#include "base/config.h"
#include "channel/messages.h"

struct listener {
	enum socket_kind kind; /* SOCKET_LISTEN or SOCKET_LISTEN_SHARED */
	int fd;
};

struct listeners {
	struct listener at[2 * CONFIG_ADDRESSES_MAX];
	size_t count;
};

/* Waits a little for an address that a predecessor is just leaving; then -1: somebody else listens there. */
MUST_USE int listeners_free_addresses(const struct config *config, struct fault *fault);

/* One socket for each address. On failure nothing stays open. */
MUST_USE int listeners_open(
	const struct config *config, struct listeners *ret_listeners, struct fault *fault);
void listeners_close(struct listeners *listeners);

#endif
