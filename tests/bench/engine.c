#include "engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIRST_ROOM 4096

enum phase { PHASE_IDLE, PHASE_CONNECT, PHASE_HANDSHAKE, PHASE_WRITE, PHASE_READ };

struct engine_connection {
	struct engine *engine;
	int fd;
	SSL *ssl;
	enum phase phase;
	struct engine_request request;
	uint64_t index, began_ns;
	size_t written;
	char *in;
	size_t in_len, in_room;
};

struct engine {
	struct engine_options options;
	SSL_CTX *tls;
	int epoll;
	uint64_t next_index;
	unsigned waiting;
	bool exhausted;
	struct engine_connection *connections;
};

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

struct engine *engine_new(const struct engine_options *options)
{
	struct engine *engine = calloc(1, sizeof *engine);

	if (engine == NULL)
		fail("memory");
	engine->options = *options;
	engine->epoll = options->share != NULL ? dup(options->share->epoll) : epoll_create1(EPOLL_CLOEXEC);
	engine->tls = SSL_CTX_new(TLS_client_method());
	engine->connections = calloc(options->connections, sizeof *engine->connections);
	if (engine->epoll == -1 || engine->tls == NULL || engine->connections == NULL)
		fail("set-up");
	SSL_CTX_set_min_proto_version(engine->tls, TLS1_3_VERSION);
	SSL_CTX_set_mode(engine->tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(engine->tls, SSL_SESS_CACHE_OFF);
	/* Both servers are asked for the same key exchange; without it one would be measured on another
	 * curve. */
	SSL_CTX_set1_groups_list(engine->tls, "X25519");
	for (unsigned i = 0; i < options->connections; i++) {
		engine->connections[i].engine = engine;
		engine->connections[i].fd = -1;
	}
	return engine;
}

static void watch(struct engine_connection *connection, uint32_t events, int how)
{
	struct epoll_event event = { .events = events, .data.ptr = connection };

	if (epoll_ctl(connection->engine->epoll, how, connection->fd, &event) != 0)
		fail("epoll_ctl");
}

static void hang_up(struct engine_connection *connection)
{
	if (connection->ssl != NULL) {
		SSL_shutdown(connection->ssl);
		SSL_free(connection->ssl);
	}
	if (connection->fd != -1)
		close(connection->fd);
	connection->ssl = NULL;
	connection->fd = -1;
}

static void dial(struct engine_connection *connection)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(connection->engine->options.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;

	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd == -1)
		fail("socket");
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
		fail("connect");
	connection->ssl = SSL_new(connection->engine->tls);
	if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->fd) != 1)
		fail("SSL_new");
	SSL_set_connect_state(connection->ssl);
	connection->phase = PHASE_CONNECT;
	watch(connection, EPOLLOUT, EPOLL_CTL_ADD);
}

