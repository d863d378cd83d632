#include "metrics_socket.h"

#include "base/log.h"
#include "metrics_text.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX  8 /* a scraper, a health check, a person with curl */
#define REQUEST_MAX  8192
#define WAIT_SECONDS 5
#define RETRY_MS                                                                                             \
	100 /* after accept() failed (no descriptors, no memory) it is tried again this much later           \
	     */

struct client {
	struct client *next;
	struct metrics_socket *metrics;
	struct bufferevent *line;
	bool answered;
};

struct metrics_socket {
	struct event_base *base;
	const struct family *family;
	struct event *listener;
	struct event *retry;
	struct client *clients;
	size_t count;
};

static void client_free(struct client *client)
{
	struct client **link = &client->metrics->clients;
	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->metrics->count--;
	bufferevent_free(client->line); /* closes its socket */
	free(client);
}

static bool starts(const uint8_t *data, size_t len, const char *with)
{
	const size_t wanted = strlen(with);
	return len >= wanted && bytes_equal(data, (const uint8_t *)with, wanted);
}

enum metrics_wish metrics_wish_of(const uint8_t *data, size_t len, bool *ret_head_only)
{
	const bool is_head = starts(data, len, "HEAD ");
	const size_t behind = is_head ? 5 : 4;
	*ret_head_only = is_head;
	if (memmem(data, len, "\r\n\r\n", 4) == NULL && memmem(data, len, "\n\n", 2) == NULL)
		return METRICS_MORE;
	if (!is_head && !starts(data, len, "GET "))
		return METRICS_NOT_GET;
	if (starts(data + behind, len - behind, "/metrics "))
		return METRICS_METRICS;
	return starts(data + behind, len - behind, "/health ") ? METRICS_HEALTH : METRICS_UNKNOWN;
}

struct reply {
	const char *status, *type;
	struct buffer body;
};

static void fill(const struct family *family, enum metrics_wish wish, struct reply *reply)
{
	reply->type = "text/plain; charset=utf-8";
	switch (wish) {
	case METRICS_METRICS:
		reply->status = "200 OK";
		reply->type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_write(family, &reply->body);
		break;
	case METRICS_HEALTH:
		reply->status = health_write(family, &reply->body) ? "200 OK" : "503 Service Unavailable";
		break;
	case METRICS_UNKNOWN:
		reply->status = "404 Not Found";
		buffer_put_string(&reply->body, "there are /metrics and /health\n");
		break;
	default:
		reply->status = "405 Method Not Allowed";
		buffer_put_string(&reply->body, "only GET and HEAD\n");
		break;
	}
}

static void answer(struct client *client, enum metrics_wish wish, bool head_only)
{
	struct reply reply = { .body = buffer_of(METRICS_MAX) };
	struct evbuffer *out = bufferevent_get_output(client->line);
	client->answered = true;
	bufferevent_disable(client->line, EV_READ);
	fill(client->metrics->family, wish, &reply);
	if (buffer_ok(&reply.body) != 0 ||
		evbuffer_add_printf(out,
			"HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			reply.status, reply.type, reply.body.len) < 0 ||
		(!head_only && evbuffer_add(out, reply.body.data, reply.body.len) != 0))
		client_free(client);
	buffer_free(&reply.body);
}

static void on_read(struct bufferevent *line, void *context)
{
	struct client *client = context;
	struct evbuffer *in = bufferevent_get_input(line);
	const size_t len = evbuffer_get_length(in);
	const uint8_t *data = evbuffer_pullup(in, -1);
	bool head_only = false;
	enum metrics_wish wish = data == NULL ? METRICS_MORE : metrics_wish_of(data, len, &head_only);
	if (wish == METRICS_MORE && len >= REQUEST_MAX)
		client_free(client);
	else if (wish != METRICS_MORE)
		answer(client, wish, head_only);
}

static void on_written(struct bufferevent *line, void *context)
{
	struct client *client = context;
	(void)line;
	if (client->answered)
		client_free(client);
}

static void on_end(struct bufferevent *line, short what, void *context)
{
	(void)line;
	(void)what;
	client_free(context);
}

static void take(struct metrics_socket *metrics, int fd)
{
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	struct client *client = metrics->count < CLIENTS_MAX ? calloc(1, sizeof *client) : NULL;
	struct bufferevent *line =
		client == NULL ? NULL : bufferevent_socket_new(metrics->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (line == NULL) {
		free(client);
		close(fd);
		return;
	}
	client->metrics = metrics;
	client->line = line;
	client->next = metrics->clients;
	metrics->clients = client;
	metrics->count++;
	bufferevent_setcb(line, on_read, on_written, on_end, client);
	if (bufferevent_set_timeouts(line, &wait, &wait) != 0 ||
		bufferevent_enable(line, EV_READ | EV_WRITE) != 0)
		client_free(client);
}

/* Whoever waits in the queue would wake the loop at once, again and again. */
static void pause_listening(struct metrics_socket *metrics)
{
	const struct timeval wait = { .tv_usec = RETRY_MS * 1000 };
	log_plain(LOG_WARNING, "metrics_accept_failed");
	if (evtimer_add(metrics->retry, &wait) == 0)
		(void)event_del(metrics->listener);
}

static void on_connection(evutil_socket_t fd, short what, void *context)
{
	const int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	(void)what;
	if (client >= 0)
		take(context, client);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		pause_listening(context);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
	struct metrics_socket *metrics = context;
	(void)fd;
	(void)what;
	if (event_add(metrics->listener, NULL) != 0)
		pause_listening(metrics);
}

struct metrics_socket *metrics_socket_new(struct event_base *base, int fd, const struct family *family)
{
	struct metrics_socket *metrics = calloc(1, sizeof *metrics);
	if (metrics == NULL)
		return NULL;
	metrics->base = base;
	metrics->family = family;
	metrics->listener = event_new(base, fd, EV_READ | EV_PERSIST, on_connection, metrics);
	metrics->retry = evtimer_new(base, on_retry, metrics);
	if (metrics->listener == NULL || metrics->retry == NULL || event_add(metrics->listener, NULL) != 0) {
		metrics_socket_free(metrics);
		return NULL;
	}
	return metrics;
}

void metrics_socket_free(struct metrics_socket *metrics)
{
	if (metrics == NULL)
		return;
	while (metrics->clients != NULL) {
		struct client *client = metrics->clients;
		metrics->clients = client->next;
		bufferevent_free(client->line);
		free(client);
	}
	if (metrics->listener != NULL)
		event_free(metrics->listener);
	if (metrics->retry != NULL)
		event_free(metrics->retry);
	free(metrics);
}
