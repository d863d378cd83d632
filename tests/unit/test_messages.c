/* Each message: what was put comes back, and whatever else is refused. */
#include "message_fixture.h"

#include "keys/keyring.h"

#include <stdlib.h>
#include <string.h>

static int get_setting(struct reader *in)
{
	struct message_setting message;
	return message_setting_get(in, &message);
}

static int get_file(struct reader *in)
{
	struct message_file message;
	return message_file_get(in, &message);
}

static int get_socket(struct reader *in)
{
	struct message_socket message;
	return message_socket_get(in, &message);
}

static int get_failed(struct reader *in)
{
	struct message_failed message;
	return message_failed_get(in, &message);
}

static int get_request(struct reader *in)
{
	struct message_request message;
	return message_request_get(in, &message);
}

static int get_body(struct reader *in)
{
	struct message_request_body message;
	return message_request_body_get(in, &message);
}

static int get_id(struct reader *in)
{
	struct message_request_id message;
	return message_request_id_get(in, &message);
}

static int get_credit(struct reader *in)
{
	struct message_credit message;
	return message_credit_get(in, &message);
}

static int get_answer(struct reader *in)
{
	struct message_answer message;
	return message_answer_get(in, &message);
}

static int get_keyring(struct reader *in)
{
	struct message_keyring message;
	return message_keyring_get(in, &message);
}

static int get_kept(struct reader *in)
{
	struct message_kept message;
	return message_kept_get(in, &message);
}

static int get_tls(struct reader *in)
{
	struct message_tls message;
	return message_tls_get(in, &message);
}

static int get_tls_state(struct reader *in)
{
	struct message_tls_state message;
	return message_tls_state_get(in, &message);
}

static struct message_request a_request(void)
{
	return (struct message_request){ .id = 7,
		.method = METHOD_PUT,
		.target = "/base/v1/reports/ab?desk=one",
		.authority = "example.org",
		.has_body = true,
		.content_length = 1234567890123,
		.content_digest = "d",
		.signature_input = "i",
		.signature = "s",
		.authorization = "a",
		.mailbox_key = "m",
		.hold_key = "h",
		.upload_key = "u",
		.upload_offset = "o",
		.upload_complete = "?1",
		.content_type = "t" };
}

static void test_request(void **state)
{
	(void)state;
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	const struct message_request sent = a_request();
	struct message_request got;
	assert_int_equal(message_request_put(&out, &sent), 0);
	struct reader in = fields_of(&out, MESSAGE_REQUEST);
	assert_int_equal(message_request_get(&in, &got), 0);
	assert_int_equal(got.id, 7);
	assert_int_equal(got.method, METHOD_PUT);
	assert_true(got.has_body);
	assert_true(got.content_length == 1234567890123);
	assert_string_equal(got.target, sent.target);
	assert_string_equal(got.authority, sent.authority);
	assert_string_equal(got.content_digest, "d");
	assert_string_equal(got.signature_input, "i");
	assert_string_equal(got.signature, "s");
	assert_string_equal(got.authorization, "a");
	assert_string_equal(got.mailbox_key, "m");
	assert_string_equal(got.hold_key, "h");
	assert_string_equal(got.upload_key, "u");
	assert_string_equal(got.upload_offset, "o");
	assert_string_equal(got.upload_complete, "?1");
	assert_string_equal(got.content_type, "t");
	only_whole(&out, MESSAGE_REQUEST, get_request);
}

/* A request whose target has these bytes is refused, by who would send it and by who gets it. */
static void target_refused(const char *target, size_t len)
{
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_request request = a_request();
	if (strlen(target) == len) {
		request.target = target;
		assert_int_equal(message_request_put(&out, &request), -1);
		assert_int_equal(out.len, 0);
	}
	/* by hand, as a process that was taken over would */
	buffer_put_u32(&out, 7);
	buffer_put_u8(&out, METHOD_GET);
	buffer_put_blob(&out, target, len + 1);
	buffer_put_u8(&out, 0);
	buffer_put_u64(&out, 0);
	for (int i = 0; i < 11; i++)
		buffer_put_blob(&out, "", 1);
	struct reader in = reader_of(out.data, out.len);
	assert_int_equal(get_request(&in), -1);
	buffer_free(&out);
}

