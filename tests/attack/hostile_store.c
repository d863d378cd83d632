/* A store that somebody has taken over, against a real front in its own process: front believes nothing that
 * it wasn't waiting for, passes nothing to a stranger whom it wasn't for, and lives. hostile_store [ROUNDS
 * [SEED]]: so many sessions of changed messages. */
#include "chance.h"
#include "raw_store.h"

#include <stdio.h>
#include <sys/wait.h>

#define ROUNDS_TEST 60
#define STRANGERS   6
#define SAID_MAX    8
#define CHANGES_MAX 5
#define FAR_TOO_MUCH                                                                                         \
	(16 * 1024 * 1024) /* more than a window and what the kernel takes for a client that doesn't read */

/* --- what she may not say */

static void test_no_other_role_s_message_is_heard(void **state)
{
	static const uint8_t stores_own[] = { MESSAGE_BODY_WANTED, MESSAGE_ANSWER, MESSAGE_ANSWER_BODY,
		MESSAGE_DECOY };
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		const uint8_t frame[9] = { 0, 0, 0, 5, (uint8_t)type };

		if (memchr(stores_own, (int)type, sizeof stores_own) != NULL)
			continue;
		store_begin();
		buffer_put(&out, frame, sizeof frame);
		store_say();
		expect_end();
	}
}

enum lie {
	LIE_STATUS_0,
	LIE_STATUS_100,
	LIE_STATUS_600,
	LIE_STATUS_65535,
	LIE_BODY_OF_304,
	LIE_NEW_HEADER,
	LIE_NUL,
	LIE_NOT_ASCII,
	LIE_NO_END,
	LIE_TOO_LONG_A_FIELD,
	LIE_NEVER_ASKED,
	LIE_CREDIT_NEVER_ASKED,
	LIE_DECOY_NEVER_ASKED,
	LIE_BODY_FIRST,
	LIE_EMPTY_PIECE,
	LIE_TOO_MUCH,
	LIE_TWO_HEADS,
	LIE_DECOY_BEHIND_HEAD,
	LIE_MORE_THAN_A_WINDOW,
	LIE_FRAME_OF_NOTHING,
	LIE_FRAME_WITHOUT_END,
	LIE_BYTES_BEHIND_MESSAGE,
	LIE_DESCRIPTOR,
	LIES
};

static void put_frame(uint32_t len, enum message_type type)
{
	buffer_put_u32(&out, len);
	buffer_put_u8(&out, (uint8_t)type);
}

/* A head whose status, length or field no honest store sends. */
static void put_bad_head(enum lie lie, uint32_t id)
{
	static const unsigned statuses[] = {
		[LIE_STATUS_0] = 0, [LIE_STATUS_100] = 100, [LIE_STATUS_600] = 600, [LIE_STATUS_65535] = 65535
	};
	static const char header[] = "text/x\r\nSet-Cookie: a=b", nul[] = "text\0x", high[] = "text/\xff";
	static char long_one[CHANNEL_FIELD_MAX + 2];
	struct told told = { .id = id, .status = 200 };

	memset(long_one, 'x', sizeof long_one - 1);
	if (lie <= LIE_STATUS_65535) {
		told.status = statuses[lie];
		put_answer(&told, "", 1);
	} else if (lie == LIE_BODY_OF_304) {
		told.status = 304;
		told.len = 1;
		put_answer(&told, "", 1);
	} else if (lie == LIE_NEW_HEADER) {
		put_answer(&told, header, sizeof header);
	} else if (lie == LIE_NUL) {
		put_answer(&told, nul, sizeof nul);
	} else if (lie == LIE_NOT_ASCII) {
		put_answer(&told, high, sizeof high);
	} else if (lie == LIE_NO_END) {
		put_answer(&told, "text/x", strlen("text/x"));
	} else {
		put_answer(&told, long_one, sizeof long_one);
	}
}

static void put_window_and_more(uint32_t id)
{
	static const uint8_t piece[CHANNEL_BODY_MAX];

	put_honest(id, UINT64_MAX);
	for (size_t sent = 0; sent < FAR_TOO_MUCH; sent += sizeof piece) {
		put_piece(id, piece, sizeof piece);
		store_say();
	}
}

