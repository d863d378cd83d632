/* A second front for the scene's store that is the test itself, byte by byte: it can break every rule, and
 * counts what it hears. */
#ifndef TESTS_RAW_FRONT_H
#define TESTS_RAW_FRONT_H

#include "store_scene.h"

#include "proto/digest.h"

#include <sys/socket.h>

#define RAW_TURNS 20 /* in which nothing came: then nothing more will */

struct raw {
	struct scene *scene;
	int fd;
	struct buffer out, in;
	/* what was heard */
	uint64_t wanted, body_bytes, content_length;
	unsigned status, answers;
	uint32_t answered;
	bool close, ended;
};

static inline void raw_begin(struct raw *raw, struct scene *scene)
{
	int ends[2];

	*raw = (struct raw){ .scene = scene, .out = buffer_of(8 << 20), .in = buffer_of(8 << 20) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(front_attach(&scene->store, ends[0]), 0);
	raw->fd = ends[1];
}

static inline void raw_end(struct raw *raw)
{
	close(raw->fd);
	scene_run(raw->scene);
	buffer_free(&raw->out);
	buffer_free(&raw->in);
}

static inline void hear(struct raw *raw, enum message_type type, struct reader *message)
{
	struct message_answer answer;
	struct message_request_body body;
	struct message_credit credit;

	if (type == MESSAGE_ANSWER) {
		assert_int_equal(message_answer_get(message, &answer), 0);
		raw->status = answer.status;
		raw->close = answer.close;
		raw->answered = answer.id;
		raw->content_length = answer.content_length;
		raw->answers++;
	} else if (type == MESSAGE_ANSWER_BODY) {
		assert_int_equal(message_request_body_get(message, &body), 0);
		raw->body_bytes += body.len;
	} else {
		assert_int_equal(type, MESSAGE_BODY_WANTED);
		assert_int_equal(message_credit_get(message, &credit), 0);
		raw->wanted += credit.bytes;
	}
}

static inline void hear_all(struct raw *raw)
{
	struct reader in = reader_of(raw->in.data, raw->in.len), message;
	enum message_type type;

	while (raw->in.len > 0 && frame_next(&in, CHANNEL_PEER_FRAME_MAX, &type, &message) == 1) {
		hear(raw, type, &message);
		buffer_drop(&raw->in, raw->in.len - in.left);
		in = reader_of(raw->in.data, raw->in.len);
	}
}

/* Says what was put, and hears what comes until nothing does. */
static inline void raw_run(struct raw *raw)
{
	static uint8_t some[256 * 1024];

	for (int idle = 0; idle < RAW_TURNS; idle++) {
		ssize_t sent = 0, got;

		if (raw->out.len > 0)
			sent = send(raw->fd, raw->out.data, raw->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0)
			buffer_drop(&raw->out, (size_t)sent);
		scene_run(raw->scene);
		got = recv(raw->fd, some, sizeof some, MSG_DONTWAIT);
		raw->ended = raw->ended || got == 0;
		if (got > 0)
			buffer_put(&raw->in, some, (size_t)got);
		if (sent > 0 || got > 0)
			idle = 0;
	}
	assert_int_equal(buffer_ok(&raw->in), 0);
	hear_all(raw);
}

static inline struct message_request request_of(
	uint32_t id, enum http_method method, const char *target, uint64_t len)
{
	return (struct message_request){ .id = id,
		.method = method,
		.target = target,
		.authority = "help.example.org:8443",
		.has_body = method != METHOD_GET && method != METHOD_HEAD,
		.content_length = len,
		.content_digest = "",
		.signature_input = "",
		.signature = "",
		.authorization = "",
		.mailbox_key = "",
		.hold_key = "",
		.upload_key = "",
		.upload_offset = "",
		.upload_complete = "",
		.content_type = "" };
}

static inline void put_request(struct raw *raw, const struct message_request *message)
{
	assert_int_equal(message_request_put(&raw->out, message), 0);
}

static inline void put_body(struct raw *raw, uint32_t id, const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t piece = len < CHANNEL_BODY_MAX ? len : CHANNEL_BODY_MAX;

		assert_int_equal(message_request_body_put(&raw->out, MESSAGE_REQUEST_BODY,
					 &(struct message_request_body){ id, data, piece }),
			0);
		data += piece;
		len -= piece;
	}
}

static inline void put_taken(struct raw *raw, uint32_t id, uint32_t bytes)
{
	assert_int_equal(
		message_credit_put(&raw->out, MESSAGE_ANSWER_TAKEN, &(struct message_credit){ id, bytes }),
		0);
}

static inline const char *target_of(const char *path)
{
	static char target[1024];

	snprintf(target, sizeof target, "/" SCENE_BASE "/v1/%s", path);
	return target;
}

static inline void put_report(struct raw *raw, uint32_t id, const struct sealed *sealed)
{
	struct message_request message = request_of(id, METHOD_PUT, target_of(sealed->put), sealed->file.len);

	put_request(raw, &message);
}

/* A GET that OLGA signed. */
static inline void put_signed_get(struct raw *raw, uint32_t id, const char *path)
{
	const char *target = target_of(path), *query = strchr(target, '?');
	struct message_request message = request_of(id, METHOD_GET, target, 0);
	char path_alone[1024];
	struct signed_request request = { .method = "GET",
		.authority = message.authority,
		.path = path_alone,
		.query = query == NULL ? "" : query + 1 };
	struct signature_fields fields;
	char nonce[NONCE_SIZE];
	uint8_t public_key[32], secret_key[64];

	snprintf(path_alone, sizeof path_alone, "%.*s",
		query == NULL ? (int)strlen(target) : (int)(query - target), target);
	request_nonce_new(nonce);
	fixture_key(OLGA, public_key, secret_key);
	assert_int_equal(sha256_once("", 0, request.digest), 0);
	assert_int_equal(
		request_signature_make(&request, store_now(&raw->scene->store), nonce, secret_key, &fields),
		0);
	message.content_digest = fields.content_digest;
	message.signature_input = fields.signature_input;
	message.signature = fields.signature;
	put_request(raw, &message);
}

#endif
