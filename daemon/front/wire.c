#include "tls_internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORD_MAX (16 * 1024) /* TLS's own: more in one SSL_write is cut into several */

struct wire {
	struct tls *tls;
	SSL *ssl;
	int fd;
	const struct wire_ops *ops;
	void *owner;
	struct event readable;   /* activated by hand for what lies in SSL already */
	struct event writable;   /* activated by hand for what has been written, so that answers come from the
				    loop */
	struct evbuffer *output; /* plaintext that SSL hasn't taken; NULL while there is none */
	const uint8_t *input;    /* decrypted: in tls->input during on_bytes, else in rest */
	size_t input_len;
	uint8_t *rest; /* what on_bytes left */
	size_t rest_len;
	bool *closed; /* set for the frame of a callback that closes the wire */
	bool is_secure;
	bool is_broken; /* nothing more can be sent or read */
	bool is_last;   /* what is written ends the connection */
	bool is_held;   /* the kernel gathers what is sent until the end */
	bool reading;
	bool armed;                /* readable is in the loop */
	bool reading_needs_writes; /* SSL must send before it can go on reading */
};

static void drop_rest(struct wire *wire)
{
	if (wire->rest != NULL)
		sodium_memzero(wire->rest, wire->rest_len);
	free(wire->rest);
	wire->rest = NULL;
	wire->rest_len = 0;
}

/* False where the callback closed the wire. */
static bool tell(struct wire *wire, void (*callback)(void *owner))
{
	bool closed = false;

	/* cppcheck-suppress autoVariables ; it is taken back below, unless the wire is gone by then */
	wire->closed = &closed;
	callback(wire->owner);
	if (closed)
		return false;
	wire->closed = NULL;
	return true;
}

static void tell_closed(struct wire *wire)
{
	wire->is_broken = true;
	ERR_clear_error();
	(void)tell(wire, wire->ops->on_closed);
}

/* What SSL holds already, no event of the socket tells. */
static void prompt(struct wire *wire)
{
	if (wire->armed && SSL_has_pending(wire->ssl) == 1)
		event_active(&wire->readable, EV_READ, 0);
}

/* A full input is read on once it has been taken: the kernel's own buffers then hold the peer up. */
static void settle_reading(struct wire *wire)
{
	bool wanted = !wire->is_secure || (wire->reading && wire->input_len < WIRE_INPUT_MAX);

	if (wanted == wire->armed)
		return;
	if (wanted && event_add(&wire->readable, NULL) != 0)
		return; /* its deadline ends it */
	if (!wanted)
		event_del(&wire->readable);
	wire->armed = wanted;
	prompt(wire);
}

enum progress { PROGRESS_WAIT, PROGRESS_DONE, PROGRESS_BROKEN };

/* Why an SSL call did not succeed; arranges for what it waits for. */
static enum progress judge(struct wire *wire, int result)
{
	switch (SSL_get_error(wire->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return PROGRESS_WAIT;
	case SSL_ERROR_WANT_WRITE:
		return event_add(&wire->writable, NULL) == 0 ? PROGRESS_WAIT : PROGRESS_BROKEN;
	default:
		ERR_clear_error();
		return PROGRESS_BROKEN;
	}
}

/* False where the handshake isn't done, or the wire is closed. */
static bool is_shaken(struct wire *wire)
{
	int result;
	enum progress progress;

	if (wire->is_secure)
		return true;
	result = SSL_do_handshake(wire->ssl);
	progress = result == 1 ? PROGRESS_DONE : judge(wire, result);
	if (progress == PROGRESS_BROKEN)
		tell_closed(wire);
	if (progress != PROGRESS_DONE)
		return false;
	wire->is_secure = true;
	return tell(wire, wire->ops->on_secure);
}

/* Decrypts behind the first *len bytes of input, as much as is there and fits. */
static enum progress decrypt(struct wire *wire, uint8_t *input, size_t *len)
{
	enum progress progress = PROGRESS_DONE;

