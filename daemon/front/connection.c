#include "connection.h"

#include "base/log.h"
#include "connection_state.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#define OUT_MAX (128 * 1024) /* an answer's head and one message of its body */
/* How long, and for how many bytes, a client is listened to that was answered before it had sent everything:
 * enough to read the answer before a reset would take it away. */
#define LINGER_SECONDS          3
#define LINGER_SECONDS_DRAINING 1
#define FIRST_SECONDS_DRAINING  2 /* within the 5 s that SIGTERM may take */
#define LINGER_BYTES            (2 * 1024 * 1024)
#define CROWD                   256 /* connections: below that what they needed isn't worth a look */

static const bool may_go[CONNECTION_STATES][CONNECTION_STATES] = {
	[CONNECTION_HANDSHAKE] = { [CONNECTION_IDLE] = true, [CONNECTION_ENDED] = true },
	[CONNECTION_IDLE] = { [CONNECTION_HEAD] = true, [CONNECTION_ENDED] = true },
	[CONNECTION_HEAD] = { [CONNECTION_EXCHANGE] = true,
		[CONNECTION_ANSWER] = true,
		[CONNECTION_ENDED] = true },
	[CONNECTION_EXCHANGE] = { [CONNECTION_ANSWER] = true, [CONNECTION_ENDED] = true },
	[CONNECTION_ANSWER] = { [CONNECTION_IDLE] = true,
		[CONNECTION_LINGER] = true,
		[CONNECTION_ENDED] = true },
	[CONNECTION_LINGER] = { [CONNECTION_ENDED] = true },
};

static void arm(struct connection *connection, uint64_t seconds)
{
	const struct timeval wait = { .tv_sec = (time_t)seconds };
	/* Without a deadline a connection may not go on. */
	if (evtimer_add(&connection->deadline, &wait) != 0)
		event_active(&connection->deadline, EV_TIMEOUT, 0);
}

uint64_t connection_seconds(const struct connection *connection, uint64_t seconds, uint64_t len)
{
	return seconds + len / connection->front->settings->minimum_bytes_per_second;
}

void connection_deadline(struct connection *connection, uint64_t seconds)
{
	arm(connection, seconds);
}

/* Whoever came before a reload and hasn't asked yet is still answered, if she asks soon. */
static uint64_t first_request_seconds(const struct connection *connection, uint64_t otherwise)
{
	if (connection->requests > 0)
		return otherwise;
	return connection->front->draining ? FIRST_SECONDS_DRAINING
					   : connection->front->settings->headers_seconds;
}

void connection_go(struct connection *connection, enum connection_state state)
{
	const struct front_settings *settings = connection->front->settings;
	if (!may_go[connection->state][state])
		log_fatal("connection-state");
	connection->state = state;
	switch (state) {
	case CONNECTION_HANDSHAKE:
		arm(connection, settings->handshake_seconds);
		break;
	case CONNECTION_IDLE:
		arm(connection, first_request_seconds(connection, settings->idle_seconds));
		break;
	case CONNECTION_HEAD:
		arm(connection, settings->headers_seconds);
		break;
	case CONNECTION_LINGER:
		arm(connection, connection->front->draining ? LINGER_SECONDS_DRAINING : LINGER_SECONDS);
		break;
	case CONNECTION_EXCHANGE: /* depend on a length: armed by who knows it */
	case CONNECTION_ANSWER:
		break;
	case CONNECTION_ENDED:
	case CONNECTION_STATES:
		evtimer_del(&connection->deadline);
		break;
	}
}

void connection_read(struct connection *connection, bool on)
{
	if (connection->reading == on)
		return;
	connection->reading = on;
	wire_read(connection->wire, on);
}

void connection_end(struct connection *connection)
{
	struct front *front = connection->front;
	if (connection->state == CONNECTION_ENDED)
		return;
	connection_go(connection, CONNECTION_ENDED);
	store_link_gone(front->store, &connection->exchange);
	wire_close(connection->wire);
	connection->wire = NULL;
	limits_release(connection->place.limits, connection->place.group);
	*connection->link = connection->next;
	if (connection->next != NULL)
		connection->next->link = connection->link;
	connection->next = front->ended;
	front->ended = connection;
	event_active(front->reaper, EV_TIMEOUT, 0);
}

