#include "store_link.h"

#include "base/log.h"
#include "channel/channel.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#define BUCKETS 1024 /* a power of two: ids rise by one */
#define ALONE_SECONDS                                                                                        \
	3 /* a store that is started anew is wired as it starts, and that takes a second at most */

struct store_link {
	struct event_base *base;
	struct channel *channel; /* NULL while there is no store */
	struct event *alone;
	store_link_alone *on_alone;
	void *context;
	uint32_t next_id;
	struct exchange *bucket[BUCKETS];
};

static struct exchange **find(struct store_link *link, uint32_t id)
{
	struct exchange **at = &link->bucket[id % BUCKETS];
	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void forget(struct store_link *link, struct exchange *exchange)
{
	struct exchange **at = find(link, exchange->id);
	*at = exchange->next;
	exchange->next = NULL;
	exchange->open = false;
}

static void lose_all(struct store_link *link)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (link->bucket[i] != NULL) {
			struct exchange *exchange = link->bucket[i];
			forget(link, exchange);
			exchange->ops->on_lost(exchange);
		}
	}
}

static void drop_channel(struct store_link *link)
{
	channel_free(link->channel);
	link->channel = NULL;
	lose_all(link);
}

static void on_ended(void *context, const char *reason)
{
	struct store_link *link = context;
	const struct timeval wait = { .tv_sec = ALONE_SECONDS };
	log_event(LOG_WARNING, "store-lost", "reason=\"%s\"", reason);
	drop_channel(link);
	if (evtimer_add(link->alone, &wait) != 0)
		link->on_alone(link->context);
}

/* Where the channel broke and not the store, nobody would ever bring another. */
static void on_alone(evutil_socket_t fd, short what, void *context)
{
	struct store_link *link = context;
	(void)fd;
	(void)what;
	link->on_alone(link->context);
}

/* The exchange that an id names: NULL for one that isn't open any more. -1 for one that never was. */
static int open_exchange(struct store_link *link, uint32_t id, struct exchange **ret_exchange)
{
	*ret_exchange = *find(link, id);
	/* Behind next_id in a circle of ids lie those that were given out. */
	return *ret_exchange != NULL || (int32_t)(link->next_id - id) > 0 ? 0 : -1;
}

static int on_body_wanted(struct store_link *link, struct reader *message)
{
	struct message_credit credit;
	struct exchange *exchange = NULL;
	if (message_credit_get(message, &credit) != 0 || open_exchange(link, credit.id, &exchange) != 0)
		return -1;
	if (exchange != NULL)
		exchange->ops->on_body_wanted(exchange, credit.bytes);
	return 0;
}

static int on_answer(struct store_link *link, struct reader *message)
{
	struct message_answer answer;
	struct exchange *exchange = NULL;
	if (message_answer_get(message, &answer) != 0 || open_exchange(link, answer.id, &exchange) != 0)
		return -1;
	/* What can't have a body must not promise one. */
	if ((answer.status == 204 || answer.status == 304) && answer.content_length > 0)
		return -1;
	if (exchange == NULL)
		return 0;
	if (exchange->answered)
		return -1;
	exchange->answered = true;
	exchange->answer_left = exchange->no_body ? 0 : answer.content_length;
	bool done = exchange->answer_left == 0;
	if (done)
		forget(link, exchange);
	exchange->ops->on_answer(exchange, &answer);
	if (done)
		exchange->ops->on_answer_body(exchange, NULL, 0, true);
	return 0;
}

static int on_answer_body(struct store_link *link, struct reader *message)
{
	struct message_request_body body;
	struct exchange *exchange = NULL;
	if (message_request_body_get(message, &body) != 0 || open_exchange(link, body.id, &exchange) != 0)
		return -1;
	if (exchange == NULL)
		return 0;
	if (!exchange->answered || body.len == 0 || body.len > exchange->answer_left ||
		exchange->untaken + body.len > STORE_LINK_WINDOW)
		return -1;
	exchange->answer_left -= body.len;
	exchange->untaken += body.len;
	bool done = exchange->answer_left == 0;
	if (done)
		forget(link, exchange);
	exchange->ops->on_answer_body(exchange, body.data, body.len, done);
	return 0;
}

