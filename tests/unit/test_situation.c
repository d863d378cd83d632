/* What is counted of reports, and into which tables. */
#include "cmocka_all.h"

#include "situation_json.h"
#include "situation_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAME INT64_C(1795509000) /* 2026-11-24T08:30:00Z */
#define YEAR INT64_C(31536000)

static json_t *report_of(const char *more)
{
	char text[2048];
	json_t *report;

	(void)snprintf(text, sizeof text,
		"{\"schema\":1,\"summary\":\"s\",\"urgency\":\"urgent\",\"link_to_work\":\"YES\","
		"\"consent\":{\"stats\":{\"state\":\"Y\"}},"
		"\"persons\":[{\"ref\":\"P1\",\"unit\":\"IND\",\"category\":\"HRD\",\"gender\":\"F\","
		"\"age_band\":\"C\",\"status_now\":\"SAFE\"}],"
		"\"perpetrators\":[{\"ref\":\"A1\",\"type\":\"PR.FAM\"},{\"ref\":\"A2\",\"type\":\"ST.POL\"}]"
		"%s}",
		more);
	report = json_loads(text, 0, NULL);
	assert_non_null(report);
	return report;
}

static struct extract extract_of(const char *more)
{
	struct extract extract;
	json_t *report = report_of(more);

	extract_report(report, CAME, &extract);
	json_decref(report);
	return extract;
}

#define ACTS(...) ",\"acts\":[" __VA_ARGS__ "]"
#define ACT(kind, person, perpetrator)                                                                       \
	"{\"kind\":\"" kind "\",\"person_ref\":\"" person "\",\"perp_ref\":\"" perpetrator "\"}"

/* DOMAIN 1.3: the lowest bucket wins, then the order of the families. */
static void the_gravest_act_decides(void **state)
{
	static const struct {
		const char *acts;
		int bucket, gbvims, perpetrator;
	} cases[] = {
		{ ACTS(ACT("LIF.02", "P1", "A1") "," ACT("DET.01", "P1", "A2")), 4, 0, 0 },
		{ ACTS(ACT("LIF.01", "P1", "A1") "," ACT("DET.01", "P1", "A2")), 1, 0, 4 },
		{ ACTS(ACT("DIS.01", "P1", "A1")), 2, 0, 4 },
		{ ACTS(ACT("DIS.02", "P1", "A1")), 6, 0, 4 },
		{ ACTS(ACT("TOR.01", "P1", "A2")), 3, 3, 0 },
		{ ACTS(ACT("TOR.02", "P1", "A2")), 6, 3, 0 },
		{ ACTS(ACT("KID.02", "P1", "A1")), 5, 6, 4 },
		{ ACTS(ACT("TEC.02", "P1", "A9") "," ACT("SXV.01", "P1", "A1")), 6, 1, 4 },
		{ ACTS(ACT("PHY.01", "P1", "A2") "," ACT("SXV.04", "P1", "A1")), 6, 3, 4 },
		{ ACTS(ACT("THR.01", "P2", "A2")), 0, 0, 7 },
		{ "", 0, 0, 7 },
	};

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		struct extract extract = extract_of(cases[at].acts);

		assert_int_equal(extract.person_count, 1);
		assert_int_equal(extract.persons[0].bucket, cases[at].bucket);
		assert_int_equal(extract.persons[0].gbvims, cases[at].gbvims);
		assert_int_equal(extract.persons[0].perpetrator, cases[at].perpetrator);
	}
}

static void who_may_be_counted(void **state)
{
	struct extract extract = extract_of("");

	(void)state;
	assert_true(extract.may_be_counted && !extract.is_repeated);
	assert_false(extract_of(",\"consent\":{\"stats\":{\"state\":\"ASK\"}}").may_be_counted);
	assert_false(extract_of(",\"consent\":{}").may_be_counted);
	assert_true(extract_of(",\"already_in_network\":\"Y\"").is_repeated);
	extract = extract_of(",\"follows\":{\"kind\":\"follow-up\",\"counter\":1}");
	assert_true(extract.is_repeated && extract.is_followup && extract.has_earlier);
	assert_true(extract_of(",\"links\":[{\"report_id\":\"x\",\"rel\":\"SAME\"}]").is_repeated);
	extract = extract_of(",\"links\":[{\"report_id\":\"x\",\"rel\":\"PRECEDES\"}]");
	assert_true(!extract.is_repeated && extract.has_earlier);
}

static void event(struct extract *extract, enum event_type type, enum report_state state, int64_t when,
	const char *content)
{
	struct report_event event = { .type = type, .created = when };
	json_t *json = content == NULL ? NULL : json_loads(content, 0, NULL);
	struct history_entry entry = { .event = &event, .by = "amina", .content = json, .state = state };
	struct failure failure;

	assert_int_equal(extract_event(extract, &entry, &failure), 0);
	json_decref(json);
}