static void test_request_refusals(void **state)
{
	(void)state;
	static char long_target[CHANNEL_TARGET_MAX + 2];
	memset(long_target, 'a', CHANNEL_TARGET_MAX + 1);
	target_refused("/a\r\nb", 5);
	target_refused("/a\nb", 4);
	target_refused("/a\x7f", 3);
	target_refused("/\xc3\xa9", 3);
	target_refused("/a\0b", 4);
	target_refused(long_target, CHANNEL_TARGET_MAX + 1);

	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_request request = a_request();
	static char field[CHANNEL_FIELD_MAX + 2];
	memset(field, 'f', CHANNEL_FIELD_MAX + 1);
	request.signature = field;
	assert_int_equal(message_request_put(&out, &request), -1);
	field[CHANNEL_FIELD_MAX] = '\0';
	assert_int_equal(message_request_put(&out, &request), 0);
	buffer_free(&out);
}

/* One byte of a good message changed to what no enum and no boolean has. */
static void byte_refused(const struct message_request *request, size_t at, uint8_t value)
{
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	assert_int_equal(message_request_put(&out, request), 0);
	out.data[at] = value;
	struct reader in = fields_of(&out, MESSAGE_REQUEST);
	assert_int_equal(get_request(&in), -1);
	buffer_free(&out);
}

static void test_request_values(void **state)
{
	(void)state;
	struct message_request request = a_request();
	const size_t method_at = 4 + 1 + 4;
	const size_t has_body_at = method_at + 1 + 4 + strlen(request.target) + 1;
	byte_refused(&request, method_at, 0);
	byte_refused(&request, method_at, METHOD_DELETE + 1);
	byte_refused(&request, has_body_at, 2);
	/* a length without a body */
	byte_refused(&request, has_body_at, 0);
}

static void test_text_needs_its_end(void **state)
{
	(void)state;
	struct buffer out = buffer_of(1024);
	buffer_put_blob(&out, "name", 5);
	buffer_put_blob(&out, "value", 5); /* no NUL */
	struct reader in = reader_of(out.data, out.len);
	assert_int_equal(get_setting(&in), -1);
	buffer_clear(&out);
	buffer_put_blob(&out, "name", 5);
	buffer_put_blob(&out, "", 0);
	in = reader_of(out.data, out.len);
	assert_int_equal(get_setting(&in), -1);
	buffer_free(&out);
}

static void test_setting_file_socket_failed(void **state)
{
	(void)state;
	struct buffer out = buffer_of(2 * CHANNEL_FRAME_MAX);
	const struct message_setting setting = { "store", "/var/lib/\xc3\xa9" };
	assert_int_equal(message_setting_put(&out, &setting), 0);
	only_whole(&out, MESSAGE_SETTING, get_setting);
	const struct message_setting two_lines = { "store", "a\nb" };
	assert_int_equal(message_setting_put(&out, &two_lines), -1);

	const uint8_t data[] = { 0, 1, 2, 255 };
	struct message_file file = { FILE_KEYRING, "", data, sizeof data };
	assert_int_equal(message_file_put(&out, &file), 0);
	only_whole(&out, MESSAGE_FILE, get_file);
	file.kind = FILE_WAKE_CREDENTIALS + 1;
	assert_int_equal(message_file_put(&out, &file), 0);
	struct reader in = fields_of(&out, MESSAGE_FILE);
	assert_int_equal(get_file(&in), -1);
	buffer_free(&out);

	uint8_t *large = calloc(1, CHANNEL_FILE_MAX + 1);
	assert_non_null(large);
	struct message_file page = { FILE_DECOY, "index.html", large, CHANNEL_FILE_MAX + 1 };
	assert_int_equal(message_file_put(&out, &page), -1);
	page.len--;
	assert_int_equal(message_file_put(&out, &page), 0);
	in = fields_of(&out, MESSAGE_FILE);
	assert_int_equal(get_file(&in), 0);
	buffer_free(&out);
	free(large);

	struct message_socket socket = { SOCKET_NOTIFY };
	assert_int_equal(message_socket_put(&out, &socket), 0);
	only_whole(&out, MESSAGE_SOCKET, get_socket);
	socket.kind = 0;
	assert_int_equal(message_socket_put(&out, &socket), 0);
	in = fields_of(&out, MESSAGE_SOCKET);
	assert_int_equal(get_socket(&in), -1);
	buffer_free(&out);

	const struct message_failed failed = { "it broke: mend it", 78 };
	assert_int_equal(message_failed_put(&out, &failed), 0);
	only_whole(&out, MESSAGE_FAILED, get_failed);
}

