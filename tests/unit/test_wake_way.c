/* Ways to be woken: what is taken as an address can be nothing else, in a mail or in a request. */
#include "cmocka_all.h"

#include "proto/wake_letter.h"

#include <string.h>

static void test_what_is_taken(void **state)
{
	static const struct {
		const char *text, *address;
		enum wake_kind kind;
	} ways[] = { { "smtp:ada@example.org", "ada@example.org", WAKE_SMTP },
		{ "smtp:on.call+1@mail.example.org", "on.call+1@mail.example.org", WAKE_SMTP },
		{ "webhook:https://hooks.example.org:8443/a/b?c=d", "https://hooks.example.org:8443/a/b?c=d",
			WAKE_WEBHOOK },
		{ "ntfy:https://ntfy.example.org/topic?auth=QmVhcmVyIHg", NULL, WAKE_NTFY },
		{ "gotify:https://127.0.0.1:9443/message?token=A", NULL, WAKE_GOTIFY },
		{ "unifiedpush:https://[::1]:1/up%20x", NULL, WAKE_UNIFIEDPUSH },
		{ "command", "", WAKE_COMMAND } };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct buffer text = buffer_of(1024);
		struct wake_way way;
		struct fault fault;

		assert_int_equal(wake_way_of(ways[i].text, &way, &fault), 0);
		assert_int_equal(way.kind, ways[i].kind);
		if (ways[i].address != NULL)
			assert_string_equal(way.address, ways[i].address);
		assert_int_equal(wake_way_text(&way, &text), 0);
		assert_string_equal(buffer_text(&text), ways[i].text);
		buffer_free(&text);
	}
}

static void test_what_is_refused(void **state)
{
	static const char *const texts[] = { "", "smtp", "smtp:", "mail:ada@example.org", "smtp:ada",
		"smtp:@example.org", "smtp:ada@", "smtp:ada@example.org\r\nDATA",
		"smtp:ada@example.org,b@c.org", "smtp:<ada@example.org>", "smtp:ada b@example.org",
		"smtp:-oX@example.org", "smtp:.a@example.org", "smtp:a..b@example.org",
		"smtp:\"a b\"@example.org", "smtp:ada@[127.0.0.1]", "smtp:ada@example.org/x",
		"smtp:ada@example.org:25", "smtp:ada@@example.org", "smtp:\xc3\xa4@example.org",
		"webhook:http://example.org/", "webhook:https://", "webhook:https://user@example.org/",
		"webhook:https://example.org/#x", "webhook:https://example.org/a b",
		"webhook:https://example.org/\r\nX: y", "webhook:https://Example.org/",
		"webhook:https://example.org:0/", "webhook:file:///etc/passwd", "ntfy:https://exa\"mple.org/",
		"command:/bin/sh", "command " };
	struct wake_way way;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (wake_way_of(texts[i], &way, &fault) == 0)
			fail_msg("taken: %s", texts[i]);
}

static void test_every_one_is_equally_long(void **state)
{
	struct wake_letter letter = { .officer = "olga" }, again;
	struct fault fault;
	char longest[WAKE_ADDRESS_MAX + 16] = "ntfy:https://example.org/";

	(void)state;
	memset(longest + strlen(longest), 'a', WAKE_ADDRESS_MAX + 5 - strlen(longest));
	for (int i = 0; i < 2; i++) {
		struct buffer out = buffer_of(WAKE_PLAIN_BYTES);

		assert_int_equal(wake_way_of(i == 0 ? "command" : longest, &letter.way, &fault), 0);
		letter.way.beat_minutes = i == 0 ? 0 : WAKE_BEAT_MAX;
		letter.waiting = i == 0 ? 0 : UINT32_MAX;
		assert_int_equal(wake_letter_write(&letter, &out), 0);
		assert_int_equal(out.len, WAKE_PLAIN_BYTES);
		assert_int_equal(wake_letter_read(out.data, out.len, &again, &fault), 0);
		assert_string_equal(again.officer, "olga");
		assert_int_equal(again.way.kind, letter.way.kind);
		assert_string_equal(again.way.address, letter.way.address);
		assert_int_equal(again.way.beat_minutes, letter.way.beat_minutes);
		assert_true(again.waiting == letter.waiting);
		buffer_free(&out);
	}
	assert_int_equal(wake_way_of(strcat(longest, "a"), &letter.way, &fault), -1);
}

static void test_what_is_not_read(void **state)
{
	static const char *const texts[] = { "", "{}",
		"{\"beat\":0,\"officer\":\"a\",\"schema\":1,\"way\":\"command\"}",
		"{\"beat\":0,\"officer\":\"a\",\"schema\":2,\"waiting\":0,\"way\":\"command\"}",
		"{\"beat\":0,\"officer\":\"A\",\"schema\":1,\"waiting\":0,\"way\":\"command\"}",
		"{\"beat\":1,\"officer\":\"a\",\"schema\":1,\"waiting\":0,\"way\":\"command\"}",
		"{\"beat\":10081,\"officer\":\"a\",\"schema\":1,\"waiting\":0,\"way\":\"command\"}",
		"{\"beat\":0,\"officer\":\"a\",\"schema\":1,\"waiting\":0,\"way\":\"smtp:x\"}",
		"{\"beat\":0,\"officer\":\"a\",\"schema\":1,\"waiting\":-1,\"way\":\"command\"}",
		"{\"beat\":0,\"more\":1,\"officer\":\"a\",\"schema\":1,\"waiting\":0,\"way\":\"command\"}" };
	static const char right[] =
		"{\"beat\":5,\"officer\":\"a\",\"schema\":1,\"waiting\":0,\"way\":\"command\"}  ";
	struct wake_letter letter;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_int_equal(
			wake_letter_read((const uint8_t *)texts[i], strlen(texts[i]), &letter, &fault), -1);
	assert_int_equal(wake_letter_read((const uint8_t *)right, strlen(right), &letter, &fault), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_every_one_is_equally_long),
		cmocka_unit_test(test_what_is_not_read),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
