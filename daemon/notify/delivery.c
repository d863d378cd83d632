/* one wake-up after the other: words, an address, a transfer */
#include "delivery.h"

#include "base/log.h"
#include "keys/clock.h"
#include "resolver.h"
#include "transfer.h"
#include "wake_words.h"

#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 4096
/* Between two starts of the command: the supervisor runs it once a second. */
#define COMMAND_PAUSE_MS 1100

struct delivery {
	struct delivery *next;
	struct deliveries *all;
	uint64_t number;
	bool is_forgotten;
	struct delivery *next_command; /* in the list of those who wait, or whose command runs */
	enum wake_kind kind;
	char address[WAKE_ADDRESS_SIZE];
	struct host_port server;
	struct buffer body;
	const char *content_type;
};

struct deliveries {
	const struct notify_settings *settings;
	struct resolver *resolver;
	struct transfers *transfers;
	struct delivery *first;
	/* It is one command for everybody and is told nothing: one run wakes all who waited when it began. */
	bool runs;
	struct delivery *waiting, *running;
	int64_t ran_ms; /* when it was started last */
	struct event *next_run;
	delivery_told *told;
	delivery_run *run;
	void *context;
};

static void on_next_run(evutil_socket_t fd, short what, void *context);

struct deliveries *deliveries_new(struct event_base *base, const struct notify_settings *settings,
	delivery_told *told, delivery_run *run, void *context)
{
	struct deliveries *deliveries = calloc(1, sizeof *deliveries);
	if (deliveries == NULL)
		return NULL;
	*deliveries = (struct deliveries){ .settings = settings,
		.resolver = resolver_new(base),
		.transfers = transfers_new(base, settings),
		.ran_ms = -COMMAND_PAUSE_MS,
		.told = told,
		.run = run,
		.context = context };
	deliveries->next_run = evtimer_new(base, on_next_run, deliveries);
	if (deliveries->resolver == NULL || deliveries->transfers == NULL || deliveries->next_run == NULL) {
		deliveries_free(deliveries);
		return NULL;
	}
	return deliveries;
}

static void delivery_free(struct delivery *delivery)
{
	struct delivery **at = &delivery->all->first;
	while (*at != delivery)
		at = &(*at)->next;
	*at = delivery->next;
	buffer_free(&delivery->body);
	sodium_memzero(delivery->address, sizeof delivery->address);
	free(delivery);
}

/* A look for an address that is under way must not come back to what is gone: the process ends with it. */
void deliveries_free(struct deliveries *deliveries)
{
	if (deliveries == NULL)
		return;
	transfers_free(deliveries->transfers);
	resolver_free(deliveries->resolver);
	if (deliveries->next_run != NULL)
		event_free(deliveries->next_run);
	while (deliveries->first != NULL)
		delivery_free(deliveries->first);
	free(deliveries);
}

static void finish(struct delivery *delivery, enum wake_outcome outcome)
{
	struct deliveries *deliveries = delivery->all;
	const uint64_t number = delivery->number;
	const bool is_forgotten = delivery->is_forgotten;
	delivery_free(delivery);
	if (!is_forgotten)
		deliveries->told(deliveries->context, number, outcome);
}

static void on_transferred(void *context, enum wake_outcome outcome)
{
	finish(context, outcome);
}

/* addresses NULL: none was found, or the proxy looks. */
static void transfer(struct delivery *delivery, const char *addresses)
{
	const struct transfer_request request = { .server = delivery->server,
		.addresses = addresses,
		.to = delivery->kind == WAKE_SMTP ? delivery->address : NULL,
		.url = delivery->address,
		.content_type = delivery->content_type,
		.body = delivery->body.data,
		.len = delivery->body.len };
	if (transfers_start(delivery->all->transfers, &request, on_transferred, delivery) != 0)
		finish(delivery, WAKE_LATER);
}

static void on_found(void *context, const char *addresses)
{
	struct delivery *delivery = context;
	if (addresses != NULL) {
		transfer(delivery, addresses);
		return;
	}
	log_event(LOG_WARNING, "wake_failed", "by=%s refused=no reason=\"its server's name isn't known\"",
		delivery->kind == WAKE_SMTP ? "smtp" : "webhook");
	finish(delivery, WAKE_LATER);
}

static int compose_mail(struct delivery *delivery, const char *words)
{
	const struct notify_settings *settings = delivery->all->settings;
	struct mail mail = {
		.from = settings->from, .to = delivery->address, .words = words, .now = clock_wall_seconds()
	};
	randombytes_buf(mail.id, sizeof mail.id);
	delivery->server = settings->smtp;
	return wake_mail(&mail, &delivery->body);
}