static void test_keys(void **state)
{
	(void)state;
	static const uint8_t longest[KEYRING_MAX_BYTES + 1];
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_keyring keyring = { longest, sizeof longest };
	assert_int_equal(message_keyring_put(&out, &keyring), -1);
	keyring.len--;
	assert_int_equal(message_keyring_put(&out, &keyring), 0);
	assert_true(out.len <= CHANNEL_PEER_FRAME_MAX);
	buffer_clear(&out);
	keyring.len = 5;
	assert_int_equal(message_keyring_put(&out, &keyring), 0);
	only_whole(&out, MESSAGE_KEEP_KEYRING, get_keyring);

	const struct message_kept kept = { false, "the disk is full: make room" };
	assert_int_equal(message_kept_put(&out, &kept), 0);
	only_whole(&out, MESSAGE_KEPT, get_kept);

	struct message_tls tls = { .step = TLS_SWITCH, .host = "example.org", .pin = { 1 } };
	assert_int_equal(message_tls_put(&out, &tls), 0);
	only_whole(&out, MESSAGE_TLS, get_tls);
	tls.step = TLS_SWITCH + 1;
	assert_int_equal(message_tls_put(&out, &tls), 0);
	struct reader in = fields_of(&out, MESSAGE_TLS);
	assert_int_equal(get_tls(&in), -1);
	buffer_free(&out);

	const struct message_tls_state tls_state = {
		.done = true, .text = "", .current = { 1 }, .has_next = true, .next = { 2 }
	};
	assert_int_equal(message_tls_state_put(&out, &tls_state), 0);
	only_whole(&out, MESSAGE_TLS_STATE, get_tls_state);
}

static void test_bodies_and_numbers(void **state)
{
	(void)state;
	static uint8_t data[CHANNEL_BODY_MAX + 1];
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_request_body body = { 9, data, CHANNEL_BODY_MAX + 1 };
	assert_int_equal(message_request_body_put(&out, MESSAGE_REQUEST_BODY, &body), -1);
	body.len = 0;
	assert_int_equal(message_request_body_put(&out, MESSAGE_REQUEST_BODY, &body), -1);
	body.len = CHANNEL_BODY_MAX;
	assert_int_equal(message_request_body_put(&out, MESSAGE_REQUEST_BODY, &body), 0);
	assert_true(out.len <= CHANNEL_PEER_FRAME_MAX);
	buffer_clear(&out);
	body.len = 3;
	assert_int_equal(message_request_body_put(&out, MESSAGE_ANSWER_BODY, &body), 0);
	only_whole(&out, MESSAGE_ANSWER_BODY, get_body);

	const struct message_request_id id = { 0xffffffff };
	assert_int_equal(message_request_id_put(&out, MESSAGE_DECOY, &id), 0);
	only_whole(&out, MESSAGE_DECOY, get_id);
	const struct message_credit credit = { 1, 65536 };
	assert_int_equal(message_credit_put(&out, MESSAGE_BODY_WANTED, &credit), 0);
	only_whole(&out, MESSAGE_BODY_WANTED, get_credit);
	assert_int_equal(message_empty_put(&out, MESSAGE_READY), 0);
	only_whole(&out, MESSAGE_READY, message_empty_get);
}

