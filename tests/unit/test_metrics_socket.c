#include "cmocka_all.h"

#include "metrics_socket.h"
#include "no_descriptors.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static enum metrics_wish wish(const char *text, bool *ret_head_only)
{
	return metrics_wish_of((const uint8_t *)text, strlen(text), ret_head_only);
}

static void what_is_asked_for(void **state)
{
	static const struct {
		const char *text;
		enum metrics_wish wish;
	} rows[] = {
		{ "", METRICS_MORE },
		{ "GET /metrics HTTP/1.1\r\nHost: localhost\r\n", METRICS_MORE },
		{ "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", METRICS_METRICS },
		{ "HEAD /metrics HTTP/1.1\r\n\r\n", METRICS_METRICS },
		{ "GET /health HTTP/1.0\n\n", METRICS_HEALTH },
		{ "GET /healthy HTTP/1.0\r\n\r\n", METRICS_UNKNOWN },
		{ "GET /metrics?x=1 HTTP/1.0\r\n\r\n", METRICS_UNKNOWN },
		{ "GET /\r\n\r\n", METRICS_UNKNOWN },
		{ "GET\r\n\r\n", METRICS_NOT_GET },
		{ "\r\n\r\n", METRICS_NOT_GET },
		{ "\n\n", METRICS_NOT_GET },
		{ "POST /metrics HTTP/1.1\r\n\r\n", METRICS_NOT_GET },
		{ "get /metrics HTTP/1.1\r\n\r\n", METRICS_NOT_GET },
	};
	bool head_only;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(rows); at++)
		assert_int_equal(wish(rows[at].text, &head_only), rows[at].wish);
}

static void head_alone(void **state)
{
	bool head_only = false;

	(void)state;
	assert_int_equal(wish("HEAD /health HTTP/1.1\r\n\r\n", &head_only), METRICS_HEALTH);
	assert_true(head_only);
	assert_int_equal(wish("GET /health HTTP/1.1\r\n\r\n", &head_only), METRICS_HEALTH);
	assert_false(head_only);
}

static int listening(struct sockaddr_un *ret_address, socklen_t *ret_size)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const sa_family_t family = AF_UNIX; /* without a name: the kernel chooses an abstract one */

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&(struct sockaddr_un){ .sun_family = family },
				 sizeof family),
		0);
	assert_int_equal(listen(fd, 4), 0);
	*ret_size = sizeof *ret_address;
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, ret_size), 0);
	return fd;
}

/* A supervisor without a descriptor rests until it is worth trying again, and then answers who waited. */
static void without_descriptors_it_waits(void **state)
{
	static const char question[] = "POST /metrics HTTP/1.1\r\n\r\n";
	struct event_base *base = event_base_new();
	struct sockaddr_un address;
	socklen_t size;
	const int fd = listening(&address, &size);
	struct metrics_socket *metrics = metrics_socket_new(base, fd, NULL);
	const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[64] = "";
	struct rlimit before;

	(void)state;
	assert_non_null(metrics);
	assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(send(client, question, sizeof question - 1, 0), sizeof question - 1);
	before = no_descriptors();
	assert_in_range(turns_of(base), 1, 12);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	(void)turns_of(base);
	assert_true(recv(client, answer, sizeof answer - 1, MSG_DONTWAIT) > 0);
	assert_memory_equal(answer, "HTTP/1.0 405", 12);
	close(client);
	metrics_socket_free(metrics);
	event_base_free(base);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for),
		cmocka_unit_test(head_alone),
		cmocka_unit_test(without_descriptors_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
