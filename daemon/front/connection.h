/* One stranger's connection: handshake, then one request after the other, each with an absolute deadline.
 *
 * What all connections of a front share is passed in struct front; there is nothing global. */
#ifndef FRONT_CONNECTION_H
#define FRONT_CONNECTION_H

#include "connection_limits.h"
#include "decoy.h"
#include "front_settings.h"
#include "http_parser.h"
#include "store_link.h"
#include "tls.h"

struct event;
struct connection;

struct front {
	struct event_base *base;
	const struct front_settings *settings;
	struct tls *tls;
	struct decoy *decoy;
	struct store_link *store;
	bool draining;
	uint64_t taken, turned_away; /* connections since the start */
	uint64_t given_back;         /* what `taken` was when free memory went back last */
	/* Called from the loop after connections have ended and their places are free. */
	void (*on_room)(void *context);
	void *context;

	/* connection.c's own */
	struct connection *first;
	struct connection *ended; /* freed by the reaper, when no call of theirs is on the stack */
	struct event *reaper;
	struct http_parser *spare; /* most heads arrive whole: one parser is then enough */
	struct buffer out;         /* an answer being put together */
};

/* Fills in what connections need of *front, whose other fields the caller has set. */
MUST_USE int connections_start(struct front *front);
/* Gives the memory back that a crowd needed, once it is gone. For now and then. */
void connections_give_back(struct front *front);
/* Ends what is open. */
void connections_stop(struct front *front);

struct connection_place {
	struct limits *limits;
	struct limits_group *group; /* admitted; released when the connection ends */
};

/* Owns fd and the place, also where it fails. */
MUST_USE int connection_accept(struct front *front, int fd, const struct connection_place *place);

/* Nothing new: idle connections end now, the others with their answer. */
void connections_drain(struct front *front);
/* Requests that wait for the store, their bodies sent, are told to come again later. */
void connections_give_up_waiting(struct front *front);
bool connections_any(const struct front *front);
uint64_t connections_count(const struct front *front);

#endif