/* Well-formed messages that come when they may not. */
static void put_bad_order(enum lie lie, uint32_t id)
{
	if (lie == LIE_NEVER_ASKED) {
		put_honest(id + 1, 0);
	} else if (lie == LIE_CREDIT_NEVER_ASKED) {
		put_credit(id + 1, 1);
	} else if (lie == LIE_DECOY_NEVER_ASKED) {
		put_decoy(id + 1);
	} else if (lie == LIE_BODY_FIRST) {
		put_piece(id, "abcd", 4);
	} else if (lie == LIE_EMPTY_PIECE) {
		put_honest(id, 4);
		put_piece(id, "", 0);
	} else if (lie == LIE_TOO_MUCH) {
		put_honest(id, 3);
		put_piece(id, "abcd", 4);
	} else if (lie == LIE_TWO_HEADS) {
		put_honest(id, 4);
		put_honest(id, 4);
	} else if (lie == LIE_DECOY_BEHIND_HEAD) {
		put_honest(id, 4);
		put_decoy(id);
	} else {
		put_window_and_more(id);
	}
}

static void put_bad_frame(enum lie lie, uint32_t id)
{
	if (lie == LIE_FRAME_OF_NOTHING) {
		buffer_put_u32(&out, 0);
	} else if (lie == LIE_FRAME_WITHOUT_END) {
		put_frame(UINT32_MAX, MESSAGE_ANSWER_BODY);
	} else {
		put_frame(1 + 4 + 1, MESSAGE_DECOY);
		buffer_put_u32(&out, id);
		buffer_put_u8(&out, 0);
	}
}

/* An honest answer with somebody's descriptor. */
static void say_with_descriptor(uint32_t id)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec span = { 0 };
	struct msghdr message = {
		.msg_iov = &span, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	int fd = STDERR_FILENO;

	put_answer(&(struct told){ .id = id, .status = 200, .close = true }, "", 1);
	span = (struct iovec){ out.data, out.len };
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(part), &fd, sizeof fd);
	assert_int_equal(sendmsg(store, &message, MSG_NOSIGNAL), out.len);
	out.len = 0;
}

static void tell(enum lie lie, uint32_t id)
{
	if (lie <= LIE_TOO_LONG_A_FIELD)
		put_bad_head(lie, id);
	else if (lie <= LIE_MORE_THAN_A_WINDOW)
		put_bad_order(lie, id);
	else if (lie < LIE_DESCRIPTOR)
		put_bad_frame(lie, id);
	else
		say_with_descriptor(id);
	store_say();
}

/* All that comes until the connection ends: "" where nothing did. */
static const char *rest_of(SSL *ssl)
{
	static char text[IN_MAX + 1];
	size_t len = 0;
	int got;

	while (len < IN_MAX && (got = SSL_read(ssl, text + len, (int)(IN_MAX - len))) > 0)
		len += (size_t)got;
	text[len] = '\0';
	return text;
}

/* Each lie ends the channel; whoever waited for an answer is told so, and sees nothing of the lie. */
static void test_each_lie_ends_the_channel(void **state)
{
	(void)state;
	for (enum lie lie = 0; lie < LIES; lie++) {
		uint32_t id, others_id;
		SSL *ssl, *other;
		const char *text;

		store_begin();
		ssl = ask(&id);
		other = ask(&others_id);
		assert_int_equal(others_id, id + 1);
		if (lie == LIE_NEVER_ASKED || lie == LIE_CREDIT_NEVER_ASKED || lie == LIE_DECOY_NEVER_ASKED)
			id = others_id;
		tell(lie, id);
		expect_end();
		store_begin(); /* or front would end itself, which nobody could replace here */
		text = rest_of(ssl);
		assert_null(strstr(text, "Set-Cookie"));
		if (lie <= LIE_BODY_FIRST || (lie >= LIE_FRAME_OF_NOTHING && lie < LIE_DESCRIPTOR))
			scene_starts_with(text, "HTTP/1.1 503 ");
		else /* an honest head came before the lie */
			assert_null(strstr(text, "\r\n\r\nabcd"));
		scene_starts_with(rest_of(other), "HTTP/1.1 503 ");
		scene_leave(ssl);
		scene_leave(other);
	}
}

/* --- whom an answer reaches */

