/* The control socket: one request a connection, checked, run, answered. */
#include "control.h"

#include "audit.h"

#include "base/log.h"
#include "control_authority.h"
#include "proto/json.h"
#include "store_state.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define CONNECTIONS_MAX 16 /* people at one machine's keyboard, and their scripts */
#define REQUEST_SECONDS 10 /* a request is a few hundred bytes, over no network */
#define TAKE_SECONDS    60 /* a client that takes nothing of a body for so long is gone */
#define BODY_HIGH_WATER (1024 * 1024)
#define BODY_LOW_WATER  (256 * 1024)
#define RETRY_MS                                                                                             \
	100          /* after accept() failed (no descriptors, no memory) it is tried again this much later  \
		      */
#define FRAME_MORE 8 /* length and kind, rounded up */

struct connection {
	struct control_call call; /* first: a call is its connection */
	struct connection *next;
	struct control *control;
	struct bufferevent *stream;
	bool running; /* the request has been taken */
	bool ended;   /* its last frame is on its way */
	bool wants_more;
	unsigned int holds; /* it is freed once nobody holds it any more */
};

struct control {
	struct store *store;
	struct event *readable;
	struct event *retry;
	int fd;
	struct connection *connections;
	unsigned int count;
};

static struct connection *connection_of(struct control_call *call)
{
	return (struct connection *)call;
}

/* The client's side is over. */
static void connection_free(struct connection *connection)
{
	struct control *control = connection->control;
	struct connection **link = &control->connections;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	if (control->count-- == CONNECTIONS_MAX)
		event_add(control->readable, NULL);
	bufferevent_free(connection->stream);
	connection->stream = NULL;
	if (connection->call.drop != NULL)
		connection->call.drop(&connection->call);
	connection->call.drop = NULL;
	if (connection->holds == 0)
		free(connection);
}

void control_hold(struct control_call *call)
{
	connection_of(call)->holds++;
}

void control_release(struct control_call *call)
{
	struct connection *connection = connection_of(call);

	if (--connection->holds == 0 && connection->stream == NULL)
		free(connection);
}

/* What acts say */

static void put_frame(struct control_call *call, enum control_kind kind, const void *content, size_t len)
{
	struct buffer frame = buffer_of(CONTROL_JSON_MAX + FRAME_MORE);
	struct connection *connection = connection_of(call);

	if (connection->stream == NULL)
		return;
	if (control_answer_put(&frame, kind, content, len) != 0 ||
		bufferevent_write(connection->stream, frame.data, frame.len) != 0)
		log_plain(LOG_ERROR, "control_answer_lost"); /* the client sees an answer without an end */
	buffer_free(&frame);
}

static void put_json(struct control_call *call, enum control_kind kind, json_t *json)
{
	struct buffer text = buffer_of(CONTROL_JSON_MAX);

	if (json != NULL && json_put(json, &text) == 0)
		put_frame(call, kind, text.data, text.len);
	else
		log_plain(LOG_ERROR, "control_answer_lost");
	json_decref(json);
	buffer_free(&text);
}

