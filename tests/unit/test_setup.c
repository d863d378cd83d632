/* A role's set-up phase: all that the supervisor sent is there, or nothing is. */
#include "cmocka_all.h"

#include "channel/setup.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t start[] = { 0, 0, 0, 1, MESSAGE_START };
static const uint8_t socket_store[] = { 0, 0, 0, 2, MESSAGE_SOCKET, SOCKET_STORE };

static int refuse(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	(void)context;
	(void)type;
	(void)message;
	(void)passed_fd;
	return -1;
}

static void forget(void *context, const char *reason)
{
	(void)context;
	(void)reason;
}

/* Set-up: what a role finds when it is all there. */
static void test_setup(void **state)
{
	(void)state;
	struct setup *setup = NULL;
	struct fault fault;
	uint64_t number = 0;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct event_base *base = event_base_new();
	const struct channel_options options = { .base = base,
		.fd = fds[0],
		.me = ROLE_SUPERVISOR,
		.peer = ROLE_STORE,
		.on_message = refuse,
		.on_ended = forget };
	struct channel *supervisor = channel_new(&options);
	assert_non_null(supervisor);
	const struct message_setting settings[] = { { "store", "/s" }, { "size", "17" }, { "on", "yes" },
		{ "off", "no" } };
	const struct message_file files[] = { { FILE_ROSTER, "1.note", (const uint8_t *)"one", 3 },
		{ FILE_KEYRING, "", (const uint8_t *)"secret", 6 },
		{ FILE_ROSTER, "2.note", (const uint8_t *)"", 0 } };
	const struct message_socket socket = { SOCKET_FRONT };
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		assert_int_equal(message_setting_put(channel_out(supervisor), &settings[i]), 0);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		assert_int_equal(message_file_put(channel_out(supervisor), &files[i]), 0);
	assert_int_equal(channel_send_fd(supervisor, &socket, STDIN_FILENO), 0);
	assert_int_equal(channel_send_fd(supervisor, &socket, STDIN_FILENO), 0);
	assert_int_equal(message_empty_put(channel_out(supervisor), MESSAGE_START), 0);
	channel_flush(supervisor);

	assert_int_equal(setup_receive(fds[1], ROLE_STORE, &setup, &fault), 0);
	assert_string_equal(setup_setting(setup, "store"), "/s");
	assert_null(setup_setting(setup, "stor"));
	assert_int_equal(setup_number(setup, "size", &number), 0);
	assert_int_equal(number, 17);
	assert_int_equal(setup_number(setup, "store", &number), -1);
	assert_int_equal(setup_number(setup, "none", &number), -1);
	assert_true(setup_yes(setup, "on"));
	assert_false(setup_yes(setup, "off"));
	assert_false(setup_yes(setup, "none"));
	assert_string_equal(setup_file(setup, FILE_ROSTER, 1)->name, "2.note");
	assert_int_equal(setup_file(setup, FILE_ROSTER, 1)->len, 0);
	assert_null(setup_file(setup, FILE_ROSTER, 2));
	assert_memory_equal(setup_file(setup, FILE_KEYRING, 0)->data, "secret", 6);
	setup_file_drop(setup, FILE_KEYRING, 0);
	assert_int_equal(setup_file(setup, FILE_KEYRING, 0)->len, 0);
	const int one = setup_socket(setup, SOCKET_FRONT);
	const int other = setup_socket(setup, SOCKET_FRONT);
	assert_true(one >= 0 && other >= 0 && one != other);
	assert_int_equal(setup_socket(setup, SOCKET_FRONT), -1);
	assert_int_equal(setup_socket(setup, SOCKET_NOTIFY), -1);
	close(one);
	close(other);
	setup_free(setup);
	channel_free(supervisor);
	close(fds[1]);
	event_base_free(base);
}

static void say(int to, const void *bytes, size_t len)
{
	assert_int_equal(send(to, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void say_with_fd(int to, const void *bytes, size_t len, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	uint8_t copy[16];
	assert_true(len <= sizeof copy);
	memcpy(copy, bytes, len);
	struct iovec span = { .iov_base = copy, .iov_len = len };
	struct msghdr message = {
		.msg_iov = &span, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(part), &fd, sizeof fd);
	assert_int_equal(sendmsg(to, &message, 0), (ssize_t)len);
}

/* A set-up with these bytes in it comes to nothing. */
static void setup_refused(enum role me, const void *bytes, size_t len, int fd)
{
	int fds[2];
	struct setup *setup = (struct setup *)fds; /* must stay as it is */
	struct fault fault;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	if (fd >= 0)
		say_with_fd(fds[0], bytes, len, fd);
	else
		say(fds[0], bytes, len);
	say(fds[0], start, sizeof start);
	close(fds[0]);
	assert_int_equal(setup_receive(fds[1], me, &setup, &fault), -1);
	assert_ptr_equal(setup, fds);
	close(fds[1]);
}

static void test_setup_refusals(void **state)
{
	(void)state;
	static const uint8_t ready[] = { 0, 0, 0, 1, MESSAGE_READY };
	static const uint8_t drain[] = { 0, 0, 0, 1, MESSAGE_DRAIN };
	static const uint8_t cut[] = { 0, 0, 1, 0, MESSAGE_SETTING };
	static const uint8_t empty[] = { 0, 0, 0, 0 };
	static const uint8_t leftover[] = { 0, 0, 0, 2, MESSAGE_START, 0 };
	setup_refused(ROLE_STORE, ready, sizeof ready, -1);
	setup_refused(ROLE_STORE, drain, sizeof drain, -1);
	setup_refused(ROLE_STORE, cut, sizeof cut, -1);
	setup_refused(ROLE_STORE, empty, sizeof empty, -1);
	setup_refused(ROLE_STORE, leftover, sizeof leftover, -1);
	setup_refused(ROLE_FRONT, socket_store, sizeof socket_store, -1);           /* no descriptor */
	setup_refused(ROLE_STORE, socket_store, sizeof socket_store, STDIN_FILENO); /* not for the store */
	setup_refused(ROLE_STORE, start, sizeof start, STDIN_FILENO);               /* one too many */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_setup_refusals),
	};
	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