/* Pieces of all answers in turns, the last asked first: each stranger gets her own and nothing else. */
static void test_each_answer_reaches_whom_it_is_for(void **state)
{
	SSL *strangers[STRANGERS];
	uint32_t ids[STRANGERS];
	char text[16], wanted[256];
	(void)state;
	store_begin();
	for (size_t i = 0; i < STRANGERS; i++)
		strangers[i] = ask(&ids[i]);
	for (size_t i = STRANGERS; i > 0; i--)
		put_honest(ids[i - 1], 12);
	for (size_t turn = 0; turn < 3; turn++) {
		for (size_t i = STRANGERS; i > 0; i--) {
			(void)snprintf(text, sizeof text, "<%02zu>", i - 1);
			put_piece(ids[i - 1], text, 4);
		}
	}
	store_say();
	for (size_t i = 0; i < STRANGERS; i++) {
		(void)snprintf(wanted, sizeof wanted,
			"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 12\r\nConnection: "
			"keep-alive\r\n\r\n<%02zu><%02zu><%02zu>",
			i, i, i);
		assert_string_equal(scene_receive(strangers[i], false), wanted);
	}
	/* What comes for those that are answered reaches none of their next requests. */
	for (size_t i = 0; i < STRANGERS; i++) {
		put_honest(ids[i], 8);
		put_piece(ids[i], "too late", 8);
		put_decoy(ids[i]);
		put_credit(ids[i], UINT32_MAX);
	}
	store_say();
	for (size_t i = 0; i < STRANGERS; i++) {
		uint32_t id;

		scene_send(strangers[i], "GET " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n");
		id = next_request();
		for (size_t other = 0; other < STRANGERS; other++) {
			put_honest(ids[other], 8);
			put_piece(ids[other], "too late", 8);
		}
		put_honest(id, 2);
		put_piece(id, "in", 2);
		store_say();
		assert_non_null(strstr(scene_receive(strangers[i], false), "\r\n\r\nin"));
		scene_leave(strangers[i]);
	}
}

/* --- sessions of her own making */

static void say_something(const uint32_t *ids)
{
	static const uint8_t bytes[1024];
	uint32_t id = ids[pick(STRANGERS)] + (pick(8) == 0 ? (uint32_t)pick(3) : 0);

	switch (pick(5)) {
	case 0:
		put_credit(id, (uint32_t)pick(UINT32_MAX));
		break;
	case 1:
		put_decoy(id);
		break;
	case 2:
		put_piece(id, bytes, pick(sizeof bytes));
		break;
	default:
		put_honest(id, pick(2) * pick(2048));
		break;
	}
}

static void one_session(SSL **strangers, uint32_t *ids)
{
	uint64_t said = 1 + pick(SAID_MAX), changes = pick(CHANGES_MAX);

	store_begin();
	for (size_t i = 0; i < STRANGERS; i++)
		strangers[i] = ask(&ids[i]);
	for (uint64_t i = 0; i < said; i++)
		say_something(ids);
	for (uint64_t i = 0; i < changes; i++)
		out.data[pick(out.len)] = (uint8_t)pick(256);
	store_say();
	(void)store_hears(5);
}

static void expect_honest_service(void)
{
	uint32_t id;
	SSL *ssl;

	store_begin();
	ssl = ask(&id);
	put_honest(id, 2);
	put_piece(id, "ok", 2);
	store_say();
	assert_string_equal(scene_receive(ssl, false),
		"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: "
		"2\r\nConnection: keep-alive\r\n\r\nok");
	scene_send(ssl, "GET /hello.html HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	scene_leave(ssl);
}

static void test_sessions_of_changed_messages(void **state)
{
	SSL *strangers[STRANGERS];
	uint32_t ids[STRANGERS];
	(void)state;
	for (unsigned long round = 0; round < rounds; round++) {
		one_session(strangers, ids);
		expect_honest_service();
		for (size_t i = 0; i < STRANGERS; i++)
			scene_leave(strangers[i]);
	}
	print_message("%lu sessions of a hostile store: front served on\n", rounds);
}

static int open_scene(void **state)
{
	(void)state;
	scene = scene_open(NULL);
	return 0;
}

/* The same front through all tests, which it ends without a fault. */
static int close_scene(void **state)
{
	(void)state;
	close(store);
	buffer_free(&out);
	buffer_free(&in);
	return scene_close(scene);
}

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_other_role_s_message_is_heard),
		cmocka_unit_test(test_each_lie_ends_the_channel),
		cmocka_unit_test(test_each_answer_reaches_whom_it_is_for),
		cmocka_unit_test(test_sessions_of_changed_messages),
	};

	take_arguments(argument_count, arguments, ROUNDS_TEST);
	return cmocka_run_group_tests(tests, open_scene, close_scene);
}
