#include "cmocka_all.h"

#include "proto/alert_list.h"
#include "proto/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ALERT(seq, due)                                                                                      \
	"{\"accepted\":\"2026-11-24T08:30:00Z\",\"desk\":\"intake\",\"due\":" due                            \
	",\"escalation\":\"tier-2\",\"report\":\"" ID "\",\"seq\":" seq                                      \
	",\"state\":\"new\",\"tier\":2,\"urgency\":\"urgent\"}"

static void alerts_round_trip(void **state)
{
	static const char json[] = "{\"alerts\":[" ALERT("3", "\"2026-11-24T08:45:00Z\"") "," ALERT(
		"9", "null") "],\"more\":true,\"again\":[" ALERT("2", "null") "],\"raised\":77}";
	struct buffer out = buffer_of(ALERT_LIST_MAX);
	struct alert_list list;
	struct fault fault;

	(void)state;
	assert_int_equal(alert_list_parse(json, strlen(json), &list, &fault), 0);
	assert_int_equal(list.count, 2);
	assert_true(list.more);
	assert_int_equal(list.alerts[0].seq, 3);
	assert_string_equal(list.alerts[0].report, ID);
	assert_int_equal(list.alerts[0].urgency, URGENCY_URGENT);
	assert_int_equal(list.alerts[0].due - list.alerts[0].accepted, 900);
	assert_int_equal(list.alerts[0].escalation, ESCALATION_TIER_2);
	assert_int_equal(list.alerts[0].tier, 2);
	assert_false(list.alerts[1].has_due);
	assert_int_equal(list.again_count, 1);
	assert_int_equal(list.again[0].seq, 2);
	assert_int_equal(list.raised, 77);
	assert_int_equal(alert_list_begin(list.alerts, list.count, list.more, &out), 0);
	assert_int_equal(alert_list_end(list.again, list.again_count, list.raised, &out), 0);
	assert_string_equal(buffer_text(&out), json);
	assert_int_equal(alert_page_write(list.alerts, ALERTS_MAX + 1, true, &out), -1);
	alert_list_free(&list);
	buffer_free(&out);
}

static void an_empty_list(void **state)
{
	static const char page[] = "{\"alerts\":[],\"more\":false}";
	struct alert_list list;
	struct fault fault;

	(void)state;
	assert_int_equal(alert_list_parse(page, strlen(page), &list, &fault), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(list.again_count, 0);
	assert_false(list.more);
	alert_list_free(&list);
}

static void malformed_lists_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"alerts\":[]}",
		"{\"alerts\":{},\"more\":false}",
		"{\"alerts\":[],\"more\":0}",
		"{\"alerts\":[],\"more\":false,\"x\":1}",
		"{\"alerts\":[],\"more\":false,\"again\":[]}",
		"{\"alerts\":[],\"more\":false,\"raised\":1}",
		"{\"alerts\":[],\"more\":false,\"again\":[],\"raised\":-1}",
		"{\"alerts\":[],\"more\":false,\"again\":[1],\"raised\":1}",
		"{\"alerts\":[1],\"more\":false}",
		"{\"alerts\":[{}],\"more\":false}",
		"{\"alerts\":[" ALERT("0", "null") "],\"more\":false}",
		"{\"alerts\":[" ALERT("-1", "null") "],\"more\":false}",
		"{\"alerts\":[" ALERT("1.5", "null") "],\"more\":false}",
		"{\"alerts\":[" ALERT("1", "0") "],\"more\":false}",
		"{\"alerts\":[" ALERT("1", "\"soon\"") "],\"more\":false}",
		"{\"alerts\":[" ALERT("2", "null") "," ALERT("2", "null") "],\"more\":false}",
		"{\"alerts\":[" ALERT("2", "null") "," ALERT("1", "null") "],\"more\":false}",
	};
	static const char *const changes[][2] = { { "intake", "In" }, { "\"new\"", "\"NEW\"" },
		{ "urgent\"", "U2\"" }, { "0123", "012g" }, { "2026", "x026" }, { "\"seq\"", "\"sequence\"" },
		{ "tier-2", "tier-4" }, { "\"tier\":2", "\"tier\":5" }, { "\"tier\":2", "\"tier\":-1" } };
	static const char sound[] = "{\"alerts\":[" ALERT("1", "null") "],\"more\":false}";
	struct alert_list list;
	char changed[512];
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(alert_list_parse(rows[i], strlen(rows[i]), &list, &fault), -1);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		const char *at = strstr(sound, changes[i][0]);

		assert_non_null(at);
		(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - sound), sound, changes[i][1],
			at + strlen(changes[i][0]));
		assert_int_equal(alert_list_parse(changed, strlen(changed), &list, &fault), -1);
	}
}

