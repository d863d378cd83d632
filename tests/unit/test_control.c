/* proto/control: what is signed, what a frame holds, and what is refused. */
#include "cmocka_all.h"

#include "proto/control.h"
#include "proto/time.h"

#include <sodium.h>
#include <string.h>

#define ORGANISATION "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NONCE        "abcdefghijklmnopqrstuv"

static void key_of(uint8_t seed_byte, uint8_t ret_secret[64])
{
	uint8_t seed[32], public[32];

	memset(seed, seed_byte, sizeof seed);
	assert_int_equal(crypto_sign_seed_keypair(public, ret_secret, seed), 0);
}

static struct control_request sound(void)
{
	struct control_request request = {
		.act = "destroy", .roster = 7, .created = 1795000000, .nonce = NONCE
	};
	uint8_t secret[64];

	assert_int_equal(control_argument_add(&request, "report", "ab12"), 0);
	assert_int_equal(control_argument_add(&request, "why", "Her wish, in writing"), 0);
	for (uint8_t admin = 1; admin <= 2; admin++) {
		key_of(admin, secret);
		assert_int_equal(control_request_sign(&request, ORGANISATION, secret), 0);
	}
	return request;
}

/* Through a frame and back; -1 where it is refused. */
static int again(const struct control_request *request, struct control_request *ret_request)
{
	struct buffer frame = buffer_of(2 * CONTROL_REQUEST_MAX);
	struct reader in, content;
	enum control_kind kind;
	int rc;

	assert_int_equal(control_request_put(&frame, request), 0);
	in = reader_of(frame.data, frame.len);
	assert_int_equal(control_frame_next(&in, &kind, &content), 1);
	assert_int_equal(kind, CONTROL_REQUEST);
	assert_int_equal(in.left, 0);
	rc = control_request_get(&content, ret_request);
	buffer_free(&frame);
	return rc;
}

static void a_request_comes_as_it_was_sent(void **state)
{
	struct control_request request = sound(), read;

	(void)state;
	assert_int_equal(again(&request, &read), 0);
	assert_string_equal(read.act, "destroy");
	assert_int_equal(read.roster, 7);
	assert_int_equal(read.created, 1795000000);
	assert_string_equal(control_argument(&read, "report"), "ab12");
	assert_string_equal(control_argument(&read, "why"), "Her wish, in writing");
	assert_null(control_argument(&read, "wh"));
	assert_int_equal(read.signature_count, 2);
	for (size_t at = 0; at < 2; at++)
		assert_int_equal(control_request_verify(&read, ORGANISATION, at), 0);
	assert_int_equal(control_request_verify(&read, ORGANISATION, 2), -1);
}

static void the_lines_that_are_signed(void **state)
{
	static const char lines[] = "clarion-control/1\n" ORGANISATION "\n7\n1795000000\n" NONCE
				    "\ndestroy\nreport ab12\nwhy Her wish, in writing\n";
	struct control_request request = sound();

	(void)state;
	assert_int_equal(crypto_sign_verify_detached(request.signatures[1].signature, (const uint8_t *)lines,
				 sizeof lines - 1, request.signatures[1].keyid),
		0);
}

static void every_field_is_signed(void **state)
{
	struct control_request changed = sound();

	(void)state;
	assert_int_equal(control_request_verify(&changed, "B" ORGANISATION, 0), -1);
	changed.act[0] = 'D';
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
	changed = sound();
	changed.roster++;
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
	changed = sound();
	changed.created++;
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
	changed = sound();
	changed.nonce[3]++;
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
	changed = sound();
	changed.arguments[0].value[0]++;
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
	changed = sound();
	changed.argument_count--;
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
	changed = sound();
	changed.signatures[0].keyid[0] ^= 1;
	assert_int_equal(control_request_verify(&changed, ORGANISATION, 0), -1);
}

static void nobody_signs_twice(void **state)
{
	struct control_request request = sound(), read;
	uint8_t secret[64];

	(void)state;
	key_of(1, secret);
	assert_int_equal(control_request_sign(&request, ORGANISATION, secret), -1);
	request.signatures[1] = request.signatures[0];
	assert_int_equal(again(&request, &read), -1);
}

static void arguments_have_rules(void **state)
{
	struct control_request request = sound();
	char longest[CONTROL_VALUE_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof longest);
	longest[CONTROL_VALUE_MAX + 1] = '\0';
	assert_int_equal(control_argument_add(&request, "report", "twice"), -1);
	assert_int_equal(control_argument_add(&request, "Name", "x"), -1);
	assert_int_equal(control_argument_add(&request, "", "x"), -1);
	assert_int_equal(control_argument_add(&request, "text", "two\nlines"), -1);
	assert_int_equal(control_argument_add(&request, "text", longest), -1);
	longest[CONTROL_VALUE_MAX] = '\0';
	assert_int_equal(control_argument_add(&request, "text", longest), 0);
	for (char name[] = "a"; request.argument_count < CONTROL_ARGUMENTS_MAX; name[0]++)
		assert_int_equal(control_argument_add(&request, name, ""), 0);
	assert_int_equal(control_argument_add(&request, "z", ""), -1);
}

