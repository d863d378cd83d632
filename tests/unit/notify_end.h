/* The other end of the store's channel to notify, played by a test. */
#ifndef TESTS_NOTIFY_END_H
#define TESTS_NOTIFY_END_H

#include "store_scene.h"

#include "outbox.h"
#include "wake_ways.h"

#include <event2/event.h>
#include <sys/socket.h>

#define WAKES 64
#define HOUR  3600

struct notify_end {
	struct scene *scene;
	struct channel *channel;
	struct wake {
		uint64_t number;
		enum wake_kind kind;
		char address[WAKE_ADDRESS_SIZE], desk[NAME_SIZE];
		enum urgency urgency;
	} wakes[WAKES];
	size_t count;
	bool ended;
};

static inline int on_wake(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct notify_end *end = context;
	struct message_wake wake;
	struct wake *kept = &end->wakes[end->count];

	(void)passed_fd;
	assert_int_equal(type, MESSAGE_WAKE);
	assert_int_equal(message_wake_get(message, &wake), 0);
	assert_true(end->count < WAKES);
	kept->number = wake.number;
	kept->kind = wake.kind;
	kept->urgency = wake.urgency;
	snprintf(kept->address, sizeof kept->address, "%s", wake.address);
	snprintf(kept->desk, sizeof kept->desk, "%s", wake.desk);
	end->count++;
	return 0;
}

static inline int on_woken(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	(void)passed_fd;
	assert_int_equal(type, MESSAGE_WOKEN);
	return outbox_woken(context, message);
}

static inline void on_end(void *context, const char *reason)
{
	struct notify_end *end = context;

	(void)reason;
	end->ended = true;
}

static inline void on_store_end(void *context, const char *reason)
{
	struct store *store = context;

	(void)reason;
	channel_free(store->notify);
	store->notify = NULL;
	outbox_notify_changed(store);
}

/* The store's half, as store.c takes it. */
static inline void attach_store(struct scene *scene, int fd)
{
	struct channel_options options = { .base = scene->store.base,
		.fd = fd,
		.me = ROLE_STORE,
		.peer = ROLE_NOTIFY,
		.on_message = on_woken,
		.on_ended = on_store_end,
		.context = &scene->store };

	scene->store.notify = channel_new(&options);
	assert_non_null(scene->store.notify);
	outbox_notify_changed(&scene->store);
}

static inline void attach(struct scene *scene, struct notify_end *end)
{
	struct channel_options options = { .base = scene->store.base,
		.me = ROLE_NOTIFY,
		.peer = ROLE_STORE,
		.on_message = on_wake,
		.on_ended = on_end,
		.context = end };
	int ends[2];

	memset(end, 0, sizeof *end);
	end->scene = scene;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	options.fd = ends[0];
	end->channel = channel_new(&options);
	assert_non_null(end->channel);
	attach_store(scene, ends[1]);
}

static inline void detach(struct notify_end *end)
{
	channel_free(end->channel);
	end->channel = NULL;
	channel_free(end->scene->store.notify);
	end->scene->store.notify = NULL;
	outbox_notify_changed(&end->scene->store);
}

static inline void say(struct notify_end *end, uint64_t number, enum wake_outcome outcome)
{
	const struct message_woken woken = { .number = number, .outcome = outcome };

	assert_int_equal(message_woken_put(channel_out(end->channel), &woken), 0);
	channel_flush(end->channel);
	scene_run(end->scene);
}

/* The clock of the store goes on, and it looks. */
static inline void pass(struct scene *scene, int64_t seconds)
{
	scene->store.start_wall += seconds;
	outbox_way_changed(&scene->store, "nobody"); /* only looks */
	scene_run(scene);
}

static inline void choose(struct scene *scene, const char *officer, const char *text, uint32_t beat)
{
	struct wake_way way;
	struct fault fault;

	assert_int_equal(wake_way_of(text, &way, &fault), 0);
	way.beat_minutes = beat;
	assert_int_equal(group_open(&scene->store), 0);
	assert_int_equal(wake_way_keep(&scene->store, officer, &way), 0);
	outbox_way_changed(&scene->store, officer);
	scene_run(scene);
}

static inline void wake(struct scene *scene, const char *officer, enum urgency urgency)
{
	assert_int_equal(group_open(&scene->store), 0);
	assert_int_equal(outbox_wake(&scene->store, officer, "intake", urgency),
		outbox_reaches(&scene->store, officer) ? 0 : 1);
	scene_run(scene);
}

#endif