static void more_than_a_page_is_refused(void **state)
{
	struct alert *alerts = calloc(ALERTS_MAX + 1, sizeof(*alerts));
	struct buffer out = buffer_of(ALERT_LIST_MAX);
	struct alert_list list;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ALERTS_MAX; i++) {
		alerts[i] = (struct alert){ .seq = i + 1, .report = ID, .desk = "intake", .has_due = true };
	}
	assert_int_equal(alert_page_write(alerts, ALERTS_MAX, true, &out), 0);
	assert_int_equal(alert_list_parse(buffer_text(&out), out.len, &list, &fault), 0);
	assert_int_equal(list.count, ALERTS_MAX);
	alert_list_free(&list);
	buffer_clear(&out);
	buffer_put_string(&out, "{\"alerts\":[");
	for (unsigned i = 0; i <= ALERTS_MAX; i++) {
		alerts[0].seq = i + 1;
		buffer_put_string(&out, i > 0 ? "," : "");
		assert_int_equal(alert_write(&alerts[0], &out), 0);
	}
	buffer_put_string(&out, "],\"more\":false}");
	assert_int_equal(alert_list_parse(buffer_text(&out), out.len, &list, &fault), -1);
	free(alerts);
	buffer_free(&out);
}

static void problems_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROBLEM_COUNT; i++) {
		enum problem problem = (enum problem)i;
		struct buffer out = buffer_of(PROBLEM_MAX);
		struct problem_answer answer;
		struct fault fault;

		assert_int_equal(problem_write(problem, &out), 0);
		assert_int_equal(problem_parse(buffer_text(&out), out.len, &answer, &fault), 0);
		assert_true(answer.known);
		assert_int_equal(answer.problem, problem);
		assert_string_equal(answer.detail, problem_detail(problem));
		assert_true(problem_status(problem) >= 400 && problem_status(problem) < 600);
		assert_null(strstr(buffer_text(&out), "larion")); /* no answer says what we are */
		buffer_free(&out);
	}
	assert_string_equal(problem_word(PROBLEM_STORAGE_FULL), "storage-full");
	assert_int_equal(problem_status(PROBLEM_STORAGE_FULL), 507);
	assert_int_equal(problem_status(PROBLEM_WRONG_ID), 422);
	assert_string_equal(problem_title(PROBLEM_BUSY), "The server is busy");
}

static void strange_problems(void **state)
{
	static const char later[] = "{\"type\":\"/problems/later\",\"detail\":\"Do this.\",\"more\":[]}";
	static const char escape[] = "{\"type\":\"/problems/busy\",\"detail\":\"\\u001b[2J\"}";
	static const char *const wrong[] = { "", "[]", "{}", "{\"type\":1}", "{\"type\":\"about:blank\"}" };
	struct problem_answer answer;
	struct fault fault;

	(void)state;
	assert_int_equal(problem_parse(later, strlen(later), &answer, &fault), 0);
	assert_false(answer.known);
	assert_string_equal(answer.detail, "Do this.");
	assert_int_equal(problem_parse(escape, strlen(escape), &answer, &fault), 0);
	assert_true(answer.known);
	assert_string_equal(answer.detail, "");
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(problem_parse(wrong[i], strlen(wrong[i]), &answer, &fault), -1);
}

static void a_page_of_reports(void **state)
{
	static const char *const bad[] = { "{\"next\":1}", "{\"next\":-1,\"reports\":[]}",
		"{\"next\":\"1\",\"reports\":[]}", "{\"next\":0,\"reports\":[7]}",
		"{\"next\":0,\"reports\":[],\"more\":true}", "[]", "" };
	struct alert alerts[2] = { { .seq = 9, .desk = "urgent", .state = STATE_CLOSED },
		{ .seq = 4, .desk = "urgent", .urgency = URGENCY_RECORD } };
	struct alert *again = NULL;
	struct buffer text = buffer_of(ALERT_LIST_MAX);
	struct fault fault;
	size_t count = 0;
	uint64_t next = 0;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(alerts); at++)
		memset(alerts[at].report, at == 0 ? 'a' : 'b', ID_SIZE - 1);
	assert_int_equal(report_page_write(alerts, 2, 201, &text), 0);
	assert_int_equal(
		report_page_parse((const char *)text.data, text.len, &again, &count, &next, &fault), 0);
	assert_int_equal(count, 2);
	assert_int_equal(next, 201);
	assert_int_equal(again[0].seq, 9); /* in any order */
	assert_int_equal(again[0].state, STATE_CLOSED);
	assert_int_equal(again[1].urgency, URGENCY_RECORD);
	free(again);
	buffer_free(&text);
	for (size_t at = 0; at < COUNT_OF(bad); at++)
		assert_int_equal(
			report_page_parse(bad[at], strlen(bad[at]), &again, &count, &next, &fault), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_reports),
		cmocka_unit_test(alerts_round_trip),
		cmocka_unit_test(an_empty_list),
		cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(more_than_a_page_is_refused),
		cmocka_unit_test(problems_round_trip),
		cmocka_unit_test(strange_problems),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