static void what_came_of_it(void **state)
{
	struct extract extract = extract_of(",\"needs\":[\"LEG\",\"MED\"]");

	(void)state;
	event(&extract, EVENT_ACK, STATE_ACK, CAME + 7200, NULL);
	event(&extract, EVENT_ACK, STATE_ACK, CAME + 9000, NULL);
	assert_int_equal(extract.waited, 7200);
	assert_false(extract.is_contacted);
	event(&extract, EVENT_CONTACT, STATE_ACK, CAME + 9000, NULL);
	event(&extract, EVENT_CONTACT, STATE_ACK, CAME + 90000, NULL);
	assert_true(extract.is_contacted);
	assert_int_equal(extract.contact_waited, 1800);
	event(&extract, EVENT_NOTE, STATE_ACK, CAME, "{\"verification\":\"VERIFIED\"}");
	assert_true(extract.is_verified);
	event(&extract, EVENT_NOTE, STATE_ACK, CAME, "{\"need\":\"MED\",\"outcome\":\"DECLINED\"}");
	assert_int_equal(extract.outcomes[6], 4);
	assert_int_equal(extract.outcomes[5], OUTCOMES - 1);
	event(&extract, EVENT_NOTE, STATE_ACK, CAME, "{\"verification\":\"REJECTED\"}");
	assert_false(extract.is_verified);
	event(&extract, EVENT_CLOSE, STATE_CLOSED, CAME, "{\"reason\":\"SAFE\"}");
	assert_int_equal(extract.reason, 1);
	assert_false(extract.is_repeated);
	event(&extract, EVENT_REOPEN, STATE_REOPENED, CAME, NULL);
	event(&extract, EVENT_CLOSE, STATE_CLOSED, CAME, "{\"reason\":\"DUP\"}");
	assert_true(extract.is_repeated);
}

/* A period that is over is counted as it was then; but nobody is counted against her word. */
static void what_was_signed_later_is_not_taken(void **state)
{
	struct extract extract = extract_of(",\"needs\":[\"LEG\"]");

	(void)state;
	extract.until = CAME + 1000;
	event(&extract, EVENT_NOTE, STATE_ACK, CAME + 999, "{\"need\":\"LEG\",\"outcome\":\"OWN\"}");
	event(&extract, EVENT_NOTE, STATE_ACK, CAME + 1000, "{\"verification\":\"VERIFIED\"}");
	event(&extract, EVENT_CLOSE, STATE_CLOSED, CAME + 1001, "{\"reason\":\"DUP\"}");
	assert_int_equal(extract.outcomes[5], 1);
	assert_true(extract.may_be_counted && !extract.is_verified && !extract.is_repeated);
	assert_int_equal(extract.reason, 0);
	event(&extract, EVENT_CLOSE, STATE_CLOSED, CAME + 1002, "{\"reason\":\"WITHDRAWN\"}");
	assert_false(extract.may_be_counted);
}

static const struct table *find(const struct situation *situation, const char *id, size_t *ret_at)
{
	for (size_t part = 0; part < PARTS; part++) {
		for (*ret_at = 0; *ret_at < situation->parts[part].table_count; (*ret_at)++)
			if (strcmp(situation->parts[part].tables[*ret_at].id, id) == 0)
				return &situation->parts[part].tables[*ret_at];
	}
	fail_msg("no table %s", id);
	return NULL;
}

static struct situation situation_of(const struct extract *extracts, size_t count)
{
	static const struct target target = { { 900, 7200, 86400, 259200, 900 },
		{ 3600, 3600, 3600, ESCALATION_NEVER, 3600 } };
	struct situation situation = { .parts = { { .part = PART_QUARTERS }, { .part = PART_REPRISALS } } };

	for (size_t at = 0; at < PARTS; at++) {
		situation.parts[at].period = (struct period){ CAME - YEAR, CAME + YEAR };
		situation.parts[at].threshold = 10;
		assert_int_equal(situation_count(&situation.parts[at], extracts, count, &target), 0);
	}
	return situation;
}

#define FIRST  "1111111111111111aaaaaaaaaaaaaaaa1111111111111111aaaaaaaaaaaaaaaa"
#define SECOND "2222222222222222aaaaaaaaaaaaaaaa1111111111111111aaaaaaaaaaaaaaaa"
#define THIRD  "3333333333333333aaaaaaaaaaaaaaaa1111111111111111aaaaaaaaaaaaaaaa"

