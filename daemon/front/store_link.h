/* The channel to the store, and which open request each of its messages is about.
 *
 * What the store sends is checked here: a message that breaks the order of an exchange ends the channel, and
 * with it every open exchange. A message about a request that was open once and isn't any more is no fault
 * (they cross). */
#ifndef FRONT_STORE_LINK_H
#define FRONT_STORE_LINK_H

#include "channel/messages.h"

/* What the store may send of an answer's body beyond what was acknowledged as taken. */
#define STORE_LINK_WINDOW (4 * 1024 * 1024)

struct event_base;
struct store_link;
struct exchange;

/* None may free the exchange's memory; all may end it with store_link_gone. */
struct exchange_ops {
	void (*on_body_wanted)(struct exchange *exchange, uint32_t bytes);
	void (*on_answer)(struct exchange *exchange, const struct message_answer *answer);
	/* done: this was the last of the body. Also called with no bytes for an answer without a body. */
	void (*on_answer_body)(struct exchange *exchange, const uint8_t *data, size_t len, bool done);
	void (*on_decoy)(struct exchange *exchange);
	/* The store is gone. */
	void (*on_lost)(struct exchange *exchange);
};

/* Lives inside its owner. */
struct exchange {
	const struct exchange_ops *ops;
	struct exchange *next;
	uint32_t id;
	bool open;    /* the store may still send something about it */
	bool no_body; /* a HEAD: the answer ends with its start */
	bool answered;
	uint64_t answer_left; /* bytes of the answer's body that the store still owes */
	uint64_t untaken;     /* that it sent and that weren't acknowledged */
};

/* on_alone: the store was lost, and for some seconds nobody has brought a channel to another. */
typedef void store_link_alone(void *context);
MUST_USE struct store_link *store_link_new(
	struct event_base *base, store_link_alone *on_alone, void *context);
/* Open exchanges are told that the store is gone. NULL-safe. */
void store_link_free(struct store_link *link);

/* A (new) channel to the store; owns fd. */
MUST_USE int store_link_attach(struct store_link *link, int fd);

/* Sends a request; its id is chosen here. -1 where the store is gone or behind: answer 503. */
MUST_USE int store_link_request(
	struct store_link *link, struct exchange *exchange, struct message_request *request);

/* A piece of the body, within what the store wanted. */
void store_link_body(struct store_link *link, struct exchange *exchange, const uint8_t *data, size_t len);

/* The client has taken everything that the store sent so far. */
void store_link_taken(struct store_link *link, struct exchange *exchange);

/* The client left, or doesn't want the rest. Nothing for an exchange that isn't open. */
void store_link_gone(struct store_link *link, struct exchange *exchange);

#endif
