/* Where an organisation's facts are kept: named items, so that a defender's encrypted home and an officer's
 * plain folder serve alike. A name is a short word of [a-z0-9-]. A put is whole or not at all, also across a
 * crash. */
#ifndef CLIENT_ITEMS_H
#define CLIENT_ITEMS_H

#include "client/failure.h"
#include "client/home.h"
#include "proto/buffer.h"

#define ITEM_MAX (2 * 1024 * 1024) /* a roster and to spare */

struct items {
	void *owner;
	/* *ret_found false (and 0) where there is no such item; appends to out. */
	int (*get)(
		void *owner, const char *name, struct buffer *out, bool *ret_found, struct failure *failure);
	int (*put)(void *owner, const char *name, const void *data, size_t len, struct failure *failure);
	const char *where; /* in words, for people who look for them */
	bool keeps_chain;  /* wants every roster on the way to the newest, not only that one */
};

MUST_USE int items_get(const struct items *items, const char *name, struct buffer *out, bool *ret_found,
	struct failure *failure);
MUST_USE int items_put(
	const struct items *items, const char *name, const void *data, size_t len, struct failure *failure);

/* Plain files of mode 0600 in a home's folder. home must outlive it. */
struct items items_in_folder(struct home *home);

/* A part of others: every name has the prefix before it. below, and the items above it, must outlive it. */
#define ITEMS_PREFIX_SIZE 80
struct items_below {
	const struct items *above;
	char prefix[ITEMS_PREFIX_SIZE];
};
struct items items_in(struct items_below *below);

#endif
