/* The network-facing role when clients are slow or many, and when it ends. */
#include "front_scene.h"

#include <linux/tcp.h> /* knows more of tcp_info than netinet/tcp.h */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: Test.Example\r\n"

static void deadlines(void **state)
{
	static const struct scene_setting hasty[] = { { "handshake_seconds", "1" },
		{ "headers_seconds", "1" }, { "body_seconds", "1" },
		{ "minimum_bytes_per_second", "1000000" }, { "idle_seconds", "2" }, { NULL, NULL } };
	struct scene *scene = scene_open(hasty);
	char byte;
	(void)state;
	int silent = scene_connect(scene->port);
	SSL *idle = scene_stranger(scene);
	SSL *slow = scene_stranger(scene);
	SSL *kept = scene_stranger(scene);
	SSL *body = scene_stranger(scene);
	scene_send(kept, "GET / HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(kept, false), "HTTP/1.1 200 OK\r\n");
	scene_send(body, "PUT " SCENE_API "x HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\n");
	struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
	scene_want(scene, request.id, 100);
	/* A byte now and then doesn't put a deadline off. */
	scene_send(slow, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < 8; i++) {
		SSL_write(slow, "X", 1);
		SSL_write(body, "x", 1);
		scene_expect_body(scene, scene->body_len); /* lets some time pass */
		usleep(200000);
	}
	assert_int_equal(recv(silent, &byte, 1, 0), 0);
	assert_true(scene_ends(idle, 0));
	assert_true(scene_ends(slow, 0));
	assert_true(scene_ends(body, 0));
	assert_int_equal(scene_expect(scene, MESSAGE_REQUEST_GONE).id, request.id);
	assert_true(scene_ends(kept, 1500));
	close(silent);
	scene_leave(idle);
	scene_leave(slow);
	scene_leave(body);
	scene_leave(kept);
	assert_int_equal(scene_close(scene), 0);
}

static void caps(void **state)
{
	static const struct scene_setting few[] = { { "connections_per_group", "2" },
		{ "requests_per_connection", "2" }, { NULL, NULL } };
	struct scene *scene = scene_open(few);
	(void)state;
	SSL *first = scene_stranger(scene);
	SSL *second = scene_stranger(scene);
	assert_null(scene_tls(scene->port, TLS1_3_VERSION));
	scene_leave(second);
	scene_expect_nothing(scene, 100);
	second = scene_stranger(scene);
	scene_send(first, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(scene_receive(first, false), "Connection: keep-alive\r\n"));
	scene_send(first, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(scene_receive(first, false), "Connection: close\r\n"));
	assert_true(scene_ends(first, 1000));
	/* The shared listener counts for itself, and lets the fourth wait instead of turning it away. */
	SSL *shared[3];
	for (size_t i = 0; i < COUNT_OF(shared); i++)
		assert_non_null(shared[i] = scene_tls(scene->shared_port, TLS1_3_VERSION));
	int waiting = scene_connect(scene->shared_port);
	char byte;
	assert_int_equal(recv(waiting, &byte, 1, MSG_DONTWAIT), -1);
	usleep(100000);
	assert_int_equal(recv(waiting, &byte, 1, MSG_DONTWAIT), -1);
	close(waiting);
	for (size_t i = 0; i < COUNT_OF(shared); i++)
		scene_leave(shared[i]);
	shared[0] = scene_tls(scene->shared_port, TLS1_3_VERSION);
	assert_non_null(shared[0]);
	scene_leave(shared[0]);
	scene_leave(first);
	scene_leave(second);
	assert_int_equal(scene_close(scene), 0);
}

static void drain(void **state)
{
	struct scene *scene = scene_open(NULL);
	(void)state;
	SSL *idle = scene_stranger(scene);
	SSL *fresh = scene_stranger(scene);
	SSL *answered = scene_stranger(scene);
	SSL *held = scene_stranger(scene);
	scene_send(idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
	scene_starts_with(scene_receive(idle, false), "HTTP/1.1 200 ");
	scene_send(answered, "GET " SCENE_API "a HTTP/1.1\r\n" HOST "\r\n");
	struct scene_event request = scene_expect(scene, MESSAGE_REQUEST);
	scene_send(held, "GET " SCENE_API "desks/d/alerts?wait=300 HTTP/1.1\r\n" HOST "\r\n");
	struct scene_event waiting = scene_expect(scene, MESSAGE_REQUEST);
	scene_drain(scene);
	scene_expect_nothing(scene, 100);
	assert_true(scene_ends(idle, 1000));
	/* Whoever came before and hasn't asked yet is answered, once. */
	scene_send(fresh, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(scene_receive(fresh, false), "Connection: close\r\n"));
	scene_answer(scene, request.id, 200, "ok");
	assert_non_null(strstr(scene_receive(answered, false), "Connection: close\r\n"));
	/* What the store holds longer is told to come again. */
	assert_int_equal(scene_expect(scene, MESSAGE_REQUEST_GONE).id, waiting.id);
	scene_starts_with(scene_receive(held, false), "HTTP/1.1 503 ");
	scene_leave(idle);
	scene_leave(fresh);
	scene_leave(answered);
	scene_leave(held);
	assert_int_equal(scene_wait(scene), 0);
}

/* Changes its key again and again, and never asks for anything. */
static pid_t flood_with_keys(SSL *ssl)
{
	pid_t child = fork();

	assert_true(child >= 0);
	while (child == 0) {
		if (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 || SSL_do_handshake(ssl) != 1)
			_exit(0);
	}
	return child;
}

/* Records without content are work that nothing bounds: others have their turn all the same. */
static void keys_without_end(void **state)
{
	struct scene *scene = scene_open(NULL);
	SSL *flooding[3];
	pid_t children[3];
	(void)state;
	for (size_t i = 0; i < 3; i++)
		flooding[i] = scene_stranger(scene);
	for (size_t i = 0; i < 3; i++)
		children[i] = flood_with_keys(flooding[i]);
	for (int i = 0; i < 3; i++) {
		SSL *honest = scene_stranger(scene);
		scene_send(honest, "GET / HTTP/1.1\r\n" HOST "\r\n");
		scene_starts_with(scene_receive(honest, false), "HTTP/1.1 200 OK\r\n");
		scene_leave(honest);
	}
	for (size_t i = 0; i < 3; i++) {
		kill(children[i], SIGKILL);
		assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
		scene_leave(flooding[i]);
	}
	assert_int_equal(scene_close(scene), 0);
}

/* Answer, goodbye and end: each packet more costs both sides a way through the kernel. */
static void last_answer_is_one_packet(void **state)
{
	struct scene *scene = scene_open(NULL);
	struct tcp_info before, after;
	socklen_t len = sizeof before;
	SSL *ssl = scene_stranger(scene);
	int fd = SSL_get_fd(ssl);
	(void)state;
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &before, &len), 0);
	scene_send(ssl, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 200 OK\r\n");
	assert_true(scene_ends(ssl, 2000));
	assert_int_equal(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &after, &len), 0);
	assert_int_equal(after.tcpi_data_segs_in - before.tcpi_data_segs_in, 1);
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

/* Whoever goes on sending behind her last request still gets its answer: closing on what wasn't read must not
 * throw away what the kernel holds back. */
static void last_answer_reaches_who_goes_on_sending(void **state)
{
	static char more[65536];
	struct scene *scene = scene_open(NULL);
	SSL *ssl = scene_stranger(scene);
	(void)state;
	memset(more, 'x', sizeof more - 1);
	kill(scene->front, SIGSTOP);
	scene_send(ssl, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	scene_send(ssl, more);
	kill(scene->front, SIGCONT);
	scene_starts_with(scene_receive(ssl, false), "HTTP/1.1 ");
	scene_leave(ssl);
	assert_int_equal(scene_close(scene), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_answer_is_one_packet),
		cmocka_unit_test(last_answer_reaches_who_goes_on_sending),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(caps),
		cmocka_unit_test(drain),
		cmocka_unit_test(keys_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
