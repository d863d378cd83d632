#include "cmocka_all.h"

#include "proto/age_file.h"
#include "proto/event_content.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t file_key[AGE_FILE_KEY_BYTES] = "file key of test";

static struct report_event *sealed_note(const char *text)
{
	struct report_event *event = report_event_new();
	struct age_identity *reader = event_reader(file_key);
	json_t *content = json_pack("{s:s, s:s}", "text", text, "verification", "CREDIBLE");
	struct fault fault;

	assert_non_null(event);
	assert_non_null(reader);
	event->type = EVENT_NOTE;
	assert_int_equal(event_content_seal(event, content, reader->recipient, &fault), 0);
	json_decref(content);
	age_identity_free(reader);
	return event;
}

static void whoever_has_the_file_key_reads_it(void **state)
{
	struct report_event *event = sealed_note("She is at her aunt's.\nCall after nine.");
	struct age_identity *reader = event_reader(file_key);
	json_t *content = NULL;
	struct fault fault;

	(void)state;
	assert_null(memmem(event->content, event->content_len, "aunt", 4));
	assert_int_equal(event_content_open(event, reader, &content, &fault), 0);
	assert_string_equal(json_string_value(json_object_get(content, "text")),
		"She is at her aunt's.\nCall after nine.");
	assert_string_equal(json_string_value(json_object_get(content, "verification")), "CREDIBLE");
	json_decref(content);
	age_identity_free(reader);
	report_event_free(event);
}

static void nobody_else_does(void **state)
{
	static const uint8_t other_key[AGE_FILE_KEY_BYTES] = "file key of best";
	struct report_event *event = sealed_note("x"), *empty = report_event_new();
	struct age_identity *other = event_reader(other_key), *reader = event_reader(file_key);
	json_t *content = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(event_content_open(event, other, &content, &fault), -1);
	assert_int_equal(event_content_open(empty, reader, &content, &fault), -1);
	event->content[event->content_len - 1] ^= 1;
	assert_int_equal(event_content_open(event, reader, &content, &fault), -1);
	assert_null(content);
	age_identity_free(other);
	age_identity_free(reader);
	report_event_free(event);
	report_event_free(empty);
}

static void short_notes_look_alike(void **state)
{
	struct report_event *a = sealed_note("x");
	struct report_event *b = sealed_note("Her brother came back with two men and asked for her.");

	(void)state;
	assert_int_equal(a->content_len, b->content_len);
	report_event_free(a);
	report_event_free(b);
}

static void the_longest_text_fits(void **state)
{
	char *text = malloc(CONTENT_TEXT_MAX + 2);
	struct report_event *event;
	json_t *content;
	struct fault fault;

	(void)state;
	assert_non_null(text);
	memset(text, '"', CONTENT_TEXT_MAX); /* the worst: two bytes of JSON each */
	text[CONTENT_TEXT_MAX] = '\0';
	event = sealed_note(text);
	assert_true(event->content_len <= EVENT_CONTENT_MAX);
	text[CONTENT_TEXT_MAX] = '"';
	text[CONTENT_TEXT_MAX + 1] = '\0';
	content = json_pack("{s:s}", "text", text);
	assert_int_equal(event_content_check(content, &fault), -1);
	json_decref(content);
	report_event_free(event);
	free(text);
}

static void every_member_has_its_form(void **state)
{
	static const char *const good[] = {
		"{}",
		"{\"officer\":\"amina\",\"desk\":\"legal\",\"urgency\":\"urgent\",\"reason\":\"LOST\"}",
		"{\"until\":\"2026-11-24T08:30:00Z\",\"threat\":1,\"vulnerability\":5,\"capacity\":3}",
		"{\"need\":\"MED\",\"outcome\":\"DECLINED\",\"verification\":\"VERIFIED\"}",
		"{\"receipt\":\"00000 00000 00000 00000 00000 79444\"}",
		"{\"follow_up\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
		"{\"later\":[1,2]}",
	};
	static const char *const bad[] = {
		"[]",
		"{\"officer\":\"Amina\"}",
		"{\"officer\":7}",
		"{\"desk\":\"\"}",
		"{\"report\":\"ab\"}",
		"{\"follow_up\":\"amina\"}",
		"{\"receipt\":\"00000 00000 00000 00000 00000 79445\"}",
		"{\"reason\":\"BORED\"}",
		"{\"reason\":\"safe\"}",
		"{\"urgency\":\"U1\"}",
		"{\"until\":\"tomorrow\"}",
		"{\"threat\":0}",
		"{\"capacity\":6}",
		"{\"verification\":\"SURE\"}",
		"{\"need\":\"med\"}",
		"{\"outcome\":\"MET\"}",
		"{\"text\":\"a\\u001b[2Jb\"}",
	};
	struct fault fault;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(good) + COUNT_OF(bad); at++) {
		bool is_good = at < COUNT_OF(good);
		json_t *content = json_loads(is_good ? good[at] : bad[at - COUNT_OF(good)], 0, NULL);

		assert_non_null(content);
		assert_int_equal(event_content_check(content, &fault), is_good ? 0 : -1);
		json_decref(content);
	}
}

static void reasons_that_two_must_sign(void **state)
{
	(void)state;
	assert_true(closure_reason("LOST")->needs_second && closure_reason("INSF")->needs_second &&
		    closure_reason("FALSE")->needs_second);
	assert_false(closure_reason("SAFE")->needs_second || closure_reason("DUP")->needs_second);
	assert_null(closure_reason("lost"));
	assert_int_equal(closure_reason_count, 11);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_has_the_file_key_reads_it),
		cmocka_unit_test(nobody_else_does),
		cmocka_unit_test(short_notes_look_alike),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(every_member_has_its_form),
		cmocka_unit_test(reasons_that_two_must_sign),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
