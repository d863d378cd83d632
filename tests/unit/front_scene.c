#include "front_scene.h"

#include "base/process.h"
#include "front/front.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 8000
#define STEP_MS     10
#define MAX_TRIES   (PATIENCE_MS / STEP_MS)

static void step(struct scene *scene)
{
	const struct timeval wait = { .tv_usec = STEP_MS * 1000 };
	event_base_loopexit(scene->base, &wait);
	event_base_dispatch(scene->base);
}

static int on_supervisor_message(void *context, enum message_type type, struct reader *message, int fd)
{
	struct scene *scene = context;
	struct message_failed failed;
	assert_int_equal(fd, -1);
	if (type == MESSAGE_READY)
		scene->ready = true;
	else if (type == MESSAGE_FAILED && message_failed_get(message, &failed) == 0)
		fail_msg("front: %s", failed.text);
	return 0;
}

static void on_supervisor_ended(void *context, const char *reason)
{
	struct scene *scene = context;
	(void)reason;
	scene->supervisor_ended = true;
}

static void note_request(struct scene_event *event, struct reader *message)
{
	struct message_request request;
	assert_int_equal(message_request_get(message, &request), 0);
	event->id = request.id;
	event->method = request.method;
	event->has_body = request.has_body;
	event->content_length = request.content_length;
	snprintf(event->target, sizeof event->target, "%s", request.target);
	snprintf(event->authority, sizeof event->authority, "%s", request.authority);
	snprintf(event->upload_key, sizeof event->upload_key, "%s", request.upload_key);
}

static int on_store_message(void *context, enum message_type type, struct reader *message, int fd)
{
	struct scene *scene = context;
	struct message_request_id gone;
	struct message_request_body body;
	struct message_credit taken;
	assert_int_equal(fd, -1);
	assert_true(scene->event_count < SCENE_EVENTS);
	struct scene_event *event = &scene->events[scene->event_count];
	*event = (struct scene_event){ .type = type };
	if (type == MESSAGE_REQUEST) {
		note_request(event, message);
	} else if (type == MESSAGE_REQUEST_GONE) {
		assert_int_equal(message_request_id_get(message, &gone), 0);
		event->id = gone.id;
	} else if (type == MESSAGE_ANSWER_TAKEN) {
		assert_int_equal(message_credit_get(message, &taken), 0);
		event->id = taken.id;
		event->bytes = taken.bytes;
	} else if (type == MESSAGE_REQUEST_BODY) {
		/* Bodies are added up, not listed. */
		assert_int_equal(message_request_body_get(message, &body), 0);
		assert_true(body.len <= SCENE_BODY_MAX - scene->body_len);
		memcpy(scene->body + scene->body_len, body.data, body.len);
		scene->body_len += body.len;
		return 0;
	}
	scene->event_count++;
	return 0;
}

static void on_store_ended(void *context, const char *reason)
{
	struct scene *scene = context;
	(void)reason;
	scene->store_ended = true;
}

static int listen_somewhere(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 512), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static struct channel *open_channel(struct scene *scene, enum role me, int *ret_other_end)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	const struct channel_options options = {
		.base = scene->base,
		.fd = ends[0],
		.me = me,
		.peer = ROLE_FRONT,
		.on_message = me == ROLE_SUPERVISOR ? on_supervisor_message : on_store_message,
		.on_ended = me == ROLE_SUPERVISOR ? on_supervisor_ended : on_store_ended,
		.context = scene,
	};
	struct channel *channel = channel_new(&options);
	assert_non_null(channel);
	*ret_other_end = ends[1];
	return channel;
}

static void send_settings(struct scene *scene, const struct scene_setting *overrides)
{
	static const struct scene_setting usual[] = { { "base", SCENE_BASE }, { "fronts", "1" },
		{ "front", "0" }, { "version", "0" }, { "user", "60900" }, { "generation", "0" },
		{ "connections_max", "200" }, { "connections_per_group", "100" },
		{ "new_per_second", "1000" }, { "new_burst", "1000" }, { "shared_connections_max", "3" },
		{ "shared_new_per_second", "1000" }, { "shared_new_burst", "1000" },
		{ "handshake_seconds", "30" }, { "headers_seconds", "30" }, { "body_seconds", "30" },
		{ "answer_seconds", "30" }, { "minimum_bytes_per_second", "1000" }, { "idle_seconds", "30" },
		{ "requests_per_connection", "100" }, { "allow_no_landlock", "no" } };
	for (size_t i = 0; i < COUNT_OF(usual); i++) {
		struct message_setting setting = { usual[i].name, usual[i].value };
		for (const struct scene_setting *other = overrides; other != NULL && other->name != NULL;
			other++)
			if (strcmp(other->name, setting.name) == 0)
				setting.value = other->value;
		assert_int_equal(message_setting_put(channel_out(scene->supervisor), &setting), 0);
	}
}

static void send_file(struct scene *scene, enum file_kind kind, const char *name, BIO *bytes)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bytes, &data);
	const struct message_file file = { kind, name, (const uint8_t *)data, (size_t)len };
	assert_int_equal(message_file_put(channel_out(scene->supervisor), &file), 0);
	BIO_free(bytes);
}