static void malformed_requests_are_refused(void **state)
{
	struct control_request request = sound(), read;

	(void)state;
	request.act[0] = '-';
	assert_int_equal(again(&request, &read), -1);
	request = sound();
	request.nonce[15] = '\0';
	assert_int_equal(again(&request, &read), -1);
	request = sound();
	request.nonce[2] = '/';
	assert_int_equal(again(&request, &read), -1);
	request = sound();
	request.created = TIME_LATEST + 1;
	assert_int_equal(again(&request, &read), -1);
	request = sound();
	request.arguments[1] = request.arguments[0];
	assert_int_equal(again(&request, &read), -1);
}

static void every_length_but_the_right_one_is_refused(void **state)
{
	struct control_request request = sound(), read;
	struct buffer frame = buffer_of(CONTROL_REQUEST_MAX);
	struct reader in, content;
	enum control_kind kind;

	(void)state;
	assert_int_equal(control_request_put(&frame, &request), 0);
	for (size_t len = 0; len < frame.len; len++) {
		in = reader_of(frame.data, len);
		assert_int_equal(control_frame_next(&in, &kind, &content), 0);
		assert_int_equal(in.left, len);
	}
	buffer_put_u8(&frame, 0);
	for (size_t len = 0; len <= frame.len - 5; len++) {
		content = reader_of(frame.data + 5, len);
		assert_int_equal(control_request_get(&content, &read), len == frame.len - 6 ? 0 : -1);
	}
	buffer_free(&frame);
}

static void frames_are_bounded(void **state)
{
	static const uint8_t empty[] = { 0, 0, 0, 0, CONTROL_DONE }, unknown[] = { 0, 0, 0, 1, 9 },
			     endless[] = { 0xff, 0xff, 0xff, 0xff, CONTROL_BODY },
			     longer[] = { 0, 0, 0x40, 2, CONTROL_REQUEST };
	const struct {
		const uint8_t *bytes;
		size_t len;
	} bad[] = { { empty, sizeof empty }, { unknown, sizeof unknown }, { endless, sizeof endless },
		{ longer, sizeof longer } };
	static const uint8_t body[CONTROL_BODY_MAX + 1];
	struct buffer out = buffer_of(2 * sizeof body);
	struct reader in, content;
	enum control_kind kind;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		in = reader_of(bad[i].bytes, bad[i].len);
		assert_int_equal(control_frame_next(&in, &kind, &content), -1);
	}
	assert_int_equal(control_answer_put(&out, CONTROL_BODY, body, sizeof body), -1);
	assert_int_equal(control_answer_put(&out, CONTROL_REQUEST, body, 1), -1);
	assert_int_equal(control_answer_put(&out, CONTROL_BODY, body, sizeof body - 1), 0);
	assert_int_equal(control_answer_put(&out, CONTROL_DONE, "{}", 2), 0);
	in = reader_of(out.data, out.len);
	assert_int_equal(control_frame_next(&in, &kind, &content), 1);
	assert_int_equal(kind, CONTROL_BODY);
	assert_int_equal(content.left, sizeof body - 1);
	assert_int_equal(control_frame_next(&in, &kind, &content), 1);
	assert_int_equal(kind, CONTROL_DONE);
	assert_int_equal(in.left, 0);
	buffer_free(&out);
}

static int parse(const char *json, struct control_refusal *ret_refusal)
{
	struct fault fault;

	return control_refusal_parse(json, strlen(json), ret_refusal, &fault);
}

static void refusals(void **state)
{
	struct control_refusal refusal = { .code = 77, .fault = { "not \"you\": ask ada" } }, read;
	struct buffer out = buffer_of(CONTROL_JSON_MAX);

	(void)state;
	assert_int_equal(control_refusal_write(&refusal, &out), 0);
	assert_int_equal(parse(buffer_text(&out), &read), 0);
	assert_int_equal(read.code, 77);
	assert_string_equal(read.fault.text, refusal.fault.text);
	assert_int_equal(parse("{\"code\":0,\"detail\":\"x\"}", &read), -1);
	assert_int_equal(parse("{\"code\":79,\"detail\":\"x\"}", &read), -1);
	assert_int_equal(parse("{\"code\":77,\"detail\":\"two\\nlines\"}", &read), -1);
	assert_int_equal(parse("{\"code\":77}", &read), -1);
	assert_int_equal(parse("[]", &read), -1);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_as_it_was_sent),
		cmocka_unit_test(the_lines_that_are_signed),
		cmocka_unit_test(every_field_is_signed),
		cmocka_unit_test(nobody_signs_twice),
		cmocka_unit_test(arguments_have_rules),
		cmocka_unit_test(malformed_requests_are_refused),
		cmocka_unit_test(every_length_but_the_right_one_is_refused),
		cmocka_unit_test(frames_are_bounded),
		cmocka_unit_test(refusals),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
