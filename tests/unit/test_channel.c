/* A channel's end against a peer that plays by the rules, and one that doesn't. */
#include "cmocka_all.h"

#include "channel/channel.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEARD_MAX 64

/* What the receiving end heard. */
struct ear {
	struct event_base *base;
	struct channel *channel;
	int peer; /* the other end, written by hand */
	unsigned int heard;
	enum message_type types[HEARD_MAX];
	size_t lengths[HEARD_MAX];
	int fd;
	unsigned int ended;
	char reason[64];
	bool refuse;
	bool free_in_handler;
	bool pause_in_handler;
};

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct ear *ear = context;
	assert_true(ear->heard < HEARD_MAX);
	ear->types[ear->heard] = type;
	ear->lengths[ear->heard++] = message->left;
	if (passed_fd >= 0)
		ear->fd = passed_fd;
	if (ear->pause_in_handler)
		channel_pause(ear->channel, true);
	if (ear->free_in_handler) {
		channel_free(ear->channel);
		ear->channel = NULL;
	}
	return ear->refuse ? -1 : 0;
}

static void on_ended(void *context, const char *reason)
{
	struct ear *ear = context;
	ear->ended++;
	snprintf(ear->reason, sizeof ear->reason, "%s", reason);
}

static void listen_as(struct ear *ear, enum role me, enum role peer)
{
	int fds[2];
	*ear = (struct ear){ .base = event_base_new(), .fd = -1 };
	assert_non_null(ear->base);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ear->peer = fds[1];
	const struct channel_options options = { .base = ear->base,
		.fd = fds[0],
		.me = me,
		.peer = peer,
		.on_message = on_message,
		.on_ended = on_ended,
		.context = ear };
	ear->channel = channel_new(&options);
	assert_non_null(ear->channel);
}

static void turn(struct ear *ear)
{
	for (int i = 0; i < 4; i++)
		assert_true(event_base_loop(ear->base, EVLOOP_NONBLOCK) >= 0);
}

static void stop_listening(struct ear *ear)
{
	channel_free(ear->channel);
	if (ear->peer >= 0)
		close(ear->peer);
	if (ear->fd >= 0)
		close(ear->fd);
	event_base_free(ear->base);
}