static void test_answer(void **state)
{
	(void)state;
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_answer answer = { .id = 1,
		.status = 201,
		.content_type = "application/json",
		.content_length = 17,
		.content_digest = "sha-256=:x:",
		.answer_signature = "sig",
		.upload_offset = "5",
		.upload_complete = "?0",
		.location = "/l",
		.close = true };
	struct message_answer got;
	assert_int_equal(message_answer_put(&out, &answer), 0);
	struct reader in = fields_of(&out, MESSAGE_ANSWER);
	assert_int_equal(message_answer_get(&in, &got), 0);
	assert_int_equal(got.status, 201);
	assert_int_equal(got.content_length, 17);
	assert_true(got.close);
	assert_string_equal(got.content_type, "application/json");
	assert_string_equal(got.content_digest, "sha-256=:x:");
	assert_string_equal(got.answer_signature, "sig");
	assert_string_equal(got.upload_offset, "5");
	assert_string_equal(got.upload_complete, "?0");
	assert_string_equal(got.location, "/l");
	only_whole(&out, MESSAGE_ANSWER, get_answer);
	answer.location = "/l\r\nSet-Cookie: x";
	assert_int_equal(message_answer_put(&out, &answer), -1);
	answer.location = "";
	answer.status = 199;
	assert_int_equal(message_answer_put(&out, &answer), -1);
	answer.status = 600;
	assert_int_equal(message_answer_put(&out, &answer), -1);
	buffer_free(&out);
}

static void test_frames(void **state)
{
	(void)state;
	static const uint8_t two[] = { 0, 0, 0, 1, MESSAGE_START, 0, 0, 0, 5, MESSAGE_DECOY, 0, 0, 0, 1 };
	struct reader in = reader_of(two, sizeof two);
	struct reader fields;
	enum message_type type;
	assert_int_equal(frame_next(&in, 16, &type, &fields), 1);
	assert_int_equal(type, MESSAGE_START);
	assert_int_equal(fields.left, 0);
	assert_int_equal(frame_next(&in, 16, &type, &fields), 1);
	assert_int_equal(type, MESSAGE_DECOY);
	assert_int_equal(fields.left, 4);
	assert_int_equal(frame_next(&in, 16, &type, &fields), 0);
	for (size_t len = 5; len < sizeof two; len++) {
		in = reader_of(two + 5, len - 5);
		assert_int_equal(frame_next(&in, 16, &type, &fields), 0);
		assert_int_equal(in.left, len - 5);
	}
	static const uint8_t empty[] = { 0, 0, 0, 0, 1 };
	in = reader_of(empty, sizeof empty);
	assert_int_equal(frame_next(&in, 16, &type, &fields), -1);
	static const uint8_t large[] = { 0, 0, 0, 17 };
	in = reader_of(large, sizeof large);
	assert_int_equal(frame_next(&in, 16, &type, &fields), -1);
	static const uint8_t huge[] = { 255, 255, 255, 255, 1 };
	in = reader_of(huge, sizeof huge);
	assert_int_equal(frame_next(&in, CHANNEL_FRAME_MAX, &type, &fields), -1);
}

static void test_full_buffer_fails(void **state)
{
	(void)state;
	struct buffer out = buffer_of(8);
	const struct message_setting setting = { "name", "value" };
	assert_int_equal(message_setting_put(&out, &setting), -1);
	assert_int_equal(buffer_ok(&out), -1);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_request_refusals),
		cmocka_unit_test(test_request_values),
		cmocka_unit_test(test_text_needs_its_end),
		cmocka_unit_test(test_setting_file_socket_failed),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_bodies_and_numbers),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_full_buffer_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