static void send_key(struct scene *scene)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	BIO *key_bytes = BIO_new(BIO_s_mem());
	BIO *certificate_bytes = BIO_new(BIO_s_mem());
	assert_int_equal(X509_set_version(certificate, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -10);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_PrivateKey(key_bytes, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(PEM_write_bio_X509(certificate_bytes, certificate), 1);
	send_file(scene, FILE_TLS_KEY, "tls.key", key_bytes);
	send_file(scene, FILE_TLS_CERTIFICATE, "tls.crt", certificate_bytes);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void send_socket(struct scene *scene, enum socket_kind kind, int fd)
{
	const struct message_socket message = { kind };
	assert_int_equal(channel_send_fd(scene->supervisor, &message, fd), 0);
	close(fd);
}

void scene_new_store(struct scene *scene)
{
	int end = -1;
	channel_free(scene->store);
	scene->store = open_channel(scene, ROLE_STORE, &end);
	scene->store_ended = false;
	send_socket(scene, SOCKET_STORE, end);
}

int scene_raw_store(struct scene *scene)
{
	int ends[2];
	channel_free(scene->store);
	scene->store = NULL;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	send_socket(scene, SOCKET_STORE, ends[1]);
	channel_flush(scene->supervisor);
	return ends[0];
}

struct scene *scene_open(const struct scene_setting *overrides)
{
	int end = -1;
	struct scene *scene = calloc(1, sizeof *scene);
	assert_non_null(scene);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(proto_init(), 0);
	assert_non_null(scene->base = event_base_new());
	scene->supervisor = open_channel(scene, ROLE_SUPERVISOR, &end);
	scene->front = fork();
	assert_true(scene->front >= 0);
	if (scene->front == 0) {
		/* As after the exec of a role: nothing open but the channel. */
		if (dup2(end, 3) != 3)
			_exit(99);
		process_close_from(4);
		_exit(front_main(3));
	}
	close(end);
	send_settings(scene, overrides);
	send_key(scene);
	BIO *page = BIO_new_mem_buf("<p>hello</p>\n", -1);
	send_file(scene, FILE_DECOY, "hello.html", page);
	send_socket(scene, SOCKET_LISTEN, listen_somewhere(&scene->port));
	send_socket(scene, SOCKET_LISTEN_SHARED, listen_somewhere(&scene->shared_port));
	scene_new_store(scene);
	assert_int_equal(message_empty_put(channel_out(scene->supervisor), MESSAGE_START), 0);
	for (int i = 0; i < MAX_TRIES && !scene->ready && !scene->supervisor_ended; i++)
		step(scene);
	assert_true(scene->ready);
	return scene;
}

int scene_wait(struct scene *scene)
{
	int status = 0;
	pid_t ended = 0;
	for (int i = 0; i < MAX_TRIES && ended == 0; i++) {
		step(scene);
		ended = waitpid(scene->front, &status, WNOHANG);
	}
	if (ended == 0) {
		kill(scene->front, SIGKILL);
		waitpid(scene->front, &status, 0);
		fail_msg("front doesn't end");
	}
	channel_free(scene->store);
	channel_free(scene->supervisor);
	event_base_free(scene->base);
	free(scene);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int scene_close(struct scene *scene)
{
	scene_drain(scene);
	return scene_wait(scene);
}

void scene_lose_store(struct scene *scene)
{
	channel_free(scene->store);
	scene->store = NULL;
}

void scene_drain(struct scene *scene)
{
	assert_int_equal(message_empty_put(channel_out(scene->supervisor), MESSAGE_DRAIN), 0);
	channel_flush(scene->supervisor);
}

struct scene_event scene_expect(struct scene *scene, enum message_type type)
{
	for (int i = 0; i < MAX_TRIES && scene->event_next == scene->event_count; i++)
		step(scene);
	assert_true(scene->event_next < scene->event_count);
	const struct scene_event event = scene->events[scene->event_next++];
	assert_int_equal(event.type, type);
	return event;
}

void scene_expect_nothing(struct scene *scene, int ms)
{
	const size_t body_len = scene->body_len;
	for (int i = 0; i < ms / STEP_MS; i++)
		step(scene);
	assert_int_equal(scene->event_next, scene->event_count);
	assert_int_equal(scene->body_len, body_len);
}

void scene_expect_body(struct scene *scene, size_t len)
{
	for (int i = 0; i < MAX_TRIES && scene->body_len < len; i++)
		step(scene);
	assert_int_equal(scene->body_len, len);
}

void scene_want(struct scene *scene, uint32_t id, uint32_t bytes)
{
	const struct message_credit credit = { id, bytes };
	assert_int_equal(message_credit_put(channel_out(scene->store), MESSAGE_BODY_WANTED, &credit), 0);
	step(scene);
}

void scene_answer_head(struct scene *scene, uint32_t id, unsigned status, uint64_t len)
{
	const struct message_answer answer = { .id = id,
		.status = (uint16_t)status,
		.content_type = "text/x",
		.content_length = len,
		.content_digest = "",
		.answer_signature = "",
		.upload_offset = "",
		.upload_complete = "",
		.location = "" };
	assert_int_equal(message_answer_put(channel_out(scene->store), &answer), 0);
	step(scene);
}

void scene_answer_body(struct scene *scene, uint32_t id, const void *data, size_t len)
{
	const struct message_request_body body = { id, data, len };
	assert_int_equal(message_request_body_put(channel_out(scene->store), MESSAGE_ANSWER_BODY, &body), 0);
	step(scene);
}

void scene_answer(struct scene *scene, uint32_t id, unsigned status, const char *body)
{
	scene_answer_head(scene, id, status, strlen(body));
	if (body[0] != '\0')
		scene_answer_body(scene, id, body, strlen(body));
}

void scene_decoy(struct scene *scene, uint32_t id)
{
	const struct message_request_id decoy = { id };
	assert_int_equal(message_request_id_put(channel_out(scene->store), MESSAGE_DECOY, &decoy), 0);
	step(scene);
}
