/* The strict HTTP subset. Each kind of hostile request that servers of this size are known to take is a test
 * by name; the file of verdicts has many more, with what llhttp makes of them. */
#include "http_verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOST "Host: a.example\r\n"

static char verdict[VERDICT_SIZE];
static char theirs[VERDICT_SIZE];

static const char *judge_bytes(const char *input, size_t len)
{
	verdict_ours((const uint8_t *)input, len, len, verdict);
	if (verdict_have_llhttp()) {
		verdict_llhttp((const uint8_t *)input, len, theirs);
		if (!verdict_agrees(verdict, theirs))
			fail_msg("%s\nhere: %s\nllhttp: %s", input, verdict, theirs);
	}
	return verdict;
}

static const char *judge(const char *input)
{
	return judge_bytes(input, strlen(input));
}

#define assert_refused(input) assert_string_equal(judge(input), "reject")

static void length_and_transfer_encoding(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n");
}

static void two_lengths(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 4\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 5\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n\r\n");
}

static void signed_length(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: +4\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: -4\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 04\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 1099511627777\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551620\r\n\r\n");
}

static void odd_transfer_encoding(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST "transfer-encoding:\r\n\r\n");
}

static void odd_chunk_sizes_and_lines(void **state)
{
	static const char *const chunks[] = { "0x4\r\nabcd\r\n0\r\n\r\n", "+4\r\nabcd\r\n0\r\n\r\n",
		"-0\r\n\r\n", "4\nabcd\n0\n\n" };
	char input[256];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(chunks); i++) {
		snprintf(input, sizeof input,
			"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%s", chunks[i]);
		assert_refused(input);
	}
}

static void bare_line_feeds(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\n" HOST "\r\n");
	assert_refused("GET / HTTP/1.1\r\nHost: a.example\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST "\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST "X-A: b\rX-C: d\r\n\r\n");
	assert_refused("\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
}

static void folded_lines(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\r\n" HOST "X-A: b\r\n c\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST "X-A: b\r\n\tc\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n " HOST "\r\n");
}

static void nul_in_a_value(void **state)
{
	static const char input[] = "GET / HTTP/1.1\r\n" HOST "X-A: b\0c\r\n\r\n";
	(void)state;
	assert_string_equal(judge_bytes(input, sizeof input - 1), "reject");
}

static void space_before_the_colon(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length : 4\r\n\r\n");
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length\t: 4\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\nHost : a.example\r\n\r\n");
}

static void no_host_or_two(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST HOST "\r\n");
	assert_refused("GET / HTTP/1.1\r\nHost:\r\n" HOST "\r\n");
	assert_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\nHost: a.example:0\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\nHost: a.example:65536\r\n\r\n");
}