static void say(const struct ear *ear, const void *bytes, size_t len)
{
	assert_int_equal(send(ear->peer, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* The same with descriptors. */
static void say_with_fds(const struct ear *ear, const void *bytes, size_t len, const int *fds, size_t count)
{
	char control[CMSG_SPACE(16 * sizeof(int))] __attribute__((aligned(8))) = { 0 };
	uint8_t copy[64];
	assert_true(len <= sizeof copy && count <= 16);
	memcpy(copy, bytes, len);
	struct iovec span = { .iov_base = copy, .iov_len = len };
	struct msghdr message = { .msg_iov = &span,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(part), fds, count * sizeof(int));
	assert_int_equal(sendmsg(ear->peer, &message, 0), (ssize_t)len);
}

static const uint8_t start[] = { 0, 0, 0, 1, MESSAGE_START };
static const uint8_t decoy[] = { 0, 0, 0, 5, MESSAGE_DECOY, 0, 0, 0, 1 };
static const uint8_t socket_store[] = { 0, 0, 0, 2, MESSAGE_SOCKET, SOCKET_STORE };

static void test_frames_however_they_arrive(void **state)
{
	(void)state;
	struct ear ear;
	listen_as(&ear, ROLE_FRONT, ROLE_STORE);
	for (size_t i = 0; i < sizeof decoy; i++) {
		assert_int_equal(ear.heard, 0);
		say(&ear, decoy + i, 1);
		turn(&ear);
	}
	assert_int_equal(ear.heard, 1);
	assert_int_equal(ear.lengths[0], 4);
	uint8_t many[10 * sizeof decoy + 3];
	for (size_t i = 0; i < 10; i++)
		memcpy(many + i * sizeof decoy, decoy, sizeof decoy);
	memcpy(many + 10 * sizeof decoy, decoy, 3);
	say(&ear, many, sizeof many);
	turn(&ear);
	assert_int_equal(ear.heard, 11);
	assert_int_equal(ear.ended, 0);
	stop_listening(&ear);
}

/* The peer says these bytes; the channel must end for this reason, once. */
static void ends(enum role me, enum role peer, const void *bytes, size_t len, const char *reason)
{
	struct ear ear;
	listen_as(&ear, me, peer);
	say(&ear, bytes, len);
	turn(&ear);
	assert_int_equal(ear.ended, 1);
	assert_string_equal(ear.reason, reason);
	say(&ear, decoy, sizeof decoy);
	turn(&ear);
	assert_int_equal(ear.ended, 1);
	stop_listening(&ear);
}

static void test_rules_are_kept(void **state)
{
	(void)state;
	static const uint8_t empty[] = { 0, 0, 0, 0 };
	static const uint8_t too_long_for_a_peer[] = { 0, 1, 0x10, 1 };
	static const uint8_t twice[] = { 0, 0, 0, 1, MESSAGE_READY, 0, 0, 0, 1, MESSAGE_READY };
	static const uint8_t unknown[] = { 0, 0, 0, 1, 255 };
	ends(ROLE_FRONT, ROLE_STORE, start, sizeof start, "message not allowed");
	ends(ROLE_STORE, ROLE_FRONT, decoy, sizeof decoy, "message not allowed");
	ends(ROLE_STORE, ROLE_FRONT, unknown, sizeof unknown, "message not allowed");
	ends(ROLE_SUPERVISOR, ROLE_FRONT, twice, sizeof twice, "message not allowed");
	ends(ROLE_FRONT, ROLE_STORE, empty, sizeof empty, "no frame");
	ends(ROLE_FRONT, ROLE_STORE, too_long_for_a_peer, sizeof too_long_for_a_peer, "no frame");
	ends(ROLE_FRONT, ROLE_SUPERVISOR, socket_store, sizeof socket_store, "descriptor missing");
}

static void test_supervisor_may_send_more(void **state)
{
	(void)state;
	struct ear ear;
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX + 4);
	uint8_t *data = calloc(1, CHANNEL_FILE_MAX);
	const struct message_file file = { FILE_DECOY, "index.html", data, CHANNEL_FILE_MAX };
	assert_non_null(data);
	assert_int_equal(message_file_put(&out, &file), 0);
	listen_as(&ear, ROLE_FRONT, ROLE_SUPERVISOR);
	for (size_t at = 0; at < out.len;) {
		const size_t len = out.len - at < 65536 ? out.len - at : 65536;
		say(&ear, out.data + at, len);
		turn(&ear);
		at += len;
	}
	assert_int_equal(ear.heard, 1);
	assert_int_equal(ear.ended, 0);
	assert_int_equal(ear.lengths[0], out.len - 5);
	stop_listening(&ear);
	buffer_free(&out);
	free(data);
}

static void test_a_refusing_handler_ends_it(void **state)
{
	(void)state;
	struct ear ear;
	listen_as(&ear, ROLE_FRONT, ROLE_STORE);
	ear.refuse = true;
	say(&ear, decoy, sizeof decoy);
	say(&ear, decoy, sizeof decoy);
	turn(&ear);
	assert_int_equal(ear.heard, 1);
	assert_int_equal(ear.ended, 1);
	assert_string_equal(ear.reason, "message refused");
	stop_listening(&ear);
}

static void test_a_handler_may_free_it(void **state)
{
	(void)state;
	struct ear ear;
	listen_as(&ear, ROLE_FRONT, ROLE_STORE);
	ear.free_in_handler = true;
	say(&ear, decoy, sizeof decoy);
	say(&ear, decoy, sizeof decoy);
	turn(&ear);
	assert_int_equal(ear.heard, 1);
	assert_int_equal(ear.ended, 0);
	stop_listening(&ear);
}

/* A descriptor that stands for one end of a pipe: what is written to the other end must come out. */
static void test_descriptor_comes_with_its_message(void **state)
{
	(void)state;
	struct ear ear;
	int pipe_fds[2];
	char word[5] = { 0 };
	listen_as(&ear, ROLE_FRONT, ROLE_SUPERVISOR);
	assert_int_equal(pipe(pipe_fds), 0);
	say_with_fds(&ear, socket_store, sizeof socket_store, &pipe_fds[0], 1);
	turn(&ear);
	assert_int_equal(ear.heard, 1);
	assert_true(ear.fd >= 0);
	assert_true((fcntl(ear.fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(pipe_fds[1], "here", 4), 4);
	assert_int_equal(read(ear.fd, word, 4), 4);
	assert_string_equal(word, "here");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	stop_listening(&ear);
}

static void test_unwanted_descriptors_end_it(void **state)
{
	(void)state;
	struct ear ear;
	const int many[16] = { 0 };
	listen_as(&ear, ROLE_FRONT, ROLE_STORE);
	say_with_fds(&ear, decoy, sizeof decoy, many, 1);
	turn(&ear);
	assert_int_equal(ear.ended, 1);
	assert_string_equal(ear.reason, "descriptor without its message");
	stop_listening(&ear);

	listen_as(&ear, ROLE_FRONT, ROLE_SUPERVISOR);
	say_with_fds(&ear, socket_store, sizeof socket_store, many, 16);
	turn(&ear);
	assert_int_equal(ear.heard, 0);
	assert_int_equal(ear.ended, 1);
	assert_string_equal(ear.reason, "too many descriptors");
	stop_listening(&ear);
}

static int channels_heard;

static int count_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct ear *ear = context;
	struct message_request_body body;
	struct message_socket socket;
	if (type == MESSAGE_SOCKET) {
		assert_int_equal(message_socket_get(message, &socket), 0);
		assert_int_equal(channels_heard, 3); /* in the order in which they were put */
		ear->fd = passed_fd;
	} else if (type == MESSAGE_REQUEST_BODY) {
		assert_int_equal(message_request_body_get(message, &body), 0);
		assert_int_equal(body.id, channels_heard);
	}
	channels_heard++;
	return 0;
}

/* Two ends of a pair, both channels on one loop. */
static struct channel *end_of(struct ear *ear, int fd, enum role me, enum role peer)
{
	const struct channel_options options = { .base = ear->base,
		.fd = fd,
		.me = me,
		.peer = peer,
		.on_message = count_message,
		.on_ended = on_ended,
		.context = ear };
	struct channel *channel = channel_new(&options);
	assert_non_null(channel);
	return channel;
}

static void test_a_slow_peer_loses_nothing(void **state)
{
	(void)state;
	static const uint8_t data[CHANNEL_BODY_MAX];
	struct ear ear = { .base = event_base_new(), .fd = -1 };
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct channel *front = end_of(&ear, fds[0], ROLE_FRONT, ROLE_STORE);
	struct channel *store = end_of(&ear, fds[1], ROLE_STORE, ROLE_FRONT);
	channels_heard = 0;
	channel_pause(store, true);
	for (uint32_t i = 0; i < 100; i++) {
		const struct message_request_body body = { .id = i, .data = data, .len = sizeof data };
		assert_int_equal(
			message_request_body_put(channel_out(front), MESSAGE_REQUEST_BODY, &body), 0);
		channel_flush(front);
	}
	turn(&ear);
	assert_int_equal(channels_heard, 0);
	assert_true(channel_backlog(front) > CHANNEL_HIGH_WATER);
	channel_pause(store, false);
	for (int i = 0; i < 200; i++)
		turn(&ear);
	assert_int_equal(channels_heard, 100);
	assert_int_equal(channel_backlog(front), 0);
	assert_int_equal(ear.ended, 0);
	channel_free(front);
	turn(&ear);
	assert_int_equal(ear.ended, 1);
	assert_string_equal(ear.reason, "peer is gone");
	channel_free(store);
	event_base_free(ear.base);
}

static void test_descriptor_keeps_its_place(void **state)
{
	(void)state;
	struct ear ear = { .base = event_base_new(), .fd = -1 };
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct channel *supervisor = end_of(&ear, fds[0], ROLE_SUPERVISOR, ROLE_STORE);
	struct channel *store = end_of(&ear, fds[1], ROLE_STORE, ROLE_SUPERVISOR);
	const struct message_setting setting = { "name", "value" };
	const struct message_socket socket = { SOCKET_FRONT };
	channels_heard = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(message_setting_put(channel_out(supervisor), &setting), 0);
	assert_int_equal(channel_send_fd(supervisor, &socket, STDIN_FILENO), 0);
	assert_int_equal(message_setting_put(channel_out(supervisor), &setting), 0);
	turn(&ear);
	assert_int_equal(channels_heard, 5);
	assert_true(ear.fd > STDERR_FILENO);
	close(ear.fd);
	channel_free(supervisor);
	channel_free(store);
	event_base_free(ear.base);
}

/* Bytes that waited while the channel was paused are heard when it goes on, also where no more come. */
static void test_pause_in_a_handler(void **state)
{
	(void)state;
	struct ear ear;
	listen_as(&ear, ROLE_FRONT, ROLE_STORE);
	ear.pause_in_handler = true;
	say(&ear, decoy, sizeof decoy);
	say(&ear, decoy, sizeof decoy);
	turn(&ear);
	assert_int_equal(ear.heard, 1);
	channel_pause(ear.channel, false);
	turn(&ear);
	assert_int_equal(ear.heard, 2);
	stop_listening(&ear);
}

/* A peer that says why and goes is heard, also where we were about to write to it. */
static void test_last_words_are_heard(void **state)
{
	(void)state;
	struct ear ear;
	struct buffer out = buffer_of(256);
	const struct message_failed failed = { "no: because", 78 };
	const struct message_setting setting = { "name", "value" };
	assert_int_equal(message_failed_put(&out, &failed), 0);
	listen_as(&ear, ROLE_SUPERVISOR, ROLE_STORE);
	say(&ear, out.data, out.len);
	close(ear.peer);
	ear.peer = -1;
	assert_int_equal(message_setting_put(channel_out(ear.channel), &setting), 0);
	channel_flush(ear.channel);
	assert_int_equal(ear.ended, 0); /* never from inside a call */
	turn(&ear);
	assert_int_equal(ear.heard, 1);
	assert_int_equal(ear.types[0], MESSAGE_FAILED);
	assert_int_equal(ear.ended, 1);
	stop_listening(&ear);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_however_they_arrive),
		cmocka_unit_test(test_rules_are_kept),
		cmocka_unit_test(test_supervisor_may_send_more),
		cmocka_unit_test(test_a_refusing_handler_ends_it),
		cmocka_unit_test(test_a_handler_may_free_it),
		cmocka_unit_test(test_descriptor_comes_with_its_message),
		cmocka_unit_test(test_unwanted_descriptors_end_it),
		cmocka_unit_test(test_a_slow_peer_loses_nothing),
		cmocka_unit_test(test_descriptor_keeps_its_place),
		cmocka_unit_test(test_pause_in_a_handler),
		cmocka_unit_test(test_last_words_are_heard),
	};
	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
