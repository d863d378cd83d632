/* front's wire without TLS, in the place of daemon/front/wire.c: what a fuzzer says is heard as it is. */
#include "tls.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_MAX (32 * 1024)

struct wire {
	struct wire_options options;
	struct event *readable, *soon;
	int fd;
	uint8_t input[INPUT_MAX];
	size_t len;
	bool is_secure, reading, wrote;
	bool *closed;
};

/* False where the callback closed the wire. */
static bool tell(struct wire *wire, void (*callback)(void *owner))
{
	bool closed = false;

	wire->closed = &closed;
	callback(wire->options.owner);
	if (!closed)
		wire->closed = NULL;
	return !closed;
}

static void settle(struct wire *wire)
{
	if (wire->reading && wire->len < INPUT_MAX)
		(void)event_add(wire->readable, NULL);
	else
		(void)event_del(wire->readable);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct wire *wire = context;
	ssize_t got = recv(fd, wire->input + wire->len, INPUT_MAX - wire->len, MSG_DONTWAIT);

	(void)what;
	if (got <= 0) {
		(void)event_del(wire->readable);
		(void)tell(wire, wire->options.ops->on_closed);
		return;
	}
	wire->len += (size_t)got;
	if (tell(wire, wire->options.ops->on_bytes))
		settle(wire);
}

static void on_soon(evutil_socket_t fd, short what, void *context)
{
	struct wire *wire = context;

	(void)fd;
	(void)what;
	if (!wire->is_secure) {
		wire->is_secure = true;
		if (!tell(wire, wire->options.ops->on_secure))
			return;
		settle(wire);
	}
	if (wire->wrote) {
		wire->wrote = false;
		(void)tell(wire, wire->options.ops->on_drained);
	}
}

struct wire *wire_new(struct tls *tls, int fd, const struct wire_options *options)
{
	struct wire *wire = calloc(1, sizeof *wire);

	(void)tls;
	if (wire == NULL ||
		(wire->readable = event_new(options->base, fd, EV_READ | EV_PERSIST, on_readable, wire)) ==
			NULL ||
		(wire->soon = evtimer_new(options->base, on_soon, wire)) == NULL) {
		if (wire != NULL && wire->readable != NULL)
			event_free(wire->readable);
		free(wire);
		close(fd);
		return NULL;
	}
	wire->options = *options;
	wire->fd = fd;
	wire->reading = true;
	event_active(wire->soon, EV_TIMEOUT, 1);
	return wire;
}

void wire_close(struct wire *wire)
{
	if (wire == NULL)
		return;
	if (wire->closed != NULL)
		*wire->closed = true;
	event_free(wire->readable);
	event_free(wire->soon);
	close(wire->fd);
	free(wire);
}

void wire_finish(struct wire *wire)
{
	(void)shutdown(wire->fd, SHUT_WR);
}

/* How many packets it takes is nothing that a parser sees. */
void wire_last(struct wire *wire)
{
	(void)wire;
}

size_t wire_input(struct wire *wire, const uint8_t **ret_data)
{
	*ret_data = wire->input;
	return wire->len;
}

size_t wire_waiting(const struct wire *wire)
{
	return wire->len;
}

void wire_take(struct wire *wire, size_t len)
{
	wire->len -= len;
	for (size_t i = 0; i < wire->len; i++)
		wire->input[i] = wire->input[i + len];
	if (wire->is_secure)
		settle(wire);
}

void wire_read(struct wire *wire, bool on)
{
	wire->reading = on;
	if (wire->is_secure)
		settle(wire);
}

/* Whoever listens takes what she likes of it. */
int wire_write(struct wire *wire, const void *data, size_t len)
{
	(void)send(wire->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	wire->wrote = true;
	event_active(wire->soon, EV_TIMEOUT, 1);
	return 0;
}

int wire_write_static(struct wire *wire, const void *data, size_t len)
{
	return wire_write(wire, data, len);
}
