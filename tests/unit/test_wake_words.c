/* What a wake-up says: the operator's words, a desk and an urgency only where she allows it, and in a mail
 * nothing that could become a header of its own. */
#include "cmocka_all.h"

#include "wake_words.h"

#include "proto/encode.h"

#include <stdlib.h>
#include <string.h>

static char text[] = "Something is waiting.";
static char aliases[] = "urgent=Garden, legal=The library";

static void says(
	const struct notify_settings *settings, const char *desk, enum urgency urgency, const char *expected)
{
	struct buffer out = buffer_of(WAKE_WORDS_MAX);
	assert_int_equal(wake_words(settings, desk, urgency, &out), 0);
	assert_string_equal(buffer_text(&out), expected);
	buffer_free(&out);
}

static void test_words(void **state)
{
	const struct notify_settings silent = { .text = text, .tells_urgency = true };
	const struct notify_settings desks = { .text = text, .aliases = aliases };
	const struct notify_settings all = { .text = text, .aliases = aliases, .tells_urgency = true };
	(void)state;
	says(&silent, "urgent", URGENCY_IMMEDIATE, "Something is waiting.");
	says(&desks, "urgent", URGENCY_IMMEDIATE, "Something is waiting. Garden");
	says(&desks, "legal", URGENCY_RECORD, "Something is waiting. The library");
	says(&all, "legal", URGENCY_WITHHELD, "Something is waiting. The library: immediate");
	says(&all, "urgent", URGENCY_RECORD, "Something is waiting. Garden: record");
	says(&all, "other", URGENCY_IMMEDIATE, "Something is waiting.");
	says(&all, "urgen", URGENCY_IMMEDIATE, "Something is waiting.");
	says(&all, "", URGENCY_IMMEDIATE, "Something is waiting."); /* a beat */
}

static const struct mail a_mail = {
	.from = "notices@example.org", .to = "olga@example.net", .words = "Look.", .now = 1795000000
};

static void test_a_mail_to_the_letter(void **state)
{
	struct buffer out = buffer_of(4096);
	(void)state;
	assert_int_equal(wake_mail(&a_mail, &out), 0);
	assert_string_equal(buffer_text(&out),
		"Date: Wed, 18 Nov 2026 11:06:40 +0000\r\nFrom: notices@example.org\r\n"
		"To: olga@example.net\r\nMessage-ID: <00000000000000000000000000000000@example.org>\r\n"
		"Subject: Look.\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\nTG9vay4=\r\n");
	buffer_free(&out);
}

/* Every line short and plain, each encoded word whole characters. */
static void test_a_long_subject_in_another_script(void **state)
{
	struct mail mail = a_mail;
	struct buffer out = buffer_of(4096), words = buffer_of(WAKE_WORDS_MAX),
		      decoded = buffer_of(WAKE_WORDS_MAX);
	(void)state;
	for (int i = 0; i < 60; i++)
		buffer_put_string(&words, i % 2 == 0 ? "\xe7\xad\x89" : "\xc3\xa4");
	mail.words = buffer_text(&words);
	assert_int_equal(wake_mail(&mail, &out), 0);
	for (const char *line = buffer_text(&out); *line != '\0';) {
		const char *end = strstr(line, "\r\n");
		const char *word = strstr(line, "=?UTF-8?B?");
		assert_non_null(end);
		assert_true(end - line <= 76 + 8); /* `Subject:' stands in front of the first */
		if (word != NULL && word < end) {
			uint8_t bytes[64];
			size_t len = 0;
			word += strlen("=?UTF-8?B?");
			const char *stop = strstr(word, "?=");
			assert_true(stop != NULL && stop < end && stop - (word - 10) + 2 <= 75);
			assert_int_equal(base64_decode(BASE64_PADDED, word, (size_t)(stop - word), bytes,
						 sizeof bytes, &len),
				0);
			assert_true((bytes[0] & 0xc0) != 0x80);
			buffer_put(&decoded, bytes, len);
		}
		for (; line < end; line++)
			assert_true(*line >= ' ' && *line <= '~');
		line = end + 2;
	}
	assert_string_equal(buffer_text(&decoded), mail.words);
	buffer_free(&out);
	buffer_free(&words);
	buffer_free(&decoded);
}

static void posts(enum wake_kind kind, const char *words, const char *expected, const char *expected_type)
{
	struct buffer out = buffer_of(4096);
	const char *type = NULL;
	assert_int_equal(wake_body(kind, words, &out, &type), 0);
	assert_string_equal(buffer_text(&out), expected);
	assert_string_equal(type, expected_type);
	buffer_free(&out);
}

static void test_bodies(void **state)
{
	struct buffer out = buffer_of(4096);
	const char *type = NULL;
	(void)state;
	posts(WAKE_NTFY, "Look.", "Look.", "text/plain; charset=utf-8");
	posts(WAKE_UNIFIEDPUSH, "Look.", "Look.", "text/plain; charset=utf-8");
	posts(WAKE_WEBHOOK, "Say \"look\".", "{\"text\":\"Say \\\"look\\\".\"}", "application/json");
	posts(WAKE_GOTIFY, "Look.", "{\"message\":\"Look.\",\"priority\":8}", "application/json");
	assert_int_equal(wake_body(WAKE_SMTP, "Look.", &out, &type), -1);
	buffer_free(&out);
}

static void test_servers(void **state)
{
	static const char *const wrong[] = { "", "mail", "mail:", "mail:0", "mail:65536", "Mail:25",
		"mail:25/x", "user@mail:25", "[::1]", "::1:25", "mail .org:25" };
	struct host_port server;
	struct fault fault;
	(void)state;
	assert_int_equal(host_port_of("mail.example.org:587", &server, &fault), 0);
	assert_string_equal(server.host, "mail.example.org");
	assert_int_equal(server.port, 587);
	assert_int_equal(host_port_of("[::1]:25", &server, &fault), 0);
	assert_string_equal(server.host, "::1");
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		if (host_port_of(wrong[i], &server, &fault) == 0)
			fail_msg("taken: %s", wrong[i]);
}

static void test_commands(void **state)
{
	char command[] = "/bin/ring  --once $HOME;id";
	char many[] = "/a b c d e f g h i j k l m n o p q";
	char none[] = "  ";
	char *words[WAKE_COMMAND_WORDS_MAX + 1];
	(void)state;
	assert_int_equal(wake_command_split(command, words), 0);
	assert_string_equal(words[0], "/bin/ring");
	assert_string_equal(words[1], "--once");
	assert_string_equal(words[2], "$HOME;id");
	assert_null(words[3]);
	assert_int_equal(wake_command_split(many, words), -1);
	assert_int_equal(wake_command_split(none, words), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_a_mail_to_the_letter),
		cmocka_unit_test(test_a_long_subject_in_another_script),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_commands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
