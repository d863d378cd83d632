#include "desk_network.h"

#include "escalation.h"
#include "outbox.h"
#include "outbox_rows.h"
#include "wake_ways.h"

#include <event2/event.h>
#include <stdio.h>
#include <sys/socket.h>

#define AT_ONCE 64
#define ONE_IN  400 /* deliveries whose confirmation is lost */
#define SOON    600 /* seconds: the store's longest pause, by chance a quarter longer, and some to spare */

/* What is due to one officer in one urgency. */
struct due {
	int64_t asked; /* 0: nothing is */
	unsigned pending;
	bool may_come_again; /* the store was in doubt whether it was delivered */
};

static struct network {
	struct scene *scene;
	struct channel *channel;
	network_delivered *delivered;
	network_lost *lost;
	bool is_cut, is_doubtful;
	int64_t up_since;
	struct due dues[NETWORK_OFFICERS][URGENCY_COUNT];
	struct sent {
		uint64_t number;
		unsigned who;
		enum urgency urgency;
	} sent[AT_ONCE];
	size_t count;
	struct desk_network result;
} network;

static unsigned number_of(const char *officer)
{
	return (unsigned)(officer[8] - '0') * 10 + (unsigned)(officer[9] - '0');
}

static void name_of_number(unsigned officer, char ret_name[NAME_SIZE])
{
	(void)snprintf(ret_name, NAME_SIZE, "officer-%02u", officer);
}

/* --- the channel */

static int on_wake(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct sent *sent = &network.sent[network.count];
	struct message_wake wake;

	(void)context;
	(void)passed_fd;
	assert_int_equal(type, MESSAGE_WAKE);
	assert_int_equal(message_wake_get(message, &wake), 0);
	assert_true(network.count < AT_ONCE);
	sent->number = wake.number;
	sent->who = (unsigned)strtoul(wake.address + strlen("https://example.org/"), NULL, 10);
	sent->urgency = wake.urgency;
	network.count++;
	return 0;
}

static int on_woken(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	(void)passed_fd;
	assert_int_equal(type, MESSAGE_WOKEN);
	return outbox_woken(context, message);
}

static void on_end(void *context, const char *reason)
{
	(void)context;
	fail_msg("the channel ended: %s", reason);
}

static int on_lost(struct store *store, const struct outbox_lost *lost)
{
	struct due *due = &network.dues[number_of(lost->officer)][lost->urgency];

	*due = (struct due){ .asked = 0 };
	network.result.lost++;
	return network.lost(store, number_of(lost->officer), lost->urgency);
}

static void settle(struct due *due)
{
	if (due->pending > 1)
		due->pending = 1;
}

void network_start(void)
{
	struct store *store = &network.scene->store;
	struct channel_options options = { .base = store->base,
		.me = ROLE_NOTIFY,
		.peer = ROLE_STORE,
		.on_message = on_wake,
		.on_ended = on_end };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	options.fd = ends[0];
	network.channel = channel_new(&options);
	options = (struct channel_options){ .base = store->base,
		.fd = ends[1],
		.me = ROLE_STORE,
		.peer = ROLE_NOTIFY,
		.on_message = on_woken,
		.on_ended = on_end,
		.context = store };
	store->notify = channel_new(&options);
	assert_true(network.channel != NULL && store->notify != NULL);
	network.count = 0;
	/* That it was asked for once more while it was on its way is forgotten: it goes out again. */
	for (unsigned at = 0; at < NETWORK_OFFICERS * URGENCY_COUNT; at++)
		settle(&network.dues[at / URGENCY_COUNT][at % URGENCY_COUNT]);
	outbox_on_lost(store, on_lost);
	outbox_notify_changed(store);
}

void network_stop(void)
{
	struct store *store = &network.scene->store;

	channel_free(network.channel);
	channel_free(store->notify);
	store->notify = NULL;
	outbox_notify_changed(store);
}

void network_begin(struct scene *scene, network_delivered *delivered, network_lost *lost)
{
	network = (struct network){ .scene = scene, .delivered = delivered, .lost = lost };
	assert_int_equal(group_open(&scene->store), 0);
	for (unsigned officer = 0; officer < NETWORK_OFFICERS; officer++) {
		char name[NAME_SIZE], text[64];
		struct wake_way way;
		struct fault fault;

		name_of_number(officer, name);
		(void)snprintf(text, sizeof text, "webhook:https://example.org/%02u", officer);
		assert_int_equal(wake_way_of(text, &way, &fault), 0);
		way.beat_minutes = 0;
		assert_int_equal(wake_way_keep(&scene->store, name, &way), 0);
	}
	scene_run(scene);
	network_start();
}

