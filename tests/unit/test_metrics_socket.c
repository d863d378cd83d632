#include "cmocka_all.h"

#include "metrics_socket.h"

#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for),
		cmocka_unit_test(head_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
