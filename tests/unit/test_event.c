#include "cmocka_all.h"

#include "proto/event.h"
#include "roster_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORG   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct event_subject subject = { .organisation = ORG, .report = ID };

static struct report_event *example(void)
{
	struct report_event *event = report_event_new();

	assert_non_null(event);
	event->number = 1;
	event->type = EVENT_ACK;
	event->created = 1795509000;
	event->roster = 7;
	return event;
}

static void the_lines_of_an_event(void **state)
{
	struct report_event *event = example();
	struct buffer lines = buffer_of(1024);
	uint8_t digest[32], expected[32];

	(void)state;
	assert_int_equal(event_put_lines(event, &subject, &lines), 0);
	assert_string_equal(buffer_text(&lines), "clarion-event/1\n" ORG "\n" ID "\n7\n1\n" ZEROS
						 "\nack\n" ZEROS "\n" EMPTY "\n2026-11-24T08:30:00Z\n");
	crypto_hash_sha256(expected, lines.data, lines.len);
	assert_int_equal(event_digest(event, &subject, digest), 0);
	assert_memory_equal(digest, expected, 32);
	buffer_free(&lines);
	report_event_free(event);
}

static void both_signatures_must_be_right(void **state)
{
	struct report_event *event = example();
	struct event_subject other = subject;
	uint8_t officer[32], officer_key[64], proof[32], proof_key[64];

	(void)state;
	fixture_key(2, officer, officer_key);
	fixture_key(3, proof, proof_key);
	assert_int_equal(event_sign(event, &subject, officer_key, proof_key), 0);
	assert_memory_equal(event->keyid, officer, 32);
	assert_int_equal(event_verify(event, &subject, proof), 0);
	assert_int_equal(event_verify(event, &subject, officer), -1); /* another proof key */
	assert_int_equal(event_verify(event, &subject, NULL), -1);    /* a proof nobody asked for */
	other.report[0] = 'f';
	assert_int_equal(event_verify(event, &other, proof), -1);
	other = subject;
	other.organisation[0] = 'B';
	assert_int_equal(event_verify(event, &other, proof), -1);
	event->type = EVENT_CLOSE;
	assert_int_equal(event_verify(event, &subject, proof), -1);
	event->type = EVENT_ACK;
	event->signature[0] ^= 1;
	assert_int_equal(event_verify(event, &subject, proof), -1);
	assert_int_equal(event_sign(event, &subject, officer_key, NULL), 0);
	assert_int_equal(event_verify(event, &subject, NULL), 0);
	assert_int_equal(event_verify(event, &subject, proof), -1); /* the proof is missing */
	assert_int_equal(event_set_content(event, (const uint8_t *)"x", 1), 0);
	assert_int_equal(event_verify(event, &subject, NULL), -1);
	report_event_free(event);
}

static void json_round_trips(void **state)
{
	uint8_t officer[32], officer_key[64], *content = malloc(EVENT_CONTENT_MAX + 1);

	(void)state;
	assert_non_null(content);
	memset(content, 0xa5, EVENT_CONTENT_MAX + 1);
	fixture_key(2, officer, officer_key);
	for (size_t i = 0; i < 4; i++) {
		static const size_t lens[] = { 0, 1, 17, EVENT_CONTENT_MAX };
		struct report_event *event = example(), *again = NULL;
		struct buffer out = buffer_of(EVENT_MAX), second = buffer_of(EVENT_MAX);
		struct fault fault;

		event->number = i + 1;
		event->previous[3] = (uint8_t)i;
		if (lens[i] > 0)
			assert_int_equal(event_set_content(event, content, lens[i]), 0);
		assert_int_equal(
			event_sign(event, &subject, officer_key, i % 2 == 0 ? officer_key : NULL), 0);
		assert_int_equal(event_write(event, &out), 0);
		assert_int_equal(event_parse(buffer_text(&out), out.len, &again, &fault), 0);
		assert_int_equal(again->content_len, lens[i]);
		assert_int_equal(again->has_proof, i % 2 == 0);
		assert_int_equal(event_verify(again, &subject, i % 2 == 0 ? officer : NULL), 0);
		assert_int_equal(event_write(again, &second), 0);
		assert_string_equal(buffer_text(&second), buffer_text(&out));
		report_event_free(event);
		report_event_free(again);
		buffer_free(&out);
		buffer_free(&second);
	}
	free(content);
}

