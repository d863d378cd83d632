/* The network-facing role from outside: what strangers see, and what the store is told. */
#include "front_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: Test.Example\r\n"

static void tls_1_3_and_nothing_that_names_us(void **state)
{
	struct scene *scene = scene_open(NULL);
	const unsigned char *protocol = NULL;
	unsigned int protocol_len = 0;
	(void)state;
	SSL *ssl = scene_stranger(scene);
	assert_int_equal(SSL_version(ssl), TLS1_3_VERSION);
	SSL_get0_alpn_selected(ssl, &protocol, &protocol_len);
	assert_int_equal(protocol_len, 0);
	scene_send(ssl, "GET / HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	assert_false(SSL_SESSION_is_resumable(SSL_get_session(ssl))); /* no ticket came */
	scene_leave(ssl);
	assert_null(scene_tls(scene->port, TLS1_2_VERSION));
	assert_int_equal(scene_close(scene), 0);
}

static SSL_SESSION *of_her_own_making;

static int offer_session(
	SSL *ssl, const EVP_MD *digest, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
	(void)ssl;
	(void)digest;
	*id = (const unsigned char *)"ticket";
	*id_len = strlen("ticket");
	SSL_SESSION_up_ref(of_her_own_making);
	*session = of_her_own_making;
	return 1;
}

/* Who sends a request before the handshake is over, under a session that front never gave, is not heard: it
 * could be sent again by anybody. */
static void early_data_is_not_heard(void **state)
{
	static const unsigned char suite[] = { 0x13, 0x01 }, key[32] = { 1 };
	static const char early[] = "GET " SCENE_API "early HTTP/1.1\r\n" HOST "\r\n";
	struct scene *scene = scene_open(NULL);
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	size_t written = 0;
	(void)state;
	SSL_CTX_set_psk_use_session_callback(context, offer_session);
	SSL *ssl = SSL_new(context);
	of_her_own_making = SSL_SESSION_new();
	assert_int_equal(SSL_SESSION_set1_master_key(of_her_own_making, key, sizeof key), 1);
	assert_int_equal(SSL_SESSION_set_cipher(of_her_own_making, SSL_CIPHER_find(ssl, suite)), 1);
	assert_int_equal(SSL_SESSION_set_protocol_version(of_her_own_making, TLS1_3_VERSION), 1);
	assert_int_equal(SSL_SESSION_set_max_early_data(of_her_own_making, 16384), 1);
	SSL_set_fd(ssl, scene_connect(scene->port));
	assert_int_equal(SSL_write_early_data(ssl, early, sizeof early - 1, &written), 1);
	assert_int_equal(SSL_connect(ssl), 1);
	assert_int_equal(SSL_get_early_data_status(ssl), SSL_EARLY_DATA_REJECTED);
	scene_expect_nothing(scene, 50);
	scene_send(ssl, "GET /hello.html HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	scene_leave(ssl);
	SSL_SESSION_free(of_her_own_making);
	SSL_CTX_free(context);
	assert_int_equal(scene_close(scene), 0);
}

static void plain_text_gets_nothing(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct scene *scene = scene_open(NULL);
	char answer[64];
	(void)state;
	int fd = scene_connect(scene->port);
	assert_int_equal(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
	ssize_t got = recv(fd, answer, sizeof answer, 0);
	/* At most a TLS alert. */
	assert_true(got <= 7);
	assert_true(got <= 0 || answer[0] == 0x15);
	close(fd);
	assert_int_equal(scene_close(scene), 0);
}

static void decoy_site(void **state)
{
	struct scene *scene = scene_open(NULL);
	char not_found[4096];
	(void)state;
	SSL *ssl = scene_stranger(scene);
	scene_send(ssl, "GET /hello.html HTTP/1.1\r\n" HOST "\r\n");
	const char *answer = scene_receive(ssl, false);
	scene_starts_with(answer,
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\nConnection: "
		"keep-alive\r\n\r\n");
	assert_non_null(strstr(answer, "<p>hello</p>\n"));
	scene_send(ssl, "HEAD /hello.html HTTP/1.1\r\n" HOST "\r\n");
	answer = scene_receive(ssl, true);
	assert_non_null(strstr(answer, "\r\nContent-Length: 13\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	scene_send(ssl, "GET /nothing HTTP/1.1\r\n" HOST "\r\n");
	snprintf(not_found, sizeof not_found, "%s", scene_receive(ssl, false));
	scene_starts_with(not_found, "HTTP/1.1 404 Not Found\r\n");
	/* A wrong base, a right one without the rest, and another method: the same bytes. */
	static const char *const others[] = { "GET /AbCdEfGhIjKlMnOpQrStUw/v1/roster", "DELETE /",
		"GET /" SCENE_BASE, "GET /" SCENE_BASE "/v2/roster", "GET /" SCENE_BASE "/v1" };
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		char request[256];
		snprintf(request, sizeof request, "%s HTTP/1.1\r\n" HOST "\r\n", others[i]);
		scene_send(ssl, request);
		assert_string_equal(scene_receive(ssl, false), not_found);
	}
	/* What the store doesn't know either. */
	scene_send(ssl, "GET " SCENE_API "nothing HTTP/1.1\r\n" HOST "\r\n");
	scene_decoy(scene, scene_expect(scene, MESSAGE_REQUEST).id);
	assert_string_equal(scene_receive(ssl, false), not_found);
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

/* A body isn't read outside the base path; inside it an unknown path looks the same. */
static void decoy_site_and_bodies(void **state)
{
	struct scene *scene = scene_open(NULL);
	char outside[4096];
	(void)state;
	SSL *ssl = scene_stranger(scene);
	scene_send(ssl, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd");
	snprintf(outside, sizeof outside, "%s", scene_receive(ssl, false));
	scene_starts_with(outside, "HTTP/1.1 404 Not Found\r\n");
	assert_non_null(strstr(outside, "Connection: close\r\n"));
	assert_true(scene_ends(ssl, 1000));
	scene_leave(ssl);
	ssl = scene_stranger(scene);
	scene_send(ssl, "POST " SCENE_API "x HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd");
	scene_decoy(scene, scene_expect(scene, MESSAGE_REQUEST).id);
	assert_string_equal(scene_receive(ssl, false), outside);
	assert_true(scene_ends(ssl, 1000));
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

static void malformed(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\n" HOST "\n",
		"GET " SCENE_API "roster HTTP/1.1\r\n\r\n",
		"POST " SCENE_API "uploads HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET " SCENE_API "roster HTTP/1.0\r\n" HOST "\r\n",
	};
	struct scene *scene = scene_open(NULL);
	char first[4096] = "";
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		SSL *ssl = scene_stranger(scene);
		scene_send(ssl, requests[i]);
		const char *answer = scene_receive(ssl, false);
		scene_starts_with(answer, "HTTP/1.1 400 Bad Request\r\n");
		if (i == 0)
			snprintf(first, sizeof first, "%s", answer);
		assert_string_equal(answer, first);
		assert_true(scene_ends(ssl, 1000));
		scene_leave(ssl);
	}
	scene_expect_nothing(scene, 50);
	assert_int_equal(scene_close(scene), 0);
}

static void request_and_answer(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *ssl = scene_stranger(scene);
	for (unsigned i = 0; i < 3; i++) {
		scene_send(ssl, "GET " SCENE_API "roster?x=1 HTTP/1.1\r\n" HOST "Upload-Key: abc\r\n\r\n");
		struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
		assert_int_equal(request.method, METHOD_GET);
		assert_string_equal(request.target, SCENE_API "roster?x=1");
		assert_string_equal(request.authority, "test.example");
		assert_string_equal(request.upload_key, "abc");
		assert_false(request.has_body);
		scene_answer(scene, request.id, 200, "body");
		assert_string_equal(scene_receive(ssl, false),
			"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 4\r\n"
			"Connection: keep-alive\r\n\r\nbody");
	}
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

static void head_has_no_body(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *ssl = scene_stranger(scene);
	scene_send(ssl, "HEAD " SCENE_API "reports/x HTTP/1.1\r\n" HOST "\r\n");
	/* A body that the store sends all the same goes nowhere. */
	scene_answer(scene, scene_expect(scene, MESSAGE_REQUEST).id, 404, "body");
	const char *answer = scene_receive(ssl, true);
	assert_non_null(strstr(answer, "Content-Length: 4\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	scene_send(ssl, "GET / HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

static void length_required(void **state)
{
	static const char *const methods[] = { "POST", "PUT", "PATCH" };
	struct scene *scene = scene_open(NULL);
	char request[256];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		SSL *ssl = scene_stranger(scene);
		snprintf(request, sizeof request, "%s " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n",
			methods[i]);
		scene_send(ssl, request);
		const char *answer = scene_receive(ssl, false);
		scene_starts_with(
			answer, "HTTP/1.1 411 Length Required\r\nContent-Type: application/problem+json\r\n");
		assert_non_null(strstr(answer, "/problems/length-required"));
		assert_true(scene_ends(ssl, 1000));
		scene_leave(ssl);
	}
	scene_expect_nothing(scene, 50);
	assert_int_equal(scene_close(scene), 0);
}

static void body_under_credit(void **state)
{
	static char body[100 * 1024];
	struct scene *scene = scene_open(NULL);
	char head[256];
	(void)state;
	SSL *ssl = scene_stranger(scene);
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)('a' + i % 23);
	snprintf(head, sizeof head,
		"PUT " SCENE_API "reports/x HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", sizeof body);
	scene_send(ssl, head);
	assert_int_equal(SSL_write(ssl, body, sizeof body), sizeof body);
	struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
	assert_true(request.has_body);
	assert_int_equal(request.content_length, sizeof body);
	/* What front may send unasked, and not a byte more. */
	scene_expect_body(scene, CHANNEL_FIRST_CREDIT);
	scene_expect_nothing(scene, 100);
	scene_want(scene, request.id, 10);
	scene_expect_body(scene, CHANNEL_FIRST_CREDIT + 10);
	scene_want(scene, request.id, 50000);
	scene_expect_body(scene, CHANNEL_FIRST_CREDIT + 50010);
	scene_expect_nothing(scene, 100);
	scene_want(scene, request.id, 1000000);
	scene_expect_body(scene, sizeof body);
	assert_memory_equal(scene->body, body, sizeof body);
	scene_answer(scene, request.id, 201, "ok");
	const char *answer = scene_receive(ssl, false);
	scene_starts_with(answer, "HTTP/1.1 201 Created\r\n");
	assert_non_null(strstr(answer, "Connection: keep-alive\r\n"));
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

/* Refused in the middle of the body: the client can read why, and the connection ends. */
static void answer_before_the_end_of_the_body(void **state)
{
	static char body[64 * 1024];
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *ssl = scene_stranger(scene);
	memset(body, 'x', sizeof body);
	scene_send(ssl, "PUT " SCENE_API "reports/x HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
	scene_answer(scene, scene_expect(scene, MESSAGE_REQUEST).id, 413, "too much");
	for (int i = 0; i < 10; i++)
		assert_int_equal(SSL_write(ssl, body, sizeof body), sizeof body);
	const char *answer = scene_receive(ssl, false);
	scene_starts_with(answer, "HTTP/1.1 413 Content Too Large\r\n");
	assert_non_null(strstr(answer, "Connection: close\r\n"));
	assert_true(scene_ends(ssl, 1000));
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

static void answer_under_credit(void **state)
{
	static char piece[64 * 1024];
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *ssl = scene_stranger(scene);
	memset(piece, 'p', sizeof piece);
	scene_send(ssl, "GET " SCENE_API "reports/x HTTP/1.1\r\n" HOST "\r\n");
	struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
	scene_answer_head(scene, request.id, 200, 3 * sizeof piece);
	scene_answer_body(scene, request.id, piece, sizeof piece);
	struct scene_event taken = scene_expect(scene, MESSAGE_ANSWER_TAKEN);
	assert_int_equal(taken.id, request.id);
	assert_int_equal(taken.bytes, sizeof piece);
	scene_answer_body(scene, request.id, piece, sizeof piece);
	assert_int_equal(scene_expect(scene, MESSAGE_ANSWER_TAKEN).bytes, sizeof piece);
	scene_answer_body(scene, request.id, piece, sizeof piece);
	const char *answer = scene_receive(ssl, false);
	assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), 3 * sizeof piece);
	scene_expect_nothing(scene, 50); /* the last of it needs no word */
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

static void client_that_leaves_a_long_poll(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	for (int politely = 0; politely < 2; politely++) {
		SSL *ssl = scene_stranger(scene);
		scene_send(ssl, "GET " SCENE_API "desks/d/alerts?wait=300 HTTP/1.1\r\n" HOST "\r\n");
		struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
		scene_expect_nothing(scene, 50);
		if (politely)
			SSL_shutdown(ssl);
		scene_leave(ssl);
		assert_int_equal(scene_expect(scene, MESSAGE_REQUEST_GONE).id, request.id);
		/* An answer that crosses it is no fault. */
		scene_answer(scene, request.id, 200, "late");
	}
	scene_expect_nothing(scene, 50);
	assert_false(scene->store_ended);
	assert_int_equal(scene_close(scene), 0);
}

static void bytes_while_a_request_is_held(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *ssl = scene_stranger(scene);
	scene_send(ssl, "GET " SCENE_API "desks/d/alerts?wait=300 HTTP/1.1\r\n" HOST "\r\n");
	struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
	scene_send(ssl, "x");
	assert_int_equal(scene_expect(scene, MESSAGE_REQUEST_GONE).id, request.id);
	assert_true(scene_ends(ssl, 1000));
	scene_leave(ssl);
	/* The same where they came with the request. */
	ssl = scene_stranger(scene);
	scene_send(ssl,
		"GET " SCENE_API "a HTTP/1.1\r\n" HOST "\r\nGET " SCENE_API "b HTTP/1.1\r\n" HOST "\r\n");
	request = scene_expect(scene, MESSAGE_REQUEST);
	assert_int_equal(scene_expect(scene, MESSAGE_REQUEST_GONE).id, request.id);
	assert_true(scene_ends(ssl, 1000));
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

static void store_that_is_lost(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *ssl = scene_stranger(scene);
	SSL *other = scene_stranger(scene);
	scene_send(ssl, "GET " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n");
	scene_expect(scene, MESSAGE_REQUEST);
	scene_lose_store(scene);
	const char *answer = scene_receive(ssl, false);
	scene_starts_with(
		answer, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n");
	assert_non_null(strstr(answer, "/problems/busy"));
	assert_true(scene_ends(ssl, 1000));
	scene_leave(ssl);
	scene_send(other, "HEAD " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(other, true), "HTTP/1.1 503 ");
	scene_leave(other);
	/* The decoy site goes on, and so does everything with a new store. */
	ssl = scene_stranger(scene);
	scene_send(ssl, "GET / HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	scene_new_store(scene);
	scene_expect_nothing(scene, 50);
	scene_send(ssl, "GET " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n");
	scene_answer(scene, scene_expect(scene, MESSAGE_REQUEST).id, 200, "ok");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

enum lie { LIE_UNKNOWN_ID, LIE_TWO_ANSWERS, LIE_TOO_MUCH, LIE_NO_HEAD, LIE_BODY_OF_204, LIES };

static void tell(struct scene *scene, enum lie lie, uint32_t id)
{
	switch (lie) {
	case LIE_UNKNOWN_ID:
		scene_answer_head(scene, id + 1000, 200, 0);
		break;
	case LIE_TWO_ANSWERS:
		scene_answer_head(scene, id, 200, 10);
		scene_answer_head(scene, id, 200, 10);
		break;
	case LIE_TOO_MUCH:
		scene_answer_head(scene, id, 200, 3);
		scene_answer_body(scene, id, "abcd", 4);
		break;
	case LIE_NO_HEAD:
		scene_answer_body(scene, id, "abcd", 4);
		break;
	case LIE_BODY_OF_204:
		scene_answer_head(scene, id, 204, 1);
		break;
	case LIES:
		break;
	}
}

/* front believes no message that breaks the order of an exchange. */
static void store_that_lies(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	for (enum lie lie = 0; lie < LIES; lie++) {
		SSL *ssl = scene_stranger(scene);
		scene_send(ssl, "GET " SCENE_API "roster HTTP/1.1\r\n" HOST "\r\n");
		tell(scene, lie, scene_expect(scene, MESSAGE_REQUEST).id);
		for (int i = 0; i < 100 && !scene->store_ended; i++)
			scene_expect_nothing(scene, 10);
		assert_true(scene->store_ended);
		scene_leave(ssl);
		scene_new_store(scene);
	}
	assert_int_equal(scene_close(scene), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_1_3_and_nothing_that_names_us),
		cmocka_unit_test(early_data_is_not_heard),
		cmocka_unit_test(plain_text_gets_nothing),
		cmocka_unit_test(decoy_site),
		cmocka_unit_test(decoy_site_and_bodies),
		cmocka_unit_test(malformed),
		cmocka_unit_test(request_and_answer),
		cmocka_unit_test(head_has_no_body),
		cmocka_unit_test(length_required),
		cmocka_unit_test(body_under_credit),
		cmocka_unit_test(answer_before_the_end_of_the_body),
		cmocka_unit_test(answer_under_credit),
		cmocka_unit_test(client_that_leaves_a_long_poll),
		cmocka_unit_test(bytes_while_a_request_is_held),
		cmocka_unit_test(store_that_is_lost),
		cmocka_unit_test(store_that_lies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