void network_doubt(bool is_doubtful)
{
	network.is_doubtful = is_doubtful;
}

void network_cut(bool is_cut)
{
	network.result.cuts += is_cut;
	network.is_cut = is_cut;
	network.up_since = store_now(&network.scene->store);
}

/* --- what is asked for */

int network_ask(struct store *store, unsigned officer, const char *desk, enum urgency urgency)
{
	struct due *due = &network.dues[officer][urgency];
	const struct outbox_entry *entry = store->outbox->entries;
	char name[NAME_SIZE];

	name_of_number(officer, name);
	network.result.asked++;
	if (due->asked == 0)
		due->asked = store_now(store);
	while (entry != NULL && (entry->urgency != urgency || strcmp(entry->officer, name) != 0))
		entry = entry->next;
	/* One that is on its way may have been seen before this: it goes out once more. */
	due->pending = entry != NULL && entry->number != 0 ? 2 : 1;
	return outbox_wake(store, name, desk, urgency);
}

static void answer(const struct sent *sent, enum wake_outcome outcome)
{
	const struct message_woken woken = { .number = sent->number, .outcome = outcome };

	assert_int_equal(message_woken_put(channel_out(network.channel), &woken), 0);
	channel_flush(network.channel);
}

static void deliver(const struct sent *sent)
{
	struct due *due = &network.dues[sent->who][sent->urgency];

	/* None that nobody asked for, and none twice. */
	assert_true(due->pending > 0 || due->may_come_again);
	network.result.again += due->pending == 0;
	if (network.is_doubtful || due->pending == 0)
		due->may_come_again = network.is_doubtful;
	due->pending -= due->pending > 0 ? 1 : 0;
	if (due->pending == 0)
		due->asked = 0;
	network.result.delivered++;
	network.delivered(sent->who);
}

static void check(void)
{
	int64_t now = store_now(&network.scene->store);

	for (unsigned at = 0; !network.is_cut && at < NETWORK_OFFICERS * URGENCY_COUNT; at++) {
		const struct due *due = &network.dues[at / URGENCY_COUNT][at % URGENCY_COUNT];
		int64_t since = due->asked > network.up_since ? due->asked : network.up_since;

		assert_true(due->asked == 0 || now - since <= SOON);
	}
}

/* It was delivered, and notify's end took the word of it along: it comes once more. */
static void lose_answer(const struct sent *sent)
{
	struct due *due = &network.dues[sent->who][sent->urgency];

	network.result.again++;
	*due = (struct due){ .asked = store_now(&network.scene->store), .pending = 1 };
	/* What was answered before is heard. */
	scene_run(network.scene);
	network_stop();
	network_start();
}

void network_turn(uint64_t (*chance)(uint64_t below))
{
	do {
		struct sent sent[AT_ONCE];
		size_t count = network.count;

		memcpy(sent, network.sent, sizeof sent);
		for (size_t at = 0; at < count; at++) {
			if (network.is_cut) {
				settle(&network.dues[sent[at].who][sent[at].urgency]);
				answer(&sent[at], WAKE_LATER);
				continue;
			}
			deliver(&sent[at]);
			if (chance(ONE_IN) == 0) {
				lose_answer(&sent[at]);
				count = 0;
				break;
			}
			answer(&sent[at], WAKE_DELIVERED);
		}
		if (count > 0)
			network.count = 0;
		outbox_look(&network.scene->store);
		scene_run(network.scene);
	} while (network.count > 0);
	check();
}

int64_t network_next(void)
{
	int64_t next = INT64_MAX;

	for (const struct outbox_entry *at = network.scene->store.outbox->entries; at != NULL; at = at->next)
		if (at->number == 0 && at->due < next)
			next = at->due;
	return next;
}

bool network_is_quiet(void)
{
	return network.scene->store.outbox->entries == NULL;
}

struct desk_network network_end(void)
{
	for (unsigned at = 0; at < NETWORK_OFFICERS * URGENCY_COUNT; at++)
		assert_int_equal(network.dues[at / URGENCY_COUNT][at % URGENCY_COUNT].asked, 0);
	network_stop();
	return network.result;
}