/* To which desk is signed and in the JSON of a transfer, and in no other event's. */
static void a_transfer_says_to_which_desk(void **state)
{
	struct report_event *event = example(), *again = NULL;
	uint8_t officer[32], officer_key[64];
	struct buffer out = buffer_of(EVENT_MAX);
	struct fault fault;
	char *at;

	(void)state;
	fixture_key(2, officer, officer_key);
	event->type = EVENT_TRANSFER;
	memcpy(event->desk, "legal", sizeof "legal");
	assert_int_equal(event_sign(event, &subject, officer_key, NULL), 0);
	assert_int_equal(event_write(event, &out), 0);
	assert_int_equal(event_parse(buffer_text(&out), out.len, &again, &fault), 0);
	assert_string_equal(again->desk, "legal");
	assert_int_equal(event_verify(again, &subject, NULL), 0);
	memcpy(again->desk, "press", sizeof "press");
	assert_int_equal(event_verify(again, &subject, NULL), -1);
	report_event_free(again);
	at = strstr((char *)out.data, "\"type\":\"transfer\"");
	assert_non_null(at);
	memcpy(at, "\"type\":\"handover\"", strlen("\"type\":\"handover\""));
	assert_int_equal(event_parse(buffer_text(&out), out.len, &again, &fault), -1);
	buffer_free(&out);
	report_event_free(event);
}

static void oversized_content_is_refused(void **state)
{
	struct report_event *event = example();
	uint8_t *content = calloc(1, EVENT_CONTENT_MAX + 1);

	(void)state;
	assert_int_equal(event_set_content(event, content, EVENT_CONTENT_MAX + 1), -1);
	assert_int_equal(event_set_content(event, content, 0), -1);
	assert_null(event->content);
	free(content);
	report_event_free(event);
}

/* Each row: what stands in the sound event, and what must be refused in its place. */
static void malformed_events_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "\"content\":\"\"", "\"content\":null" },
		{ "\"content\":\"\"", "\"content\":\"A\"" },
		{ "\"content\":\"\"", "\"content\":\"AA\"" },
		{ "\"content\":\"\",", "" },
		{ "\"content\":\"\"", "\"content\":\"\",\"extra\":1" },
		{ "\"content\":\"\"", "\"content\":\"\",\"content\":\"\"" },
		{ "\"number\":1", "\"number\":0" },
		{ "\"number\":1", "\"number\":-1" },
		{ "\"number\":1", "\"number\":1.0" },
		{ "\"number\":1", "\"number\":\"1\"" },
		{ "\"number\":1", "\"number\":1000001" },
		{ "\"number\":1", "\"number\":2" }, /* whose `previous` would be zeros */
		{ "\"previous\":\"0", "\"previous\":\"1" },
		{ "\"previous\":\"0", "\"previous\":\"A" },
		{ "\"previous\":\"0", "\"previous\":\"" },
		{ "\"header\":\"0", "\"header\":\"00" },
		{ "\"type\":\"ack\"", "\"type\":\"ACK\"" },
		{ "\"type\":\"ack\"", "\"type\":\"\"" },
		{ "\"type\":\"ack\"", "\"type\":1" },
		{ "\"created\":\"2026", "\"created\":\"x2026" },
		{ "\"created\":\"2026-11", "\"created\":\"2026-13" },
		{ "\"roster\":7", "\"roster\":0" },
		{ "\"roster\":7", "\"roster\":\"7\"" },
		{ "\"keyid\":\"", "\"keyid\":\"A" },
		{ "\"proof\":\"\"", "\"proof\":\"AAAA\"" },
		{ "\"proof\":\"\"", "\"proof\":null" },
		{ "==\"", "=\"" },
	};
	struct report_event *event = example(), *again = NULL;
	struct buffer out = buffer_of(EVENT_MAX);
	uint8_t officer[32], officer_key[64];

	(void)state;
	fixture_key(2, officer, officer_key);
	assert_int_equal(event_sign(event, &subject, officer_key, NULL), 0);
	assert_int_equal(event_write(event, &out), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char changed[2048];
		struct fault fault = { "" };
		const char *text = buffer_text(&out), *at = strstr(text, rows[i][0]);

		assert_non_null(at);
		(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, rows[i][1],
			at + strlen(rows[i][0]));
		if (event_parse(changed, strlen(changed), &again, &fault) == 0)
			fail_msg("row %zu was taken", i);
		assert_true(fault.text[0] != '\0');
	}
	buffer_free(&out);
	report_event_free(event);
}