static void what_other_desks_made_of_it(void **state)
{
	struct extract extracts[3] = { extract_of(""), extract_of(""), extract_of(",\"consent\":{}") };
	struct extract *extract = &extracts[0];
	struct situation situation;
	const struct table *table;
	size_t at = 0;

	(void)state;
	event(extract, EVENT_REFER, STATE_ACTIVE, CAME, "{\"desk\":\"legal\",\"report\":\"" FIRST "\"}");
	event(extract, EVENT_REFER, STATE_ACTIVE, CAME, "{\"desk\":\"legal\",\"report\":\"" SECOND "\"}");
	event(extract, EVENT_REFER, STATE_ACTIVE, CAME, "{\"desk\":\"legal\",\"report\":\"" THIRD "\"}");
	/* Opened, handled and closed; opened and closed; opened. */
	event(extract, EVENT_NOTE, STATE_ACTIVE, CAME, "{\"report\":\"" FIRST "\",\"says\":\"ack\"}");
	event(extract, EVENT_NOTE, STATE_ACTIVE, CAME, "{\"report\":\"" FIRST "\",\"says\":\"triaged\"}");
	event(extract, EVENT_NOTE, STATE_ACTIVE, CAME, "{\"report\":\"" FIRST "\",\"says\":\"closed\"}");
	event(extract, EVENT_NOTE, STATE_ACTIVE, CAME, "{\"report\":\"" SECOND "\",\"says\":\"ack\"}");
	event(extract, EVENT_NOTE, STATE_ACTIVE, CAME, "{\"report\":\"" SECOND "\",\"says\":\"closed\"}");
	event(extract, EVENT_NOTE, STATE_ACTIVE, CAME, "{\"report\":\"" THIRD "\",\"says\":\"ack\"}");
	event(extract, EVENT_TRANSFER, STATE_HANDOVER, CAME, NULL);
	event(extract, EVENT_REJECT, STATE_ACTIVE, CAME, NULL);
	event(extract, EVENT_TRANSFER, STATE_HANDOVER, CAME, NULL);
	event(extract, EVENT_ACTIVATE, STATE_ACTIVE, CAME, NULL);
	event(&extracts[1], EVENT_TRANSFER, STATE_HANDOVER, CAME, NULL);
	event(&extracts[1], EVENT_ACCEPT, STATE_ACTIVE, CAME, NULL);
	/* Its sender didn't agree to be counted. */
	event(&extracts[2], EVENT_TRANSFER, STATE_HANDOVER, CAME, NULL);
	extracts[0].is_acknowledged = extracts[0].is_contacted = true;
	extracts[0].contact_waited = 3601;
	extracts[0].tier = 2;
	extracts[1].is_acknowledged = extracts[1].is_contacted = true;
	extracts[1].contact_waited = 3600;
	situation = situation_of(extracts, COUNT_OF(extracts));
	table = find(&situation, "S8-referrals", &at);
	for (size_t column = 0; column < 3; column++) {
		assert_int_equal(table->cell[0][column], 1);
		assert_int_equal(table->cell[1][column], 1);
	}
	table = find(&situation, "S7-contact", &at);
	for (size_t column = 0; column < 3; column++)
		assert_int_equal(table->cell[URGENCY_URGENT][column], 1);
	table = find(&situation, "S7-tiers", &at);
	assert_int_equal(table->cell[URGENCY_URGENT][0], 2);
	assert_int_equal(table->cell[URGENCY_URGENT][2], 1);
	assert_true(situation.parts[0].table_count <= SITUATION_TABLES);
	situation_free(&situation);
}

static void each_thing_is_counted_where_it_belongs(void **state)
{
	struct extract extracts[6] = { extract_of(ACTS(ACT("THR.01", "P1", "A1"))),
		extract_of(ACTS(ACT("THR.01", "P1", "A1"))), extract_of(ACTS(ACT("DET.01", "P1", "A2"))),
		extract_of(ACTS(ACT("DET.01", "P1", "A2"))), extract_of(ACTS(ACT("DET.01", "P1", "A2"))),
		extract_of(ACTS(ACT("DET.01", "P1", "A2"))) };
	struct situation situation;
	const struct table *table;
	size_t at = 0;

	(void)state;
	extracts[1].is_verified = true;
	extracts[2].may_be_counted = false;
	extracts[3].is_repeated = true;
	extracts[4].came = CAME + 2 * YEAR;
	extracts[5].is_linked_to_work = false;
	extracts[1].is_acknowledged = true;
	extracts[1].waited = 7200;
	extracts[2].is_acknowledged = true;
	extracts[2].waited = 7201;
	situation = situation_of(extracts, COUNT_OF(extracts));
	table = find(&situation, "S2-gender", &at);
	assert_int_equal(table->cell[5][0], 1); /* the first */
	assert_int_equal(table->cell[3][0], 0);
	table = find(&situation, "S1-perpetrator", &at);
	assert_int_equal(table->cell[5][4], 1); /* the second */
	table = find(&situation, "S3", &at);
	assert_int_equal(table->cell[7][0], 2); /* threats to individuals */
	table = find(&situation, "S4", &at);
	assert_int_equal(table->cell[5][2], 2);
	table = find(&situation, "S7", &at);
	assert_int_equal(table->cell[1][0], 1);
	assert_int_equal(table->cell[1][1], 1);
	assert_int_equal(table->cell[1][2], 3); /* all that came in the period, consent or not */
	table = find(&situation, "trend", &at);
	for (size_t row = 0, sum = 0; row < table->rows; row++) {
		sum += table->cell[row][0];
		if (row + 1 == table->rows)
			assert_int_equal(sum, 4);
	}
	situation_free(&situation);
}

