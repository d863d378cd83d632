/* Acts on the daemon's own keys and data: how one is added.
 *
 * An act is a row in control_acts.c and a function in a file of its own. When the function is called, the
 * request has been checked: signed by admins of the roster in force, by enough of them for the row, in time,
 * never before. Its nonce is durable: whatever happens then, the same request does nothing a second time. The
 * function must see to it that the call ends sometime in exactly one control_done or control_refuse; until
 * then it may say how far it is, and send a body as fast as the client takes it. An act that was cut short by
 * a crash is asked for again, with a new request, and goes on where it was. */
#ifndef STORE_CONTROL_H
#define STORE_CONTROL_H

#include "proto/control.h"

#include <jansson.h>

struct store;
struct event;

struct control_call {
	struct store *store;
	struct control_request request;
	/* Who has signed: names in the roster in force. */
	char admins[CONTROL_SIGNATURES_MAX][NAME_SIZE];
	size_t admin_count;
	bool by_threshold; /* they are as many as publish a roster */

	/* The act's own, where it goes on behind its function. */
	void *context;
	/* The call ends, or the client has left: frees context. Nothing of the call is used behind it. May be
	 * NULL. */
	void (*drop)(struct control_call *call);
	/* Asked for by control_want_more: there is room for more of the body. */
	void (*more)(struct control_call *call);
};

struct control_act {
	const char *name;
	void (*run)(struct control_call *call);
	bool needs_threshold;
	/* How old a request may be: CONTROL_SKEW_SECONDS, or longer where several admins sign one after the
	 * other. */
	int64_t lifetime_seconds;
};

/* control_acts.c; NULL where there is none. */
const struct control_act *control_act_of(const char *name);

/* The value of an argument; NULL where it wasn't given. */
const char *control_value(const struct control_call *call, const char *name);

/* How far it is, and the end. Each takes the reference to the JSON (NULL: memory was short). */
void control_progress(struct control_call *call, json_t *json);
void control_done(struct control_call *call, json_t *json);
/* code as in sysexits.h; the sentence as struct fault says. */
void control_refuse(struct control_call *call, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* For an act that goes on in a callback of somebody else's: the call stays what it is, though the client may
 * leave meanwhile (then nothing that is said reaches anybody), until it is released. */
void control_hold(struct control_call *call);
void control_release(struct control_call *call);

/* A piece of the body, at most CONTROL_BODY_MAX. Returns false once so much waits for the client that no more
 * should be made now: then control_want_more. */
MUST_USE bool control_body(struct control_call *call, const void *data, size_t len);
/* call->more is called from the loop as soon as the client has taken most of what waits. */
void control_want_more(struct control_call *call);

/* --- control.c: the socket. fd is the listening socket, owned from now on. */
struct control;
MUST_USE int control_listen(struct store *store, int fd);
/* Those who wait are told that the daemon ends. NULL-safe, as all of the store's ends are. */
void control_free(struct control *control);

#endif
