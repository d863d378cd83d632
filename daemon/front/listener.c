#include "listener.h"

#include "base/log.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <stdlib.h>
#include <unistd.h>

/* After accept() failed (no descriptors, no memory) it is tried again this much later. */
#define RETRY_MS 100
#define SWEEP_SECONDS                                                                                        \
	10 /* between two looks for address groups that may be forgotten, and memory to give back */
#define MS_PER_SECOND 1000
#define US_PER_MS     1000

struct listener {
	struct front *front;
	struct limits *limits;
	struct evconnlistener *socket;
	struct event *retry;
	struct event *sweep;
	struct evutil_monotonic_timer *clock;
};

static int64_t now_ms(struct listener *listener)
{
	struct timeval now = { 0, 0 };
	if (evutil_gettime_monotonic(listener->clock, &now) != 0)
		return 0;
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_usec / US_PER_MS;
}

/* At the cap new connections wait in the kernel, instead of being accepted to be closed. */
static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address,
	int address_len, void *context)
{
	struct listener *listener = context;
	struct connection_place place = { .limits = listener->limits };
	(void)address_len;
	if (limits_admit(listener->limits, address, now_ms(listener), &place.group) != 0) {
		listener->front->turned_away++;
		close(fd);
	} else if (connection_accept(listener->front, fd, &place) != 0) {
		log_plain(LOG_WARNING, "connection-refused");
	} else {
		listener->front->taken++;
	}
	if (limits_full(listener->limits))
		evconnlistener_disable(socket);
}

static void on_error(struct evconnlistener *socket, void *context)
{
	struct listener *listener = context;
	const struct timeval wait = { .tv_usec = RETRY_MS * US_PER_MS };
	log_plain(LOG_WARNING, "accept-failed");
	evconnlistener_disable(socket);
	evtimer_add(listener->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	listener_room(context);
}

static void on_sweep(evutil_socket_t fd, short what, void *context)
{
	struct listener *listener = context;
	(void)fd;
	(void)what;
	limits_sweep(listener->limits, now_ms(listener));
	connections_give_back(listener->front);
}

struct listener *listener_new(struct front *front, int fd, struct limits *limits)
{
	const struct timeval sweep = { .tv_sec = SWEEP_SECONDS };
	struct listener *listener = calloc(1, sizeof *listener);
	if (listener == NULL || (listener->clock = evutil_monotonic_timer_new()) == NULL ||
		evutil_configure_monotonic_time(listener->clock, 0) != 0 ||
		(listener->retry = evtimer_new(front->base, on_retry, listener)) == NULL ||
		(listener->sweep = event_new(front->base, -1, EV_PERSIST, on_sweep, listener)) == NULL ||
		evtimer_add(listener->sweep, &sweep) != 0)
		goto refused;
	listener->front = front;
	listener->limits = limits;
	listener->socket = evconnlistener_new(
		front->base, on_accept, listener, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (listener->socket == NULL)
		goto refused;
	evconnlistener_set_error_cb(listener->socket, on_error);
	return listener;
refused:
	close(fd);
	listener_free(listener);
	return NULL;
}

void listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	if (listener->socket != NULL)
		evconnlistener_free(listener->socket);
	if (listener->retry != NULL)
		event_free(listener->retry);
	if (listener->sweep != NULL)
		event_free(listener->sweep);
	if (listener->clock != NULL)
		evutil_monotonic_timer_free(listener->clock);
	free(listener);
}

void listener_room(struct listener *listener)
{
	if (!limits_full(listener->limits) && !evtimer_pending(listener->retry, NULL))
		evconnlistener_enable(listener->socket);
}