static void on_reap(evutil_socket_t fd, short what, void *context)
{
	struct front *front = context;
	(void)fd;
	(void)what;
	while (front->ended != NULL) {
		struct connection *connection = front->ended;
		front->ended = connection->next;
		http_parser_free(connection->parser);
		free(connection->head);
		free(connection);
	}
	front->on_room(front->context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;
	(void)fd;
	(void)what;
	/* Only the store can be late here: its client has done its part and gets an answer. */
	if (connection->state == CONNECTION_EXCHANGE && connection->body_left == 0)
		answer_with_problem(connection, PROBLEM_BUSY);
	else
		connection_end(connection);
}

static void on_secure(void *owner)
{
	connection_go(owner, CONNECTION_IDLE);
}

static void discard(struct connection *connection)
{
	size_t waiting = wire_waiting(connection->wire);
	connection->lingered += waiting;
	wire_take(connection->wire, waiting);
	if (connection->lingered > LINGER_BYTES)
		connection_end(connection);
}

static void on_bytes(void *owner)
{
	struct connection *connection = owner;
	switch (connection->state) {
	case CONNECTION_IDLE:
	case CONNECTION_HEAD:
		request_bytes(connection);
		break;
	case CONNECTION_EXCHANGE:
		request_pump_body(connection);
		break;
	case CONNECTION_ANSWER:
		/* The next request, or the rest of this one: later, or never. */
		connection_read(connection, false);
		break;
	case CONNECTION_LINGER:
		discard(connection);
		break;
	case CONNECTION_HANDSHAKE:
	case CONNECTION_ENDED:
	case CONNECTION_STATES:
		log_fatal("connection-bytes");
	}
}

static void on_drained(void *owner)
{
	struct connection *connection = owner;
	if (connection->state == CONNECTION_ANSWER)
		answer_drained(connection);
}

static void on_closed(void *owner)
{
	connection_end(owner);
}

static const struct wire_ops wire_ops = {
	.on_secure = on_secure,
	.on_bytes = on_bytes,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

int connections_start(struct front *front)
{
	front->first = NULL;
	front->ended = NULL;
	front->spare = NULL;
	front->out = buffer_of(OUT_MAX);
	front->reaper = event_new(front->base, -1, 0, on_reap, front);
	return front->reaper != NULL ? 0 : -1;
}

void connections_give_back(struct front *front)
{
	if (front->taken - front->given_back < CROWD || connections_count(front) >= CROWD)
		return;
	(void)malloc_trim(0);
	front->given_back = front->taken;
}

void connections_stop(struct front *front)
{
	while (front->first != NULL)
		connection_end(front->first);
	if (front->reaper != NULL) {
		on_reap(-1, 0, front);
		event_free(front->reaper);
	}
	front->reaper = NULL;
	http_parser_free(front->spare);
	front->spare = NULL;
	buffer_free(&front->out);
}

int connection_accept(struct front *front, int fd, const struct connection_place *place)
{
	struct connection *connection = calloc(1, sizeof *connection);
	const struct wire_options options = { .base = front->base, .ops = &wire_ops, .owner = connection };
	if (connection == NULL) {
		close(fd);
		goto refused;
	}
	connection->front = front;
	connection->place = *place;
	connection->exchange.ops = &answer_exchange_ops;
	connection->reading = true;
	evtimer_assign(&connection->deadline, front->base, on_deadline, connection);
	if ((connection->wire = wire_new(front->tls, fd, &options)) == NULL)
		goto refused;
	connection->next = front->first;
	connection->link = &front->first;
	if (front->first != NULL)
		front->first->link = &connection->next;
	front->first = connection;
	arm(connection, front->settings->handshake_seconds);
	return 0;
refused:
	free(connection);
	limits_release(place->limits, place->group);
	return -1;
}

void connections_drain(struct front *front)
{
	struct connection *next = NULL;
	front->draining = true;
	for (struct connection *connection = front->first; connection != NULL; connection = next) {
		next = connection->next;
		connection->close = true;
		if (connection->state == CONNECTION_IDLE && connection->requests > 0)
			connection_end(connection);
		else if (connection->state == CONNECTION_IDLE || connection->state == CONNECTION_HANDSHAKE)
			arm(connection, FIRST_SECONDS_DRAINING);
	}
}

void connections_give_up_waiting(struct front *front)
{
	struct connection *next = NULL;
	for (struct connection *connection = front->first; connection != NULL; connection = next) {
		next = connection->next;
		if (connection->state == CONNECTION_EXCHANGE && connection->body_left == 0)
			answer_with_problem(connection, PROBLEM_BUSY);
	}
}

bool connections_any(const struct front *front)
{
	return front->first != NULL;
}

uint64_t connections_count(const struct front *front)
{
	uint64_t count = 0;
	for (const struct connection *connection = front->first; connection != NULL;
		connection = connection->next)
		count++;
	return count;
}