/* S5: a further report of an earlier year's case is a follow-up in its own year, once. */
static void news_of_an_earlier_year_is_counted_in_its_own(void **state)
{
	struct extract extracts[5];
	struct situation situation;
	const struct table *table;
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(extracts); i++) {
		extracts[i] = extract_of(",\"un_cooperation\":\"Y\",\"un_entity\":[\"HRC\"]");
		extracts[i].reporter = i < 3 ? 1 : 2;
		if (i == 0 || i == 3)
			continue;
		extracts[i].is_repeated = extracts[i].is_followup = extracts[i].has_earlier = true;
	}
	extracts[0].came =
		CAME - 2 * YEAR; /* followed twice in this year; the other one's first is of this year */
	situation = situation_of(extracts, COUNT_OF(extracts));
	table = find(&situation, "S5-new", &at);
	assert_int_equal(table->cell[0][0], 1);
	assert_int_equal(table->cell[0][1], 1);
	table = find(&situation, "S2-gender", &at);
	assert_int_equal(table->cell[5][0], 0);
	situation_free(&situation);
}

/* Twelve reports of two people say nothing of how many people there are. */
static void a_count_needs_three_reporters(void **state)
{
	enum { REPORTS = 12 };
	struct extract extracts[REPORTS];
	size_t table = 0;

	(void)state;
	for (uint32_t reporters = 2; reporters <= 3; reporters++) {
		struct situation situation;

		for (uint32_t at = 0; at < REPORTS; at++) {
			extracts[at] = extract_of(ACTS(ACT("THR.01", "P1", "A1")));
			extracts[at].reporter = 1 + at % reporters;
		}
		situation = situation_of(extracts, REPORTS);
		(void)find(&situation, "S2-gender", &table);
		assert_int_equal(situation.parts[PART_QUARTERS].published[table].shown[5][0],
			reporters == 2 ? SHOWN_HIDDEN : SHOWN_NUMBER);
		situation_free(&situation);
	}
}

static void words_show_no_more_than_may_be_shown(void **state)
{
	enum { MANY_REPORTS = 40 };
	struct extract *extracts = calloc(MANY_REPORTS, sizeof *extracts);
	struct buffer html = buffer_of(SITUATION_WORDS_MAX), csv = buffer_of(SITUATION_WORDS_MAX);
	struct situation situation;
	json_t *json;
	char *text;

	(void)state;
	assert_non_null(extracts);
	for (size_t at = 0; at < MANY_REPORTS; at++)
		extracts[at] = extract_of(
			at < 36 ? ACTS(ACT("THR.01", "P1", "A1")) : ACTS(ACT("DET.01", "P1", "A2")));
	situation = situation_of(extracts, MANY_REPORTS);
	json = situation_json(&situation);
	text = json_dumps(json, 0);
	situation_html(&situation, "Ours & <theirs>", &html);
	situation_csv(&situation, &csv);
	assert_non_null(strstr(text, "\"<10\""));
	assert_non_null(strstr(text, "40"));
	assert_null(strstr(text, ", 36,"));
	assert_null(strstr(text, ", 4,"));
	assert_non_null(strstr(buffer_text(&csv), "S2-gender,"));
	assert_non_null(strstr(buffer_text(&html), "Ours &amp; &lt;theirs&gt;"));
	assert_null(strstr(buffer_text(&html), "<script"));
	assert_null(strstr(buffer_text(&html), "http:"));
	assert_null(strstr(buffer_text(&html), "https:"));
	free(text);
	json_decref(json);
	situation_free(&situation);
	buffer_free(&html);
	buffer_free(&csv);
	free(extracts);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gravest_act_decides),
		cmocka_unit_test(who_may_be_counted),
		cmocka_unit_test(what_came_of_it),
		cmocka_unit_test(what_was_signed_later_is_not_taken),
		cmocka_unit_test(what_other_desks_made_of_it),
		cmocka_unit_test(each_thing_is_counted_where_it_belongs),
		cmocka_unit_test(news_of_an_earlier_year_is_counted_in_its_own),
		cmocka_unit_test(a_count_needs_three_reporters),
		cmocka_unit_test(words_show_no_more_than_may_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
