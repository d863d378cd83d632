/* A connection from inside: shared by connection.c (its life), connection_request.c (what comes in) and
 * connection_answer.c (what goes out). */
#ifndef FRONT_CONNECTION_STATE_H
#define FRONT_CONNECTION_STATE_H

#include "answer.h"
#include "connection.h"

#include <event2/event.h>
#include <event2/event_struct.h>

enum connection_state {
	CONNECTION_HANDSHAKE,
	CONNECTION_IDLE,     /* no byte of the next request yet */
	CONNECTION_HEAD,     /* some bytes of a head */
	CONNECTION_EXCHANGE, /* the store has the request and hasn't begun to answer */
	CONNECTION_ANSWER,   /* the answer has begun and isn't with the kernel yet */
	CONNECTION_LINGER,   /* the answer was the last; what the client still sends is thrown away */
	CONNECTION_ENDED,
	CONNECTION_STATES,
};

struct connection {
	struct front *front;
	struct connection *next;
	struct connection **link; /* what points at this one */
	struct wire *wire;
	struct connection_place place;
	struct event deadline;
	struct exchange exchange;
	struct http_parser *parser; /* only while a head is read */
	char *head;                 /* of an answer whose body is awaited */
	size_t head_len;
	uint64_t requests;
	uint64_t body_left; /* of the request, not yet read from the client */
	uint64_t credit;    /* of those, what the store wants */
	uint64_t lingered;
	enum connection_state state;
	enum http_method method;
	bool has_body; /* a body that isn't empty was announced */
	bool close;    /* this answer is the last */
	bool unread;   /* the client may still be sending: linger */
	bool written;  /* the answer is whole in the wire */
	bool reading;
};

/* connection.c */
void connection_go(struct connection *connection, enum connection_state state);
/* The seconds from now in which the present state must end. */
void connection_deadline(struct connection *connection, uint64_t seconds);
void connection_end(struct connection *connection);
void connection_read(struct connection *connection, bool on);
/* Base seconds and the time that a line of the least speed takes for len bytes. */
uint64_t connection_seconds(const struct connection *connection, uint64_t seconds, uint64_t len);

/* connection_request.c */
void request_bytes(struct connection *connection);
void request_pump_body(struct connection *connection);

/* connection_answer.c */
extern const struct exchange_ops answer_exchange_ops;
void answer_with_page(struct connection *connection, struct decoy_page page);
void answer_with_problem(struct connection *connection, enum problem problem);
/* All written so far is gone. */
void answer_drained(struct connection *connection);

#endif
