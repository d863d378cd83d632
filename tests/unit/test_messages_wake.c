/* The messages by which an officer is woken: what was put comes back, and whatever else is refused. */
#include "message_fixture.h"

static int get_wake(struct reader *in)
{
	struct message_wake message;
	return message_wake_get(in, &message);
}

static void test_wake(void **state)
{
	(void)state;
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_wake wake = { .number = 7,
		.kind = WAKE_SMTP,
		.address = "olga@example.org",
		.desk = "field-desk",
		.urgency = URGENCY_WITHHELD };
	struct message_wake got;
	assert_int_equal(message_wake_put(&out, &wake), 0);
	struct reader in = fields_of(&out, MESSAGE_WAKE);
	assert_int_equal(message_wake_get(&in, &got), 0);
	assert_int_equal(got.number, 7);
	assert_int_equal(got.kind, WAKE_SMTP);
	assert_string_equal(got.address, "olga@example.org");
	assert_string_equal(got.desk, "field-desk");
	assert_int_equal(got.urgency, URGENCY_WITHHELD);
	only_whole(&out, MESSAGE_WAKE, get_wake);
	wake.desk = "a desk\nSubject: x";
	assert_int_equal(message_wake_put(&out, &wake), -1);
	wake.desk = "";
	assert_int_equal(message_wake_put(&out, &wake), 0);
	wake.address = "olga@example.org\r\nRCPT TO:<x@example.org>";
	assert_int_equal(message_wake_put(&out, &wake), -1);
	wake.address = "https://push.example.org/up";
	assert_int_equal(message_wake_put(&out, &wake), -1);
	wake.kind = WAKE_KIND_LAST + 1;
	assert_int_equal(message_wake_put(&out, &wake), -1);
	buffer_free(&out);
}

/* As a process that was taken over might write them. */
static void test_wake_by_hand(void **state)
{
	(void)state;
	static const struct {
		uint8_t kind, urgency;
		const char *address, *desk;
	} wrong[] = { { 0, 0, "olga@example.org", "a" }, { WAKE_KIND_LAST + 1, 0, "", "a" },
		{ WAKE_SMTP, 0, "", "a" }, { WAKE_COMMAND, 0, "olga@example.org", "a" },
		{ WAKE_SMTP, 0, "https://example.org/", "a" }, { WAKE_NTFY, 0, "http://example.org/", "a" },
		{ WAKE_SMTP, 0, "olga@example.org", "A" },
		{ WAKE_SMTP, URGENCY_COUNT, "olga@example.org", "a" } };
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
		buffer_put_u64(&out, 1);
		buffer_put_u8(&out, wrong[i].kind);
		buffer_put_blob(&out, wrong[i].address, strlen(wrong[i].address) + 1);
		buffer_put_blob(&out, wrong[i].desk, strlen(wrong[i].desk) + 1);
		buffer_put_u8(&out, wrong[i].urgency);
		struct reader in = reader_of(out.data, out.len);
		assert_int_equal(get_wake(&in), -1);
		buffer_free(&out);
	}
}

static int get_woken(struct reader *in)
{
	struct message_woken message;
	return message_woken_get(in, &message);
}

static void test_woken(void **state)
{
	(void)state;
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_woken woken = { .number = UINT64_MAX, .outcome = WAKE_REFUSED };
	struct message_woken got;
	assert_int_equal(message_woken_put(&out, &woken), 0);
	struct reader in = fields_of(&out, MESSAGE_WOKEN);
	assert_int_equal(message_woken_get(&in, &got), 0);
	assert_true(got.number == UINT64_MAX);
	assert_int_equal(got.outcome, WAKE_REFUSED);
	only_whole(&out, MESSAGE_WOKEN, get_woken);
	woken.outcome = 0;
	assert_int_equal(message_woken_put(&out, &woken), -1);
	woken.outcome = WAKE_REFUSED + 1;
	assert_int_equal(message_woken_put(&out, &woken), -1);
	buffer_free(&out);
}

static int get_ran(struct reader *in)
{
	struct message_ran message;
	return message_ran_get(in, &message);
}

static void test_ran(void **state)
{
	(void)state;
	struct buffer out = buffer_of(CHANNEL_FRAME_MAX);
	struct message_ran ran = { .done = true };
	struct message_ran got = { .done = false };
	assert_int_equal(message_ran_put(&out, &ran), 0);
	struct reader in = fields_of(&out, MESSAGE_RAN);
	assert_int_equal(message_ran_get(&in, &got), 0);
	assert_true(got.done);
	only_whole(&out, MESSAGE_RAN, get_ran);
	in = reader_of("\2", 1);
	assert_int_equal(get_ran(&in), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_wake_by_hand),
		cmocka_unit_test(test_woken),
		cmocka_unit_test(test_ran),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