static int on_decoy(struct store_link *link, struct reader *message)
{
	struct message_request_id decoy;
	struct exchange *exchange = NULL;
	if (message_request_id_get(message, &decoy) != 0 || open_exchange(link, decoy.id, &exchange) != 0)
		return -1;
	if (exchange == NULL)
		return 0;
	if (exchange->answered)
		return -1;
	forget(link, exchange);
	exchange->ops->on_decoy(exchange);
	return 0;
}

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	if (passed_fd >= 0)
		close(passed_fd);
	switch (type) {
	case MESSAGE_BODY_WANTED:
		return on_body_wanted(context, message);
	case MESSAGE_ANSWER:
		return on_answer(context, message);
	case MESSAGE_ANSWER_BODY:
		return on_answer_body(context, message);
	case MESSAGE_DECOY:
		return on_decoy(context, message);
	default:
		return -1;
	}
}

struct store_link *store_link_new(struct event_base *base, store_link_alone *alone, void *context)
{
	struct store_link *link = calloc(1, sizeof *link);
	if (link == NULL || (link->alone = evtimer_new(base, on_alone, link)) == NULL) {
		free(link);
		return NULL;
	}
	link->base = base;
	link->on_alone = alone;
	link->context = context;
	link->next_id = 1;
	return link;
}

void store_link_free(struct store_link *link)
{
	if (link == NULL)
		return;
	drop_channel(link);
	event_free(link->alone);
	free(link);
}

int store_link_attach(struct store_link *link, int fd)
{
	const struct channel_options options = {
		.base = link->base,
		.fd = fd,
		.me = ROLE_FRONT,
		.peer = ROLE_STORE,
		.on_message = on_message,
		.on_ended = on_ended,
		.context = link,
	};
	drop_channel(link);
	link->channel = channel_new(&options);
	return link->channel != NULL ? event_del(link->alone) : -1;
}

int store_link_request(struct store_link *link, struct exchange *exchange, struct message_request *request)
{
	if (link->channel == NULL || channel_backlog(link->channel) > CHANNEL_HIGH_WATER)
		return -1;
	while (*find(link, link->next_id) != NULL)
		link->next_id++;
	request->id = link->next_id;
	if (message_request_put(channel_out(link->channel), request) != 0)
		return -1;
	link->next_id++;
	exchange->id = request->id;
	exchange->open = true;
	exchange->answered = false;
	exchange->no_body = request->method == METHOD_HEAD;
	exchange->answer_left = 0;
	exchange->untaken = 0;
	struct exchange **bucket = &link->bucket[exchange->id % BUCKETS];
	exchange->next = *bucket;
	*bucket = exchange;
	return 0;
}

/* A put that fails leaves the channel's buffer failed, and the channel ends itself at its next flush. */
static void put_checked(int rc)
{
	if (rc != 0)
		log_plain(LOG_WARNING, "store-behind");
}

void store_link_body(struct store_link *link, struct exchange *exchange, const uint8_t *data, size_t len)
{
	const struct message_request_body body = { .id = exchange->id, .data = data, .len = len };
	if (exchange->open && link->channel != NULL)
		put_checked(
			message_request_body_put(channel_out(link->channel), MESSAGE_REQUEST_BODY, &body));
}

void store_link_taken(struct store_link *link, struct exchange *exchange)
{
	const struct message_credit credit = { .id = exchange->id, .bytes = (uint32_t)exchange->untaken };
	if (!exchange->open || link->channel == NULL || exchange->untaken == 0)
		return;
	exchange->untaken = 0;
	put_checked(message_credit_put(channel_out(link->channel), MESSAGE_ANSWER_TAKEN, &credit));
}

void store_link_gone(struct store_link *link, struct exchange *exchange)
{
	const struct message_request_id gone = { .id = exchange->id };
	if (!exchange->open)
		return;
	forget(link, exchange);
	if (link->channel != NULL)
		put_checked(message_request_id_put(channel_out(link->channel), MESSAGE_REQUEST_GONE, &gone));
}