static void absolute_target(void **state)
{
	(void)state;
	assert_refused("GET http://a.example/ HTTP/1.1\r\n" HOST "\r\n");
	assert_refused("OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
	assert_refused("CONNECT a.example:443 HTTP/1.1\r\n" HOST "\r\n");
}

static void transfer_encoding_of_http_1_0(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	assert_refused("GET / HTTP/1.0\r\n" HOST "\r\n");
}

static void control_bytes_in_the_target(void **state)
{
	static const char nul[] = "GET /a\0b HTTP/1.1\r\n" HOST "\r\n";
	(void)state;
	assert_string_equal(judge_bytes(nul, sizeof nul - 1), "reject");
	assert_refused("GET /\x01 HTTP/1.1\r\n" HOST "\r\n");
	assert_refused("GET /a\tb HTTP/1.1\r\n" HOST "\r\n");
	assert_refused("GET /\x7f HTTP/1.1\r\n" HOST "\r\n");
	assert_refused("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n");
	assert_refused("GET /#a HTTP/1.1\r\n" HOST "\r\n");
}

static void methods(void **state)
{
	(void)state;
	assert_string_equal(judge("PATCH /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd"),
		"accept PATCH /a length=4 host=a.example close=0 rest=4");
	/* Not ours, yet HTTP: the decoy site answers. */
	assert_string_equal(judge("OPTIONS / HTTP/1.1\r\n" HOST "\r\n"),
		"accept OTHER / length=0 host=a.example close=0 rest=0");
	assert_string_equal(judge("TRACE / HTTP/1.1\r\n" HOST "\r\n"),
		"accept OTHER / length=0 host=a.example close=0 rest=0");
	assert_refused("get / HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(" / HTTP/1.1\r\n" HOST "\r\n");
}

static void bodies_where_none_belongs(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na");
	assert_refused("HEAD / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na");
	assert_refused("DELETE / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na");
	assert_string_equal(judge("GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"),
		"accept GET / length=0 host=a.example close=0 rest=0");
}

static void expectations_and_upgrades(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\n\r\n");
	assert_refused("GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\n\r\n");
	assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static void fields_arrive(void **state)
{
	static const char head[] =
		"PUT /t?q HTTP/1.1\r\nHost: A.Example:8443\r\nContent-Length: 7\r\nConnection: close\r\n"
		"Content-Type: t/p\r\nContent-Digest: d\r\nSignature-Input: si\r\nSignature: s\r\n"
		"Authorization:  a b  \r\nMailbox-Key: mk\r\nHold-Key: hk\r\nUpload-Key: uk\r\n"
		"Upload-Offset: 1\r\nUpload-Complete: ?0\r\nX-Unknown: x\r\n\r\n";
	static const char *const expected[HTTP_FIELD_COUNT] = { [HTTP_HOST] = "a.example:8443",
		[HTTP_CONTENT_LENGTH] = "7",
		[HTTP_CONNECTION] = "close",
		[HTTP_CONTENT_TYPE] = "t/p",
		[HTTP_CONTENT_DIGEST] = "d",
		[HTTP_SIGNATURE_INPUT] = "si",
		[HTTP_SIGNATURE] = "s",
		[HTTP_AUTHORIZATION] = "a b",
		[HTTP_MAILBOX_KEY] = "mk",
		[HTTP_HOLD_KEY] = "hk",
		[HTTP_UPLOAD_KEY] = "uk",
		[HTTP_UPLOAD_OFFSET] = "1",
		[HTTP_UPLOAD_COMPLETE] = "?0" };
	struct http_parser *parser = http_parser_new();
	size_t taken = 0;
	(void)state;
	assert_non_null(parser);
	assert_int_equal(
		http_parser_feed(parser, (const uint8_t *)head, sizeof head - 1, &taken), HTTP_COMPLETE);
	assert_int_equal(taken, sizeof head - 1);
	const struct http_request *request = http_parser_request(parser);
	assert_int_equal(request->method, METHOD_PUT);
	assert_string_equal(request->target, "/t?q");
	assert_true(request->has_length);
	assert_int_equal(request->content_length, 7);
	assert_true(request->close);
	for (size_t i = 0; i < HTTP_FIELD_COUNT; i++)
		assert_string_equal(request->field[i], expected[i]);
	/* Nothing of one request is left for the next. */
	http_parser_reset(parser);
	static const char next[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	assert_int_equal(
		http_parser_feed(parser, (const uint8_t *)next, sizeof next - 1, &taken), HTTP_COMPLETE);
	assert_string_equal(http_parser_request(parser)->field[HTTP_AUTHORIZATION], "");
	assert_false(http_parser_request(parser)->has_length);
	assert_false(http_parser_request(parser)->close);
	http_parser_free(parser);
}

/* A head with fields that many bytes and lines long. */
static void build(char *input, size_t size, size_t value_len, unsigned lines)
{
	size_t len = (size_t)snprintf(input, size, "GET / HTTP/1.1\r\n" HOST);
	for (unsigned i = 0; i < lines; i++)
		len += (size_t)snprintf(input + len, size - len, "X: y\r\n");
	len += (size_t)snprintf(input + len, size - len, "X: ");
	memset(input + len, 'a', value_len);
	snprintf(input + len + value_len, size - len - value_len, "\r\n\r\n");
}

static void limits(void **state)
{
	static char input[3 * HTTP_HEAD_MAX];
	(void)state;
	build(input, sizeof input, 0, 0);
	const size_t rest = HTTP_HEAD_MAX - strlen(input);
	build(input, sizeof input, rest, 0);
	assert_memory_equal(judge(input), "accept", 6);
	build(input, sizeof input, rest + 1, 0);
	assert_refused(input);
	build(input, sizeof input, 1, HTTP_FIELDS_MAX - 2);
	assert_memory_equal(judge(input), "accept", 6);
	build(input, sizeof input, 1, HTTP_FIELDS_MAX - 1);
	assert_refused(input);
	for (size_t extra = 0; extra < 2; extra++) {
		size_t len = (size_t)snprintf(input, sizeof input, "GET /");
		memset(input + len, 'a', HTTP_TARGET_MAX - 1 + extra);
		snprintf(input + len + HTTP_TARGET_MAX - 1 + extra, 100, " HTTP/1.1\r\n" HOST "\r\n");
		assert_memory_equal(judge(input), extra == 0 ? "accept" : "reject", 6);
		len = (size_t)snprintf(input, sizeof input, "GET / HTTP/1.1\r\n" HOST "Signature: ");
		memset(input + len, 'a', HTTP_VALUE_MAX + extra);
		snprintf(input + len + HTTP_VALUE_MAX + extra, 100, "\r\n\r\n");
		assert_memory_equal(judge(input), extra == 0 ? "accept" : "reject", 6);
	}
}

/* A line that never ends is refused as soon as it is too long, not held. */
static void endless_line(void **state)
{
	static char input[HTTP_HEAD_MAX + 1];
	(void)state;
	memset(input, 'A', sizeof input);
	assert_string_equal(judge_bytes(input, HTTP_HEAD_MAX), "more");
	verdict_ours((const uint8_t *)input, sizeof input, 1, verdict);
	assert_string_equal(verdict, "reject");
}

static void each_recorded_verdict(void **state)
{
	static char line[VERDICT_INPUT_MAX];
	static uint8_t data[VERDICT_INPUT_MAX];
	unsigned rows = 0;
	unsigned accepted = 0;
	FILE *file = fopen(SOURCE_ROOT "/tests/unit/data/http_verdicts.txt", "r");
	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		if (line[0] == '#')
			continue;
		char *llhttp = strchr(line, '\t');
		assert_non_null(llhttp);
		*llhttp++ = '\0';
		char *ours = strchr(llhttp, '\t');
		assert_non_null(ours);
		*ours++ = '\0';
		ours[strcspn(ours, "\n")] = '\0';
		size_t len = 0;
		assert_int_equal(verdict_unescape(line, strlen(line), data, &len), 0);
		assert_string_equal(judge_bytes((const char *)data, len), ours);
		assert_true(verdict_agrees(ours, llhttp));
		/* In pieces of any size the same. */
		for (size_t piece = 1; piece < 4; piece++) {
			verdict_ours(data, len, piece, verdict);
			assert_string_equal(verdict, ours);
		}
		rows++;
		accepted += strncmp(ours, "accept", 6) == 0;
	}
	fclose(file);
	assert_true(rows >= 200);
	assert_true(accepted >= 40);
}

/* Small damage to good requests, many times: both parsers must still agree. Deterministic. */
static void damaged_requests(void **state)
{
	static const char *const seeds[] = {
		"GET /a?b HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n",
		"POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nConnection: close\r\n\r\nabcd",
		"PUT / HTTP/1.1\r\nhost: [::1]:1\r\nContent-Length: 10\r\nSignature: x\r\n\r\n",
	};
	static const char special[] = "\r\n\t :\0,;/?#%+-0149AZaz\x7f\x80\xff";
	uint32_t random = 1;
	unsigned accepted = 0;
	(void)state;
	if (!verdict_have_llhttp())
		skip();
	for (unsigned i = 0; i < 300000; i++) {
		char input[256];
		const char *seed = seeds[i % COUNT_OF(seeds)];
		size_t len = strlen(seed);
		memcpy(input, seed, len);
		for (unsigned change = 0; change < 1 + i % 3; change++) {
			random = random * 1664525 + 1013904223;
			size_t at = (random >> 8) % len;
			char byte = special[(random >> 20) % (sizeof special - 1)];
			if (random >> 31) {
				input[at] = byte;
			} else if ((random >> 30) & 1) {
				memmove(input + at + 1, input + at, len - at);
				input[at] = byte;
				len++;
			} else {
				memmove(input + at, input + at + 1, len - at - 1);
				len--;
			}
		}
		accepted += strncmp(judge_bytes(input, len), "accept", 6) == 0;
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(length_and_transfer_encoding),
		cmocka_unit_test(two_lengths),
		cmocka_unit_test(signed_length),
		cmocka_unit_test(odd_transfer_encoding),
		cmocka_unit_test(odd_chunk_sizes_and_lines),
		cmocka_unit_test(bare_line_feeds),
		cmocka_unit_test(folded_lines),
		cmocka_unit_test(nul_in_a_value),
		cmocka_unit_test(space_before_the_colon),
		cmocka_unit_test(no_host_or_two),
		cmocka_unit_test(absolute_target),
		cmocka_unit_test(transfer_encoding_of_http_1_0),
		cmocka_unit_test(control_bytes_in_the_target),
		cmocka_unit_test(methods),
		cmocka_unit_test(bodies_where_none_belongs),
		cmocka_unit_test(expectations_and_upgrades),
		cmocka_unit_test(fields_arrive),
		cmocka_unit_test(limits),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(each_recorded_verdict),
		cmocka_unit_test(damaged_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
