#include "notify/notify.h"

#include "base/log.h"
#include "base/sandbox.h"
#include "channel/setup.h"
#include "delivery.h"
#include "keys/clock.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>

#define REPORT_EVERY_SECONDS 3600 /* counts by the hour tell little */

struct notify {
	struct event_base *base;
	struct channel *supervisor;
	struct channel *store;
	struct notify_settings settings;
	struct deliveries *deliveries;
	uint64_t delivered, failed; /* since it was last reported */
	int exit_code;
};

/* How many, not for whom: which desk is alerted, and when, is nobody's business who can read a log. */
static void report(struct notify *notify)
{
	if (notify->delivered + notify->failed > 0)
		log_event(LOG_INFO, "wakes", "delivered=%" PRIu64 " failed=%" PRIu64, notify->delivered,
			notify->failed);
	notify->delivered = 0;
	notify->failed = 0;
}

static void on_hour(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	report(context);
}

static void on_told(void *context, uint64_t number, enum wake_outcome outcome)
{
	struct notify *notify = context;
	const struct message_woken woken = { .number = number, .outcome = outcome };
	if (outcome == WAKE_DELIVERED)
		notify->delivered++;
	else
		notify->failed++;
	if (notify->store != NULL && message_woken_put(channel_out(notify->store), &woken) != 0)
		log_plain(LOG_WARNING, "outcome_not_told");
}

static int ask_to_run(void *context)
{
	struct notify *notify = context;
	return message_empty_put(channel_out(notify->supervisor), MESSAGE_RUN);
}

static int on_store_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct notify *notify = context;
	struct message_wake wake;
	(void)passed_fd; /* no rule lets the store pass one */
	if (type != MESSAGE_WAKE || message_wake_get(message, &wake) != 0)
		return -1;
	deliveries_begin(notify->deliveries, &wake);
	return 0;
}

static void on_store_ended(void *context, const char *reason)
{
	struct notify *notify = context;
	log_event(LOG_WARNING, "store_channel_ended", "reason=\"%s\"", reason);
	channel_free(notify->store);
	notify->store = NULL;
	deliveries_forget(notify->deliveries);
}

/* A store that was started anew: its channel takes the place of the old one's. */
static int take_store(struct notify *notify, int fd)
{
	const struct channel_options options = { .base = notify->base,
		.fd = fd,
		.me = ROLE_NOTIFY,
		.peer = ROLE_STORE,
		.on_message = on_store_message,
		.on_ended = on_store_ended,
		.context = notify };
	channel_free(notify->store);
	deliveries_forget(notify->deliveries);
	notify->store = channel_new(&options);
	return notify->store != NULL ? 0 : -1;
}

static int on_supervisor_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct notify *notify = context;
	struct message_socket socket;
	struct message_ran ran;
	switch (type) {
	case MESSAGE_SOCKET:
		if (message_socket_get(message, &socket) != 0 || socket.kind != SOCKET_STORE)
			return -1;
		return take_store(notify, passed_fd);
	case MESSAGE_RAN:
		return message_ran_get(message, &ran) != 0 ? -1
							   : deliveries_ran(notify->deliveries, ran.done);
	case MESSAGE_DRAIN:
		if (message_empty_get(message) != 0)
			return -1;
		return event_base_loopexit(notify->base, NULL);
	default:
		return -1;
	}
}

static void on_supervisor_ended(void *context, const char *reason)
{
	struct notify *notify = context;
	log_event(LOG_INFO, "supervisor_channel_ended", "reason=\"%s\"", reason);
	notify->exit_code = EX_UNAVAILABLE;
	event_base_loopbreak(notify->base);
}

static int run(struct notify *notify, int supervisor_fd, int store_fd)
{
	const struct channel_options options = { .base = notify->base,
		.fd = supervisor_fd,
		.me = ROLE_NOTIFY,
		.peer = ROLE_SUPERVISOR,
		.on_message = on_supervisor_message,
		.on_ended = on_supervisor_ended,
		.context = notify };
	const struct timeval hour = { .tv_sec = REPORT_EVERY_SECONDS };
	struct event *timer = event_new(notify->base, -1, EV_PERSIST, on_hour, notify);
	notify->supervisor = channel_new(&options);
	if (timer == NULL || event_add(timer, &hour) != 0 || notify->supervisor == NULL ||
		(store_fd >= 0 && take_store(notify, store_fd) != 0) ||
		message_empty_put(channel_out(notify->supervisor), MESSAGE_READY) != 0)
		notify->exit_code = EX_OSERR;
	else if (event_base_dispatch(notify->base) < 0)
		notify->exit_code = EX_SOFTWARE;
	report(notify);
	if (timer != NULL)
		event_free(timer);
	channel_free(notify->store);
	channel_free(notify->supervisor);
	return notify->exit_code;
}

/* All that needs a file or makes a descriptor of its own kind, before the lock-in. */
static int prepare(struct notify *notify, struct setup *setup, struct fault *fault)
{
	const struct sandbox_options options = { .allow_no_landlock = setup_yes(setup, "allow_no_landlock") };
	notify->base = event_base_new();
	if (notify_settings_take(setup, &notify->settings, fault) != 0 || clock_open(fault) != 0)
		return -1;
	notify->deliveries = notify->base != NULL ? deliveries_new(notify->base, &notify->settings, on_told,
							    ask_to_run, notify)
						  : NULL;
	if (notify->deliveries == NULL)
		return fault_set(fault, "no memory");
	return setup_settle(setup, fault) != 0 ? -1 : sandbox_notify(&options, fault);
}

int notify_main(int supervisor_fd)
{
	struct notify notify = { .exit_code = EX_OK };
	struct setup *setup = NULL;
	struct fault fault;
	if (setup_receive(supervisor_fd, ROLE_NOTIFY, &setup, &fault) != 0)
		return setup_failed(supervisor_fd, EX_PROTOCOL, &fault);
	const int store_fd = setup_socket(setup, SOCKET_STORE);
	const int prepared = prepare(&notify, setup, &fault);
	setup_free(setup);
	if (prepared != 0)
		notify.exit_code = setup_failed(supervisor_fd, EX_OSERR, &fault);
	else
		notify.exit_code = run(&notify, supervisor_fd, store_fd);
	deliveries_free(notify.deliveries);
	notify_settings_free(&notify.settings);
	if (notify.base != NULL)
		event_base_free(notify.base);
	return notify.exit_code;
}
