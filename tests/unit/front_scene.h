/* A scene for test_front: a real front in its own process, with its sandbox; the test plays the supervisor,
 * the store and the strangers. Whatever doesn't come within some seconds fails the test. */
#ifndef TESTS_FRONT_SCENE_H
#define TESTS_FRONT_SCENE_H

#include "channel/channel.h"

#include <openssl/ssl.h>
#include <sys/types.h>

#define SCENE_BASE     "AbCdEfGhIjKlMnOpQrStUv"
#define SCENE_API      "/" SCENE_BASE "/v1/"
#define SCENE_EVENTS   64
#define SCENE_BODY_MAX (256 * 1024)

/* A message that the store got from front. */
struct scene_event {
	enum message_type type;
	uint32_t id;
	enum http_method method;
	char target[256];
	char authority[64];
	char upload_key[64];
	bool has_body;
	uint64_t content_length;
	uint32_t bytes;
};

struct scene {
	struct event_base *base;
	pid_t front;
	int port;
	int shared_port;
	struct channel *supervisor;
	struct channel *store;
	bool ready;
	bool supervisor_ended;
	bool store_ended;
	struct scene_event events[SCENE_EVENTS];
	size_t event_count;
	size_t event_next;
	uint8_t body[SCENE_BODY_MAX]; /* all bytes of request bodies */
	size_t body_len;
};

struct scene_setting {
	const char *name;
	const char *value;
};

/* Starts a front; overrides (ended by a NULL name, or NULL) replace the usual settings. */
struct scene *scene_open(const struct scene_setting *overrides);
/* Ends it; returns its exit status. */
int scene_close(struct scene *scene);
/* Waits for the front to end by itself. */
int scene_wait(struct scene *scene);

void scene_new_store(struct scene *scene);
void scene_lose_store(struct scene *scene);
/* A store that the test plays byte by byte: its end of the channel, for the caller to close. */
int scene_raw_store(struct scene *scene);
void scene_drain(struct scene *scene);

/* The store's next message, which must be of this type. */
struct scene_event scene_expect(struct scene *scene, enum message_type type);
/* No message comes for that long. */
void scene_expect_nothing(struct scene *scene, int ms);
/* Lets the loop run until body bytes are there. */
void scene_expect_body(struct scene *scene, size_t len);

void scene_want(struct scene *scene, uint32_t id, uint32_t bytes);
void scene_answer(struct scene *scene, uint32_t id, unsigned status, const char *body);
void scene_answer_head(struct scene *scene, uint32_t id, unsigned status, uint64_t len);
void scene_answer_body(struct scene *scene, uint32_t id, const void *data, size_t len);
void scene_decoy(struct scene *scene, uint32_t id);

/* Strangers, with blocking sockets. */
int scene_connect(int port);
/* NULL where no handshake comes about. */
SSL *scene_tls(int port, int highest_version);
SSL *scene_stranger(struct scene *scene);
void scene_starts_with(const char *text, const char *start);
void scene_send(SSL *ssl, const char *text);
/* One answer, its body included (none for a HEAD), into a static buffer; "" where the connection ended before
 * one. */
const char *scene_receive(SSL *ssl, bool head_only);
/* The connection ends within ms, with nothing more sent. */
bool scene_ends(SSL *ssl, int ms);
void scene_leave(SSL *ssl);

#endif
