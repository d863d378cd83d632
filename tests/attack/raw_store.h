/* A store's end of the channel to a real front that is the test itself, byte by byte: it can break every
 * rule. */
#ifndef TESTS_RAW_STORE_H
#define TESTS_RAW_STORE_H

#include "front_scene.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST        "Host: test.example\r\n"
#define PATIENCE_MS 5000
#define IN_MAX      (1 << 20)

static struct scene *scene;

static int store = -1;
static struct buffer out, in;

static inline void store_begin(void)
{
	if (store >= 0)
		close(store);
	store = scene_raw_store(scene);
	buffer_free(&out);
	buffer_free(&in);
	out = buffer_of(IN_MAX);
	in = buffer_of(IN_MAX);
}

static inline void store_say(void)
{
	assert_int_equal(buffer_ok(&out), 0);
	/* A front that has ended the channel needn't hear the rest. */
	(void)send(store, out.data, out.len, MSG_NOSIGNAL);
	out.len = 0;
}

/* False where front has ended the channel. */
static inline bool store_hears(int ms)
{
	uint8_t some[8192];
	struct pollfd wait = { .fd = store, .events = POLLIN };
	ssize_t got;

	if (poll(&wait, 1, ms) == 0)
		return true;
	got = recv(store, some, sizeof some, MSG_DONTWAIT);
	if (got > 0)
		buffer_put(&in, some, (size_t)got);
	return got > 0 || (got < 0 && errno == EAGAIN);
}

static inline void expect_end(void)
{
	bool lives = true;

	for (int ms = 0; ms < PATIENCE_MS && lives; ms += 100)
		lives = store_hears(100);
	assert_false(lives);
}

/* The number of the next request. */
static inline uint32_t next_request(void)
{
	enum message_type type = MESSAGE_READY;
	struct reader message;
	struct message_request request;

	for (int ms = 0; ms < PATIENCE_MS; ms += 100) {
		struct reader all = reader_of(in.data, in.len);

		while (in.len > 0 && frame_next(&all, CHANNEL_PEER_FRAME_MAX, &type, &message) == 1) {
			int rc = type == MESSAGE_REQUEST ? message_request_get(&message, &request) : -1;

			buffer_drop(&in, in.len - all.left);
			if (rc == 0)
				return request.id;
			all = reader_of(in.data, in.len);
		}
		assert_true(store_hears(100));
	}
	fail_msg("no request came");
	return 0;
}

static inline SSL *ask(uint32_t *ret_id)
{
	SSL *ssl = scene_stranger(scene);

	scene_send(ssl, "GET " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n");
	*ret_id = next_request();
	return ssl;
}

/* --- what it says */

struct told {
	uint32_t id;
	unsigned status;
	uint64_t len;
	bool close;
};

/* As message_answer_put, which would refuse most of it. */
static inline void put_answer(const struct told *told, const char *field, size_t field_len)
{
	size_t mark;

	frame_begin(&out, MESSAGE_ANSWER, &mark);
	buffer_put_u32(&out, told->id);
	buffer_put_u16(&out, (uint16_t)told->status);
	buffer_put_u64(&out, told->len);
	buffer_put_u8(&out, told->close ? 1 : 0);
	for (int i = 0; i < 6; i++)
		buffer_put_blob(&out, i == 0 ? field : "", i == 0 ? field_len : 1);
	assert_int_equal(frame_end(&out, mark), 0);
}

static inline void put_honest(uint32_t id, uint64_t len)
{
	put_answer(&(struct told){ .id = id, .status = 200, .len = len }, "text/x", sizeof "text/x");
}

static inline void put_piece(uint32_t id, const void *data, size_t len)
{
	size_t mark;

	frame_begin(&out, MESSAGE_ANSWER_BODY, &mark);
	buffer_put_u32(&out, id);
	buffer_put_blob(&out, data, len);
	assert_int_equal(frame_end(&out, mark), 0);
}

static inline void put_credit(uint32_t id, uint32_t bytes)
{
	assert_int_equal(
		message_credit_put(&out, MESSAGE_BODY_WANTED, &(struct message_credit){ id, bytes }), 0);
}

static inline void put_decoy(uint32_t id)
{
	assert_int_equal(message_request_id_put(&out, MESSAGE_DECOY, &(struct message_request_id){ id }), 0);
}

#endif