	while (progress == PROGRESS_DONE && *len < WIRE_INPUT_MAX) {
		int got = SSL_read(wire->ssl, input + *len, (int)(WIRE_INPUT_MAX - *len));

		if (got > 0)
			*len += (size_t)got;
		else
			progress = judge(wire, got);
	}
	return progress;
}

/* What on_bytes left goes to memory of the wire's own. */
static int keep_rest(struct wire *wire)
{
	uint8_t *rest = NULL;

	if (wire->input_len > 0) {
		rest = malloc(wire->input_len);
		if (rest == NULL)
			return -1;
		memcpy(rest, wire->input, wire->input_len);
	}
	drop_rest(wire);
	wire->rest = rest;
	wire->rest_len = wire->input_len;
	wire->input = rest;
	return 0;
}

static void read_on(struct wire *wire)
{
	struct tls *tls = wire->tls;
	size_t before = wire->input_len, len = before;
	enum progress progress;
	bool is_open = true;

	if (before > 0)
		memcpy(tls->input, wire->input, before);
	progress = decrypt(wire, tls->input, &len);
	wire->input = tls->input;
	wire->input_len = len;
	if (len > before)
		is_open = tell(wire, wire->ops->on_bytes);
	if (is_open && (keep_rest(wire) != 0 || progress == PROGRESS_BROKEN)) {
		wire->input_len = 0;
		tell_closed(wire);
	} else if (is_open) {
		wire->reading_needs_writes =
			progress == PROGRESS_WAIT && event_pending(&wire->writable, EV_WRITE, NULL) != 0;
		settle_reading(wire);
		if (progress == PROGRESS_DONE) /* else part of a record may lie there, and nothing can be done
						  with it */
			prompt(wire);
	}
	sodium_memzero(tls->input, len);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct wire *wire = context;

	(void)fd;
	(void)what;
	if (wire->is_broken || !is_shaken(wire))
		return;
	settle_reading(wire);
	if (wire->armed)
		read_on(wire);
}

/* The last answer, the goodbye and the end leave as one packet: each by itself costs a way through the
 * kernel, here and at the peer. A socket that knows no packets refuses, and sends them one by one. */
static void hold(struct wire *wire)
{
	const int on = 1;

	wire->is_held = setsockopt(wire->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0;
}

/* Encrypts into the socket what waits. */
static enum progress encrypt(struct wire *wire)
{
	enum progress progress = PROGRESS_DONE;
	struct evbuffer_iovec first;

	while (progress == PROGRESS_DONE && evbuffer_peek(wire->output, -1, NULL, &first, 1) > 0) {
		size_t len = first.iov_len < RECORD_MAX ? first.iov_len : RECORD_MAX;
		int put = SSL_write(wire->ssl, first.iov_base, (int)len);

		if (put > 0)
			evbuffer_drain(wire->output, (size_t)put);
		else
			progress = judge(wire, put);
	}
	return progress;
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct wire *wire = context;
	enum progress progress;

	(void)fd;
	(void)what;
	if (wire->is_broken || !is_shaken(wire))
		return;
	if (wire->reading_needs_writes) {
		wire->reading_needs_writes = false;
		event_active(&wire->readable, EV_READ, 0);
	}
	if (wire->output == NULL)
		return;
	if (wire->is_last && !wire->is_held)
		hold(wire);
	progress = encrypt(wire);
	if (progress == PROGRESS_BROKEN)
		tell_closed(wire);
	if (progress != PROGRESS_DONE)
		return;
	evbuffer_free(wire->output);
	wire->output = NULL;
	(void)tell(wire, wire->ops->on_drained);
}

struct wire *wire_new(struct tls *tls, int fd, const struct wire_options *options)
{
	struct wire *wire = calloc(1, sizeof *wire);

	if (wire == NULL || (wire->ssl = SSL_new(tls->context)) == NULL || SSL_set_fd(wire->ssl, fd) != 1)
		goto refused;
	SSL_set_accept_state(wire->ssl);
	wire->tls = tls;
	wire->fd = fd;
	wire->ops = options->ops;
	wire->owner = options->owner;
	wire->reading = true;
	event_assign(&wire->readable, options->base, fd, EV_READ | EV_PERSIST, on_readable, wire);
	event_assign(&wire->writable, options->base, fd, EV_WRITE, on_writable, wire);
	if (event_add(&wire->readable, NULL) != 0)
		goto refused;
	wire->armed = true;
	return wire;
refused:
	if (wire != NULL)
		SSL_free(wire->ssl);
	free(wire);
	close(fd);
	ERR_clear_error();
	return NULL;
}

static void say_goodbye(struct wire *wire)
{
	if (wire->is_secure && !wire->is_broken && wire->output == NULL)
		SSL_shutdown(wire->ssl);
	ERR_clear_error();
}

void wire_close(struct wire *wire)
{
	if (wire == NULL)
		return;
	if (wire->closed != NULL)
		*wire->closed = true;
	say_goodbye(wire);
	event_del(&wire->readable);
	event_del(&wire->writable);
	SSL_free(wire->ssl);
	/* Before close(): where the peer has sent more than was read, that throws away what is held. */
	if (wire->is_held)
		shutdown(wire->fd, SHUT_WR);
	close(wire->fd);
	drop_rest(wire);
	if (wire->output != NULL)
		evbuffer_free(wire->output);
	free(wire);
}

void wire_finish(struct wire *wire)
{
	say_goodbye(wire);
	if (wire->output == NULL)
		shutdown(wire->fd, SHUT_WR);
}

void wire_last(struct wire *wire)
{
	wire->is_last = true;
}

size_t wire_input(struct wire *wire, const uint8_t **ret_data)
{
	*ret_data = wire->input;
	return wire->input_len;
}

size_t wire_waiting(const struct wire *wire)
{
	return wire->input_len;
}

void wire_take(struct wire *wire, size_t len)
{
	if (len == 0)
		return;
	wire->input += len;
	wire->input_len -= len;
	if (wire->input_len == 0)
		drop_rest(wire);
	settle_reading(wire);
}

void wire_read(struct wire *wire, bool on)
{
	wire->reading = on;
	settle_reading(wire);
}

static int output_of(struct wire *wire)
{
	if (wire->output == NULL && (wire->output = evbuffer_new()) == NULL)
		return -1;
	event_active(&wire->writable, EV_WRITE, 0);
	return 0;
}

int wire_write(struct wire *wire, const void *data, size_t len)
{
	return output_of(wire) == 0 ? evbuffer_add(wire->output, data, len) : -1;
}

int wire_write_static(struct wire *wire, const void *data, size_t len)
{
	return output_of(wire) == 0 ? evbuffer_add_reference(wire->output, data, len, NULL, NULL) : -1;
}