/* True where the operation wants to be called again; the right event is then watched for. */
static bool again(struct engine_connection *connection, int result)
{
	switch (SSL_get_error(connection->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		watch(connection, EPOLLIN, EPOLL_CTL_MOD);
		return true;
	case SSL_ERROR_WANT_WRITE:
		watch(connection, EPOLLOUT, EPOLL_CTL_MOD);
		return true;
	default:
		return false;
	}
}

static void begin(struct engine_connection *connection)
{
	struct engine *engine = connection->engine;

	if (engine->exhausted ||
		!engine->options.next(engine->options.context, engine->next_index, &connection->request)) {
		engine->exhausted = true;
		connection->phase = PHASE_IDLE;
		return;
	}
	connection->index = engine->next_index++;
	connection->began_ns = now_ns();
	connection->written = 0;
	connection->in_len = 0;
	engine->waiting++;
	if (connection->fd == -1) {
		dial(connection);
		return;
	}
	connection->phase = PHASE_WRITE;
	watch(connection, EPOLLOUT, EPOLL_CTL_MOD);
}

/* The whole answer's length, 0 while it isn't known. */
static size_t answer_length(const struct engine_connection *connection, size_t *ret_head)
{
	const char *end =
		connection->in_len == 0 ? NULL : memmem(connection->in, connection->in_len, "\r\n\r\n", 4);
	const char *field;

	if (end == NULL)
		return 0;
	*ret_head = (size_t)(end - connection->in) + 4;
	field = strcasestr(connection->in, "\r\ncontent-length:");
	if (field == NULL || field > end)
		return *ret_head;
	return *ret_head + strtoul(field + 17, NULL, 10);
}

/* True where the connection began another request at once. */
static bool finish(struct engine_connection *connection, size_t head, size_t whole)
{
	struct engine *engine = connection->engine;
	struct engine_answer answer = { .connection = connection,
		.index = connection->index,
		.began_ns = connection->began_ns,
		.ended_ns = now_ns(),
		.head = connection->in,
		.body = (const uint8_t *)connection->in + head,
		.body_len = whole - head };

	if (strtoul(connection->in + 9, NULL, 10) != connection->request.expect_status) {
		fprintf(stderr, "load: unexpected answer:\n%.*s\n", (int)connection->in_len, connection->in);
		exit(1);
	}
	engine->waiting--;
	if (!engine->options.keep_alive)
		hang_up(connection);
	engine->options.answered(engine->options.context, &answer);
	begin(connection);
	return true;
}

static void step_read(struct engine_connection *connection)
{
	for (;;) {
		size_t head = 0, whole;
		int got;

		if (connection->in_len + FIRST_ROOM > connection->in_room) {
			connection->in_room = connection->in_room * 2 + FIRST_ROOM;
			connection->in = realloc(connection->in, connection->in_room + 1);
			if (connection->in == NULL)
				fail("memory");
		}
		got = SSL_read(connection->ssl, connection->in + connection->in_len,
			(int)(connection->in_room - connection->in_len));
		if (got <= 0) {
			if (again(connection, got))
				return;
			fail("the server closed before its answer was whole");
		}
		connection->in_len += (size_t)got;
		connection->in[connection->in_len] = '\0';
		whole = answer_length(connection, &head);
		if (whole != 0 && connection->in_len >= whole && finish(connection, head, whole))
			return;
	}
}

static void step_write(struct engine_connection *connection)
{
	const struct engine_request *request = &connection->request;

	while (connection->written < request->head_len + request->body_len) {
		bool in_head = connection->written < request->head_len;
		const void *from =
			in_head ? (const void *)(request->head + connection->written)
				: (const void *)(request->body + (connection->written - request->head_len));
		size_t left = (in_head ? request->head_len : request->head_len + request->body_len) -
			      connection->written;
		int put = SSL_write(connection->ssl, from, (int)left);

		if (put <= 0) {
			if (again(connection, put))
				return;
			fail("write");
		}
		connection->written += (size_t)put;
	}
	connection->phase = PHASE_READ;
	step_read(connection);
}

static void step(struct engine_connection *connection)
{
	int result;

	switch (connection->phase) {
	case PHASE_CONNECT:
	case PHASE_HANDSHAKE:
		connection->phase = PHASE_HANDSHAKE;
		result = SSL_do_handshake(connection->ssl);
		if (result != 1) {
			if (!again(connection, result))
				fail("handshake");
			return;
		}
		connection->phase = PHASE_WRITE;
		step_write(connection);
		return;
	case PHASE_WRITE:
		step_write(connection);
		return;
	case PHASE_READ:
		step_read(connection);
		return;
	case PHASE_IDLE:
		return;
	}
}

void engine_wake(struct engine *engine)
{
	engine->exhausted = false;
	for (unsigned i = 0; i < engine->options.connections && !engine->exhausted; i++) {
		if (engine->connections[i].phase == PHASE_IDLE)
			begin(&engine->connections[i]);
	}
}

void engine_run(struct engine *engine, uint64_t stop_ns)
{
	struct epoll_event events[256];

	engine_wake(engine);
	while (engine->waiting > 0) {
		int count = epoll_wait(engine->epoll, events, 256,
			stop_ns > now_ns() ? (int)((stop_ns - now_ns()) / 1000000u) + 1 : 0);

		for (int i = 0; i < count; i++)
			step(events[i].data.ptr);
		if (now_ns() >= stop_ns)
			return;
	}
}

unsigned engine_waiting(const struct engine *engine)
{
	return engine->waiting;
}

void engine_free(struct engine *engine)
{
	for (unsigned i = 0; i < engine->options.connections; i++) {
		hang_up(&engine->connections[i]);
		free(engine->connections[i].in);
	}
	free(engine->connections);
	SSL_CTX_free(engine->tls);
	close(engine->epoll);
	free(engine);
}