/* DOMAIN 2.1, a row a state: what each event makes of it, `-` where it can't happen. */
static void states_follow_the_table(void **state)
{
	static const char *const table[STATE_COUNT][EVENT_TYPES] = {
		/* ack, assign, note, triage, activate, wait, monitor, handover, refer, close, reopen,
		 * transfer, accept, reject, contact */
		{ "ack", "new", "new", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "new" },
		{ "ack", "ack", "ack", "triaged", "-", "-", "-", "-", "ack", "closed", "-", "-", "-", "-",
			"ack" },
		{ "triaged", "triaged", "triaged", "-", "active", "waiting", "-", "-", "triaged", "closed",
			"-", "-", "-", "-", "triaged" },
		{ "active", "active", "active", "-", "-", "waiting", "monitor", "handover", "active",
			"closed", "-", "handover", "-", "-", "active" },
		{ "waiting", "waiting", "waiting", "-", "active", "-", "-", "-", "waiting", "closed", "-",
			"-", "-", "-", "waiting" },
		{ "monitor", "monitor", "monitor", "-", "active", "-", "-", "-", "monitor", "closed", "-",
			"-", "-", "-", "monitor" },
		{ "handover", "handover", "handover", "-", "active", "-", "-", "-", "handover", "-", "-", "-",
			"active", "active", "handover" },
		{ "-", "-", "closed", "-", "-", "-", "-", "-", "-", "-", "reopened", "-", "-", "-", "-" },
		{ "reopened", "reopened", "reopened", "-", "active", "-", "-", "-", "reopened", "closed", "-",
			"-", "-", "-", "reopened" },
	};

	(void)state;
	for (size_t from = 0; from < STATE_COUNT; from++) {
		for (size_t type = 0; type < EVENT_TYPES; type++) {
			enum report_state next = STATE_NEW;
			int rc = event_next_state((enum report_state)from, (enum event_type)type, &next);

			assert_string_equal(rc == 0 ? state_word(next) : "-", table[from][type]);
		}
	}
}

static void types_are_words(void **state)
{
	enum event_type type = EVENT_REOPEN;

	(void)state;
	for (size_t i = 0; i < EVENT_TYPES; i++) {
		const char *word = event_type_word((enum event_type)i);

		assert_int_equal(event_type_of(word, strlen(word), &type), 0);
		assert_int_equal(type, i);
	}
	assert_int_equal(event_type_of("acks", 4, &type), -1);
	assert_int_equal(event_type_of("", 0, &type), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_of_an_event),
		cmocka_unit_test(both_signatures_must_be_right),
		cmocka_unit_test(json_round_trips),
		cmocka_unit_test(a_transfer_says_to_which_desk),
		cmocka_unit_test(oversized_content_is_refused),
		cmocka_unit_test(malformed_events_are_refused),
		cmocka_unit_test(states_follow_the_table),
		cmocka_unit_test(types_are_words),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