static int compose_post(struct delivery *delivery, const char *words)
{
	struct server_url url;
	struct fault fault;
	const char *host = delivery->address + strlen("https://");
	const size_t len = (size_t)(host - delivery->address) + strcspn(host, "/?");
	if (server_url_parse_address(delivery->address, len, &url, &fault) != 0)
		return -1;
	memcpy(delivery->server.host, url.host, sizeof delivery->server.host);
	delivery->server.port = url.port;
	return wake_body(delivery->kind, words, &delivery->body, &delivery->content_type);
}

static bool is_set_up(const struct notify_settings *settings, enum wake_kind kind)
{
	return kind == WAKE_SMTP ? settings->has_smtp : kind == WAKE_COMMAND ? true : settings->has_webhooks;
}

static void end_commanded(struct delivery *list, enum wake_outcome outcome)
{
	while (list != NULL) {
		struct delivery *delivery = list;
		list = delivery->next_command;
		finish(delivery, outcome);
	}
}

static void end_waiting(struct deliveries *deliveries)
{
	struct delivery *list = deliveries->waiting;
	deliveries->waiting = NULL;
	end_commanded(list, WAKE_LATER);
}

static void start_later(struct deliveries *deliveries, int64_t in_ms)
{
	const struct timeval time = { .tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000 };
	if (evtimer_add(deliveries->next_run, &time) != 0)
		end_waiting(deliveries);
}

/* For all who wait. What is asked for while it runs waits for the next run: that one may have rung already.
 */
static void start_command(struct deliveries *deliveries)
{
	const int64_t ready_in = deliveries->ran_ms + COMMAND_PAUSE_MS - clock_boot_ms();
	if (deliveries->runs || deliveries->waiting == NULL)
		return;
	if (ready_in > 0) {
		start_later(deliveries, ready_in);
		return;
	}
	if (deliveries->run(deliveries->context) != 0) {
		end_waiting(deliveries);
		return;
	}
	deliveries->runs = true;
	deliveries->ran_ms = clock_boot_ms();
	deliveries->running = deliveries->waiting;
	deliveries->waiting = NULL;
}

static void on_next_run(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	start_command(context);
}

static void go(struct delivery *delivery, const struct message_wake *wake)
{
	const struct notify_settings *settings = delivery->all->settings;
	struct buffer words = buffer_of(WAKE_WORDS_MAX);
	int rc = wake_words(settings, wake->desk, wake->urgency, &words);
	if (rc == 0)
		rc = wake->kind == WAKE_SMTP ? compose_mail(delivery, buffer_text(&words))
					     : compose_post(delivery, buffer_text(&words));
	buffer_free(&words);
	if (rc != 0)
		finish(delivery, WAKE_LATER);
	else if (settings->proxy != NULL)
		transfer(delivery, NULL);
	else
		resolver_look_up(delivery->all->resolver, delivery->server.host, on_found, delivery);
}

void deliveries_begin(struct deliveries *deliveries, const struct message_wake *wake)
{
	struct delivery *delivery = calloc(1, sizeof *delivery);
	if (delivery == NULL) {
		deliveries->told(deliveries->context, wake->number, WAKE_LATER);
		return;
	}
	*delivery = (struct delivery){ .next = deliveries->first,
		.all = deliveries,
		.number = wake->number,
		.kind = wake->kind,
		.body = buffer_of(BODY_MAX) };
	memcpy(delivery->address, wake->address, strlen(wake->address));
	deliveries->first = delivery;
	if (!is_set_up(deliveries->settings, wake->kind)) {
		finish(delivery, WAKE_REFUSED);
	} else if (wake->kind == WAKE_COMMAND) {
		delivery->next_command = deliveries->waiting;
		deliveries->waiting = delivery;
		start_command(deliveries);
	} else {
		go(delivery, wake);
	}
}

int deliveries_ran(struct deliveries *deliveries, bool done)
{
	if (!deliveries->runs)
		return -1;
	struct delivery *list = deliveries->running;
	deliveries->runs = false;
	deliveries->running = NULL;
	end_commanded(list, done ? WAKE_DELIVERED : WAKE_LATER);
	start_command(deliveries);
	return 0;
}

void deliveries_forget(struct deliveries *deliveries)
{
	for (struct delivery *at = deliveries->first; at != NULL; at = at->next)
		at->is_forgotten = true;
}