/* The connection goes once its last frame has left. */
static void end(struct control_call *call)
{
	struct connection *connection = connection_of(call);

	if (connection->stream == NULL || connection->ended)
		return; /* drop has been called */
	connection->ended = true;
	if (call->drop != NULL)
		call->drop(call);
	call->drop = NULL;
	connection->wants_more = false;
	bufferevent_setwatermark(connection->stream, EV_WRITE, 0, 0);
	/* Where a frame was lost, nothing may be left to be written: the client isn't kept waiting for it. */
	bufferevent_trigger(
		connection->stream, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

const char *control_value(const struct control_call *call, const char *name)
{
	return control_argument(&call->request, name);
}

void control_progress(struct control_call *call, json_t *json)
{
	put_json(call, CONTROL_PROGRESS, json);
}

void control_done(struct control_call *call, json_t *json)
{
	log_event(LOG_INFO, "control_done", "act=%s", call->request.act);
	put_json(call, CONTROL_DONE, json);
	end(call);
}

void control_refuse(struct control_call *call, int code, const char *format, ...)
{
	struct control_refusal refusal = { .code = code };
	struct buffer text = buffer_of(CONTROL_JSON_MAX);
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(refusal.fault.text, sizeof refusal.fault.text, format, arguments) < 0)
		refusal.fault.text[0] = '\0';
	va_end(arguments);
	log_event(LOG_WARNING, "control_refused", "act=%s status=%d",
		connection_of(call)->running ? call->request.act : "-", code);
	if (control_refusal_write(&refusal, &text) == 0)
		put_frame(call, CONTROL_REFUSED, text.data, text.len);
	buffer_free(&text);
	end(call);
}

bool control_body(struct control_call *call, const void *data, size_t len)
{
	put_frame(call, CONTROL_BODY, data, len);
	return connection_of(call)->stream == NULL ||
	       evbuffer_get_length(bufferevent_get_output(connection_of(call)->stream)) < BODY_HIGH_WATER;
}

void control_want_more(struct control_call *call)
{
	struct connection *connection = connection_of(call);

	if (connection->stream == NULL)
		return;
	connection->wants_more = true;
	bufferevent_setwatermark(connection->stream, EV_WRITE, BODY_LOW_WATER, 0);
	bufferevent_trigger(connection->stream, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

/* Connections */

static void run(struct connection *connection, struct reader *content)
{
	struct control_call *call = &connection->call;
	const struct timeval take = { .tv_sec = TAKE_SECONDS };
	struct control_refusal refusal;

	connection->running = true;
	bufferevent_set_timeouts(connection->stream, NULL, &take);
	if (control_request_get(content, &call->request) != 0) {
		connection->running = false;
		control_refuse(call, EX_PROTOCOL,
			"this is no request that the daemon knows: use programs of one version");
		return;
	}
	const struct control_act *act = control_act_of(call->request.act);

	if (act == NULL) {
		control_refuse(
			call, EX_PROTOCOL, "the daemon doesn't know this act: use programs of one version");
	} else if (control_authority_check(call, act, &refusal) != 0) {
		control_refuse(call, refusal.code, "%s", refusal.fault.text);
	} else if (audit_act(call) == 0) {
		log_event(LOG_INFO, "control_act", "act=%s admins=%zu", act->name, call->admin_count);
		act->run(call);
	}
}

static void on_read(struct bufferevent *stream, void *context)
{
	struct connection *connection = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t len = evbuffer_get_length(input);
	struct reader in = reader_of(len > 0 ? evbuffer_pullup(input, -1) : NULL, len), content;
	enum control_kind kind;

	/* Nothing more is asked for here. (A bound of libevent's own would end us where memory is short.) */
	if (connection->running || connection->ended) {
		(void)evbuffer_drain(input, len);
		return;
	}
	const int whole = control_frame_next(&in, &kind, &content);

	if (whole < 0 || (whole > 0 && (kind != CONTROL_REQUEST || in.left > 0)) ||
		(whole == 0 && len > CONTROL_REQUEST_MAX + FRAME_MORE))
		connection_free(connection);
	else if (whole > 0)
		run(connection, &content);
}

static void on_written(struct bufferevent *stream, void *context)
{
	struct connection *connection = context;

	if (connection->ended) {
		if (evbuffer_get_length(bufferevent_get_output(stream)) == 0)
			connection_free(connection);
		return;
	}
	if (!connection->wants_more || evbuffer_get_length(bufferevent_get_output(stream)) > BODY_LOW_WATER)
		return;
	connection->wants_more = false;
	connection->call.more(&connection->call);
}

/* The client has left, or doesn't take its answer. */
static void on_event(struct bufferevent *stream, short what, void *context)
{
	(void)stream;
	(void)what;
	connection_free(context);
}

static struct connection *connection_new(struct control *control, int fd)
{
	const struct timeval whole = { .tv_sec = REQUEST_SECONDS };
	struct connection *connection = calloc(1, sizeof *connection);

	if (connection == NULL)
		goto refused;
	connection->call.store = control->store;
	connection->control = control;
	connection->stream = bufferevent_socket_new(control->store->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (connection->stream == NULL)
		goto refused;
	bufferevent_setcb(connection->stream, on_read, on_written, on_event, connection);
	bufferevent_set_timeouts(connection->stream, &whole, NULL);
	if (bufferevent_enable(connection->stream, EV_READ | EV_WRITE) != 0) {
		bufferevent_free(connection->stream);
		free(connection);
		return NULL;
	}
	return connection;
refused:
	free(connection);
	close(fd);
	return NULL;
}

/* Whoever waits in the queue would wake the loop at once, again and again. */
static void pause_listening(struct control *control)
{
	const struct timeval wait = { .tv_usec = RETRY_MS * 1000 };

	log_event(LOG_WARNING, "control_accept_failed", "errno=%d", errno);
	if (evtimer_add(control->retry, &wait) == 0)
		(void)event_del(control->readable);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
	struct control *control = context;

	(void)fd;
	(void)what;
	if (control->count < CONNECTIONS_MAX && event_add(control->readable, NULL) != 0)
		pause_listening(control);
}

static void on_connection(evutil_socket_t listening, short what, void *context)
{
	struct control *control = context;
	const int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *connection;

	(void)what;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_listening(control);
		return;
	}
	connection = connection_new(control, fd);
	if (connection == NULL)
		return;
	connection->next = control->connections;
	control->connections = connection;
	if (++control->count == CONNECTIONS_MAX)
		event_del(control->readable); /* others wait in the socket's queue */
}

int control_listen(struct store *store, int fd)
{
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL || evutil_make_socket_nonblocking(fd) != 0)
		goto refused;
	control->store = store;
	control->fd = fd;
	control->readable = event_new(store->base, fd, EV_READ | EV_PERSIST, on_connection, control);
	control->retry = evtimer_new(store->base, on_retry, control);
	if (control->retry == NULL || control->readable == NULL ||
		event_priority_set(control->readable, 1) != 0 || event_add(control->readable, NULL) != 0)
		goto refused;
	control_free(store->control);
	store->control = control;
	return 0;
refused:
	if (control != NULL && control->readable != NULL)
		event_free(control->readable);
	if (control != NULL && control->retry != NULL)
		event_free(control->retry);
	free(control);
	close(fd);
	return -1;
}

void control_free(struct control *control)
{
	if (control == NULL)
		return;
	for (struct connection *connection = control->connections, *next; connection != NULL;
		connection = next) {
		next = connection->next;
		connection_free(connection);
	}
	event_free(control->readable);
	event_free(control->retry);
	close(control->fd);
	free(control);
}
