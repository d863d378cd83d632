#include "cmocka_all.h"

#include "proto/encode.h"
#include "proto/mailbox_message.h"
#include "proto/padme.h"
#include "roster_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MAILBOX "0123456789abcdef0123456789abcdef"

static struct mailbox_message example(char *text)
{
	struct mailbox_message message = { .kind = MAILBOX_ANSWER,
		.report = ID,
		.mailbox = MAILBOX,
		.state = STATE_ACK,
		.text = text,
		.sent = 1795509000,
		.roster = 1 };

	return message;
}

static void written(const struct mailbox_message *message, struct buffer *out)
{
	uint8_t olga[32], olga_key[64];

	fixture_key(2, olga, olga_key);
	*out = buffer_of(MAILBOX_PLAINTEXT_MAX);
	assert_int_equal(mailbox_message_write(message, olga_key, out), 0);
}

static void a_message_proves_its_officer(void **state)
{
	char text[] = "We have \"read\" it.\nسلام";
	struct mailbox_message message = example(text), *parsed = NULL;
	struct roster *roster = fixture_roster();
	const struct roster_officer *officer = NULL;
	struct buffer out;
	struct fault fault;

	(void)state;
	written(&message, &out);
	assert_int_equal(out.len, PADME_LEAST);
	assert_int_equal(mailbox_message_parse(buffer_text(&out), out.len, &parsed, &fault), 0);
	assert_string_equal(parsed->text, text);
	assert_int_equal(parsed->state, STATE_ACK);
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, ID, roster, "intake", &officer), 0);
	assert_string_equal(officer->name, "olga");
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, ID, roster, "legal", &officer), -1);
	assert_int_equal(mailbox_message_prove(parsed, "x", ID, roster, "intake", &officer), -1);
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, "x", roster, "intake", &officer), -1);
	roster->version = 2;
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, ID, roster, "intake", &officer), -1);
	roster->version = 1;
	parsed->state = STATE_CLOSED;
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, ID, roster, "intake", &officer), -1);
	parsed->state = STATE_ACK;
	parsed->text[0] = 'w';
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, ID, roster, "intake", &officer), -1);
	parsed->text[0] = 'W';
	assert_int_equal(roster_remove_officer(roster, "olga"), 0);
	assert_int_equal(mailbox_message_prove(parsed, MAILBOX, ID, roster, "intake", &officer), -1);
	mailbox_message_free(parsed);
	roster_free(roster);
	buffer_free(&out);
}

/* The signed bytes, written out by hand. */
static void what_is_signed(void **state)
{
	char text[] = "a/b\n\"c\"";
	struct mailbox_message message = example(text), *parsed = NULL;
	uint8_t olga[32];
	char keyid[45], lines[1024];
	struct buffer out;
	struct fault fault;

	(void)state;
	fixture_key(2, olga, NULL);
	base64_encode(BASE64_URL, olga, 32, keyid);
	written(&message, &out);
	assert_int_equal(mailbox_message_parse(buffer_text(&out), out.len, &parsed, &fault), 0);
	(void)snprintf(lines, sizeof(lines),
		"clarion-message/1\n{\"keyid\":\"%s\",\"kind\":\"answer\",\"mailbox\":\"" MAILBOX
		"\",\"report\":\"" ID
		"\",\"roster\":1,\"schema\":1,\"sent\":\"2026-11-24T08:30:00Z\",\"state\":\"ack\",\"text\":"
		"\"a/b\\n\\\"c\\\"\"}",
		keyid);
	assert_int_equal(
		crypto_sign_verify_detached(parsed->signature, (const uint8_t *)lines, strlen(lines), olga),
		0);
	mailbox_message_free(parsed);
	buffer_free(&out);
}

static void unsound_messages_are_not_written(void **state)
{
	char empty[] = "", control[] = "a\x1b[0m", *longest = calloc(1, MAILBOX_TEXT_MAX + 2);
	struct mailbox_message message = example(empty);
	struct buffer out = buffer_of(MAILBOX_PLAINTEXT_MAX);
	uint8_t olga[32], olga_key[64];

	(void)state;
	fixture_key(2, olga, olga_key);
	assert_int_equal(mailbox_message_write(&message, olga_key, &out), -1);
	message.kind = MAILBOX_STATE;
	assert_int_equal(mailbox_message_write(&message, olga_key, &out), 0);
	message.text = control;
	assert_int_equal(mailbox_message_write(&message, olga_key, &out), -1);
	message.text = longest;
	memset(longest, '"', MAILBOX_TEXT_MAX); /* each takes two bytes in JSON */
	buffer_clear(&out);
	assert_int_equal(mailbox_message_write(&message, olga_key, &out), 0);
	longest[MAILBOX_TEXT_MAX] = 'a';
	buffer_clear(&out);
	assert_int_equal(mailbox_message_write(&message, olga_key, &out), -1);
	message.text = empty;
	message.roster = 0;
	assert_int_equal(mailbox_message_write(&message, olga_key, &out), -1);
	free(longest);
	buffer_free(&out);
}

static void malformed_messages_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "\"schema\":1", "\"schema\":2" },
		{ "\"schema\":1", "\"schema\":1,\"more\":1" },
		{ "\"schema\":1,", "" },
		{ "\"kind\":\"answer\"", "\"kind\":\"alert\"" },
		{ "\"state\":\"ack\"", "\"state\":\"ACK\"" },
		{ "\"text\":\"hello\"", "\"text\":\"\"" },
		{ "\"text\":\"hello\"", "\"text\":\"a\\u001b\"" },
		{ "\"text\":\"hello\"", "\"text\":5" },
		{ "\"report\":\"0", "\"report\":\"" },
		{ "\"mailbox\":\"0", "\"mailbox\":\"A" },
		{ "\"sent\":\"2", "\"sent\":\"x" },
		{ "\"roster\":1", "\"roster\":0" },
		{ "\"roster\":1", "\"roster\":1.0" },
		{ "\"keyid\":\"", "\"keyid\":\"A" },
		{ "\"signature\":\"", "\"signature\":\"A" },
		{ "}", "}x" },
	};
	char text[] = "hello";
	struct mailbox_message message = example(text), *parsed = NULL;
	struct buffer out;

	(void)state;
	written(&message, &out);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *changed = calloc(1, out.len + 64);
		const char *whole = buffer_text(&out), *at = strstr(whole, rows[i][0]);
		struct fault fault = { "" };

		assert_non_null(at);
		(void)snprintf(changed, out.len + 64, "%.*s%s%s", (int)(at - whole), whole, rows[i][1],
			at + strlen(rows[i][0]));
		if (mailbox_message_parse(changed, strlen(changed), &parsed, &fault) == 0)
			fail_msg("row %zu was taken", i);
		assert_true(fault.text[0] != '\0');
		free(changed);
	}
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_proves_its_officer),
		cmocka_unit_test(what_is_signed),
		cmocka_unit_test(unsound_messages_are_not_written),
		cmocka_unit_test(malformed_messages_are_refused),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
