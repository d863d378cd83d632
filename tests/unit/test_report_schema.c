#include "cmocka_all.h"

#include "proto/report_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD       "{\"schema\":1,\"summary\":\"s\",\"urgency\":\"urgent\""
#define WITH(rest) HEAD "," rest "}"
#define PERSON(ref)                                                                                          \
	"{\"ref\":\"" ref "\",\"unit\":\"IND\",\"category\":\"HRD\",\"gender\":\"F\",\"age_band\":\"C\","    \
	"\"status_now\":\"SAFE\"}"
#define PERPETRATOR(ref) "{\"ref\":\"" ref "\",\"type\":\"ST.POL\"}"
#define ACT(kind, person, perpetrator)                                                                       \
	"{\"kind\":\"" kind "\",\"person_ref\":\"" person "\",\"perp_ref\":\"" perpetrator "\"}"
#define HEX64 "0000000000000000000000000000000000000000000000000000000000000000"
#define HEX32 "00000000000000000000000000000000"
#define KEY   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define EVIDENCE(more)                                                                                       \
	"\"evidence\":[{\"ev_id\":\"001\",\"media_type\":\"image/"                                           \
	"jpeg\",\"size\":12,\"sha256_original\":\"" HEX64 "\"" more "}]"

static int check(const char *json, struct fault *fault)
{
	json_t *report = NULL;
	int rc = report_schema_check(json, strlen(json), &report, fault);

	if (rc == 0)
		json_decref(report);
	return rc;
}

static void sound_reports_are_taken(void **state)
{
	static const char *const reports[] = {
		HEAD "}",
		" " HEAD "}\n",
		"{\"schema\":1,\"summary\":\"s\",\"urgency\":\"withheld\"}",
		WITH("\"unheard_of\":{\"a\":[1,2.5,null]}"),
		WITH("\"report_lang\":\"zh-Hans\",\"contact_langs\":[\"ar\",\"fa\"],\"officer_pref\":"
		     "\"WHD\""),
		WITH("\"narrative\":\"first\\nthen\",\"occurred_from\":\"WHD\",\"occurred_to\":\"2024-02-"
		     "29\""),
		WITH("\"occurred_from\":\"2026\",\"date_precision\":\"YEA\",\"time_band\":\"UNK\","
		     "\"ongoing\":\"WHD\""),
		WITH("\"acts\":[" ACT("THR.01", "P1", "A1") "],\"persons\":[" PERSON(
			"P1") "],\"perpetrators\":[" PERPETRATOR("A1") "]"),
		WITH("\"acts\":[" ACT("TEC.11", "P8", "A4") "]"), /* no lists to point into */
		WITH("\"place\":[{\"precision\":\"P4\",\"share_precision\":\"P4\",\"country\":\"XX\","
		     "\"adm1\":\"AF01\","
		     "\"locality\":\"x\",\"site_type\":\"UNK\"}]"),
		WITH("\"consent\":{\"respond\":{\"state\":\"Y\",\"identity\":\"ALIAS\",\"recipients\":[\"k\"]"
		     ","
		     "\"place_max\":\"P2\",\"until\":\"2027-05\",\"given_by\":\"SELF\"},\"stats\":{\"state\":"
		     "\"N\"}}"),
		WITH("\"contact\":{\"mode\":\"CONTACT\",\"channels\":[{\"type\":\"SIG\",\"handle\":\"x\","
		     "\"windows\":[{"
		     "\"days\":31,\"from\":\"08:00\",\"to\":\"17:30\",\"utc_offset\":\"-03:30\"}]}],"
		     "\"checkin_by\":"
		     "\"2026-11-24T08:30:00Z\",\"if_danger\":\"ESCALATE\"}"),
		WITH(EVIDENCE(",\"kind\":\"PHO\",\"file\":\"attachments/001.jpg\",\"share\":[\"JUSTICE\"]")),
		WITH("\"links\":[{\"report_id\":\"" HEX64
		     "\",\"rel\":\"FOLLOWUP\"}],\"exclude\":[\"olga\",\"legal\"]"),
		WITH("\"needs\":[\"NON\"],\"refuse\":[\"PUB\",\"WHD\"],\"urgency_reason\":[]"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(reports); i++) {
		struct fault fault = { "" };

		if (check(reports[i], &fault) != 0)
			fail_msg("report %zu was refused: %s", i, fault.text);
	}
}

/* Each row: what is refused, and the place that the fault must name. */
static const char *const refused[][2] = {
	{ "", "" },
	{ "[]", "" },
	{ "null", "" },
	{ HEAD, "" },
	{ HEAD "} x", "" },
	{ HEAD ",\"summary\":\"twice\"}", "" },
	{ "{\"schema\":1,\"summary\":\"\xff\",\"urgency\":\"urgent\"}", "" },
	{ WITH("\"x\":\"\\u0000\""), "" },
	{ WITH("\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]"), "" },
	{ "{\"summary\":\"s\",\"urgency\":\"urgent\"}", "schema" },
	{ "{\"schema\":2,\"summary\":\"s\",\"urgency\":\"urgent\"}", "schema" },
	{ "{\"schema\":\"1\",\"summary\":\"s\",\"urgency\":\"urgent\"}", "schema" },
	{ "{\"schema\":1.0,\"summary\":\"s\",\"urgency\":\"urgent\"}", "schema" },
	{ "{\"schema\":1,\"urgency\":\"urgent\"}", "summary" },
	{ "{\"schema\":1,\"summary\":\"\",\"urgency\":\"urgent\"}", "summary" },
	{ "{\"schema\":1,\"summary\":null,\"urgency\":\"urgent\"}", "summary" },
	{ "{\"schema\":1,\"summary\":\"a\\nb\",\"urgency\":\"urgent\"}", "summary" },
	{ "{\"schema\":1,\"summary\":\"a\\u009b\",\"urgency\":\"urgent\"}", "summary" },
	{ "{\"schema\":1,\"summary\":\"s\"}", "urgency" },
	{ "{\"schema\":1,\"summary\":\"s\",\"urgency\":\"U1\"}", "urgency" },
	{ "{\"schema\":1,\"summary\":\"s\",\"urgency\":\"WHD\"}", "urgency" },
	{ WITH("\"report_lang\":\"x\""), "report_lang" },
	{ WITH("\"report_lang\":\"en_US\""), "report_lang" },
	{ WITH("\"report_lang\":\"en-\""), "report_lang" },
	{ WITH("\"contact_langs\":\"ar\""), "contact_langs" },
	{ WITH("\"contact_langs\":[\"ar\",\"fa\",\"en\",\"fr\",\"es\"]"), "contact_langs" },
	{ WITH("\"contact_langs\":[\"ar\",\"\"]"), "contact_langs[1]" },
	{ WITH("\"officer_pref\":\"MAL\""), "officer_pref" },
	{ WITH("\"officer_pref\":null"), "officer_pref" },
	{ WITH("\"narrative\":\"tab\\there\""), "narrative" },
	{ WITH("\"occurred_from\":\"2026-13\""), "occurred_from" },
	{ WITH("\"occurred_from\":\"2025-02-29\""), "occurred_from" },
	{ WITH("\"occurred_from\":\"26\""), "occurred_from" },
	{ WITH("\"occurred_from\":\"2026-1\""), "occurred_from" },
	{ WITH("\"occurred_from\":2026"), "occurred_from" },
	{ WITH("\"urgency_reason\":[\"LIF\",\"MIS\",\"DET\",\"SXV\"]"), "urgency_reason" },
	{ WITH("\"urgency_reason\":[\"NOPE\"]"), "urgency_reason[0]" },
	{ WITH("\"acts\":[]"), "acts" },
	{ WITH("\"acts\":[" ACT("THR.01", "P1", "A1") ",3]"), "acts[1]" },
	{ WITH("\"acts\":[" ACT("THR.01", "P1", "A1") "," ACT("THR.01", "P1", "A1") "," ACT(
		  "THR.99", "P1", "A1") "]"),
		"acts[2].kind" },
	{ WITH("\"acts\":[" ACT("UNK", "P1", "A1") "]"), "acts[0].kind" },
	{ WITH("\"acts\":[" ACT("THR.01", "P9", "A1") "]"), "acts[0].person_ref" },
	{ WITH("\"acts\":[" ACT("THR.01", "P1", "A5") "]"), "acts[0].perp_ref" },
	{ WITH("\"acts\":[{\"kind\":\"THR.01\",\"perp_ref\":\"A1\"}]"), "acts[0].person_ref" },
	{ WITH("\"acts\":[" ACT("THR.01", "P2", "A1") "],\"persons\":[" PERSON("P1") "]"),
		"acts[0].person_ref" },
	{ WITH("\"acts\":[" ACT("THR.01", "P1", "A2") "],\"perpetrators\":[" PERPETRATOR("A1") "]"),
		"acts[0].perp_ref" },
	{ WITH("\"persons\":[" PERSON("P1") "," PERSON("P1") "]"), "persons[1].ref" },
	{ WITH("\"persons\":[{\"ref\":\"P1\"}]"), "persons[0].unit" },
	{ WITH("\"perpetrators\":[" PERPETRATOR("A1") "," PERPETRATOR("A1") "]"), "perpetrators[1].ref" },
	{ WITH("\"perpetrators\":[{\"ref\":\"A1\",\"type\":\"WHD\"}]"), "perpetrators[0].type" },
	{ WITH("\"perpetrators\":[{\"ref\":\"A1\",\"type\":\"UNK\",\"armed\":true}]"),
		"perpetrators[0].armed" },
	{ WITH("\"place\":{}"), "place" },
	{ WITH("\"place\":[{\"precision\":\"P2\"}]"), "place[0].share_precision" },
	{ WITH("\"place\":[{\"precision\":\"P2\",\"share_precision\":\"P3\"}]"), "place[0].share_precision" },
	{ WITH("\"place\":[{\"precision\":\"P3\",\"share_precision\":\"P2\",\"locality\":\"x\"}]"),
		"place[0].locality" },
	{ WITH("\"place\":[{\"precision\":\"P3\",\"share_precision\":\"P2\",\"country\":\"af\"}]"),
		"place[0].country" },
	{ WITH("\"place\":[{\"precision\":\"P3\",\"share_precision\":\"P2\",\"adm1\":\"AF 01\"}]"),
		"place[0].adm1" },
	{ WITH("\"consent\":{\"respond\":{}}"), "consent.respond.state" },
	{ WITH("\"consent\":{\"respond\":\"Y\"}"), "consent.respond" },
	{ WITH("\"consent\":{\"govt\":{\"state\":\"Y\",\"place_max\":\"P5\"}}"), "consent.govt.place_max" },
	{ WITH("\"contact\":{\"mode\":\"CALL\"}"), "contact.mode" },
	{ WITH("\"contact\":{\"channels\":[{\"handle\":\"x\"}]}"), "contact.channels[0].type" },
	{ WITH("\"contact\":{\"channels\":[{\"type\":\"SIG\",\"windows\":[{\"days\":128}]}]}"),
		"contact.channels[0].windows[0].days" },
	{ WITH("\"contact\":{\"channels\":[{\"type\":\"SIG\",\"windows\":[{\"days\":1,\"from\":\"24:00\"}]}]"
	       "}"),
		"contact.channels[0].windows[0].from" },
	{ WITH("\"contact\":{\"checkin_by\":\"2026-11-24\"}"), "contact.checkin_by" },
	{ WITH(EVIDENCE(",\"size\":-1")), "" },
	{ WITH("\"evidence\":[{\"ev_id\":\"001\",\"media_type\":\"image/jpeg\",\"size\":-1}]"),
		"evidence[0].size" },
	{ WITH("\"evidence\":[{\"ev_id\":\"0/1\"}]"), "evidence[0].ev_id" },
	{ WITH("\"evidence\":[{\"ev_id\":\"1\",\"media_type\":\"jpeg\"}]"), "evidence[0].media_type" },
	{ WITH("\"evidence\":[{\"ev_id\":\"1\",\"media_type\":\"a/"
	       "b\",\"size\":1,\"sha256_original\":\"00\"}]"),
		"evidence[0].sha256_original" },
	{ WITH(EVIDENCE(",\"file\":\"attachments/../x\"")), "evidence[0].file" },
	{ WITH(EVIDENCE(",\"file\":\"attachments/.x\"")), "evidence[0].file" },
	{ WITH(EVIDENCE(",\"file\":\"report.json\"")), "evidence[0].file" },
	{ WITH(EVIDENCE(",\"share\":[\"respond\"]")), "evidence[0].share[0]" },
	{ WITH("\"links\":[{\"report_id\":\"" HEX64 "\",\"rel\":\"NEXT\"}]"), "links[0].rel" },
	{ WITH("\"links\":[{\"report_id\":\"" HEX32 "\",\"rel\":\"SAME\"}]"), "links[0].report_id" },
	{ WITH("\"exclude\":[\"Olga\"]"), "exclude[0]" },
	{ WITH("\"envelope\":{}"), "envelope.organisation" },
};

static void faults_name_the_place_and_never_the_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct fault fault = { "" };
		char named[80];

		if (check(refused[i][0], &fault) == 0)
			fail_msg("row %zu was taken: %s", i, refused[i][0]);
		assert_true(fault.text[0] != '\0');
		(void)snprintf(named, sizeof(named), "the report's %s ", refused[i][1]);
		if (refused[i][1][0] != '\0' && strstr(fault.text, named) != fault.text)
			fail_msg("row %zu: %s", i, fault.text);
	}
}

static void values_are_not_repeated(void **state)
{
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(check(WITH("\"ongoing\":\"VERYSECRET\""), &fault), -1);
	assert_null(strstr(fault.text, "VERYSECRET"));
	assert_string_equal(
		fault.text, "the report's ongoing must be one of ONG IMM REC END UNK, or UNK or WHD");
	assert_int_equal(check(WITH("\"acts\":[{\"kind\":\"x\"}]"), &fault), -1);
	assert_non_null(strstr(fault.text, "LIF.01"));
}

#define ENVELOPE(release, hold, salt, roster)                                                                \
	"{\"organisation\":\"" KEY "\",\"desk\":\"intake\",\"urgency\":\"urgent\",\"release\":" release      \
	",\"hold_key\":" hold ",\"salt\":\"" salt "\",\"roster\":" roster ",\"mailbox\":{\"id\":\"" HEX32    \
	"\",\"recipient\":\"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\",\"hand_key\":"  \
	"\"" KEY "\"}}"

static void envelopes(void **state)
{
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(check(WITH("\"envelope\":" ENVELOPE("null", "null", HEX32, "1")), &fault), 0);
	assert_int_equal(
		check(WITH("\"envelope\":" ENVELOPE("\"2026-11-24T08:30:00Z\"", "\"" KEY "\"", HEX32, "1")),
			&fault),
		0);
	assert_int_equal(check(WITH("\"envelope\":" ENVELOPE("\"now\"", "null", HEX32, "1")), &fault), -1);
	assert_int_equal(check(WITH("\"envelope\":" ENVELOPE("null", "\"AA\"", HEX32, "1")), &fault), -1);
	assert_int_equal(check(WITH("\"envelope\":" ENVELOPE("null", "null", "00", "1")), &fault), -1);
	assert_int_equal(check(WITH("\"envelope\":" ENVELOPE("null", "null", HEX32, "0")), &fault), -1);
	assert_string_equal(fault.text,
		"the report's envelope.roster must be a whole number from 1 to 9223372036854775807");
}

static void text_is_limited_in_bytes(void **state)
{
	static char json[REPORT_JSON_MAX + 64];
	char summary[282];
	struct fault fault;
	json_t *report = NULL;
	int len = 0;

	(void)state;
	memset(summary, 'a', sizeof(summary));
	summary[280] = '\0';
	(void)snprintf(
		json, sizeof(json), "{\"schema\":1,\"summary\":\"%s\",\"urgency\":\"record\"}", summary);
	assert_int_equal(check(json, &fault), 0);
	summary[280] = 'a';
	summary[281] = '\0';
	(void)snprintf(
		json, sizeof(json), "{\"schema\":1,\"summary\":\"%s\",\"urgency\":\"record\"}", summary);
	assert_int_equal(check(json, &fault), -1);
	len = snprintf(json, sizeof(json), HEAD "}");
	memset(json + len, ' ', sizeof(json) - (size_t)len);
	assert_int_equal(report_schema_check(json, REPORT_JSON_MAX, &report, &fault), 0);
	json_decref(report);
	assert_int_equal(report_schema_check(json, REPORT_JSON_MAX + 1, &report, &fault), -1);
}

static void unknown_fields_are_kept(void **state)
{
	static const char json[] = WITH("\"later\":{\"x\":1}");
	json_t *report = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(report_schema_check(json, strlen(json), &report, &fault), 0);
	assert_true(json_is_object(json_object_get(report, "later")));
	assert_null(schema_field(report_schema_root(), "later"));
	assert_non_null(schema_field(report_schema_root(), "acts"));
	json_decref(report);
}

static size_t count_kinds(const struct schema_codes *codes)
{
	for (size_t i = 0; i < codes->count; i++) {
		for (size_t other = 0; other < i; other++)
			assert_string_not_equal(codes->words[i], codes->words[other]);
	}
	return codes->count;
}

static void there_are_64_kinds_of_act(void **state)
{
	const struct schema_field *acts = schema_field(report_schema_root(), "acts");

	(void)state;
	assert_int_equal(count_kinds(schema_field(acts->block, "kind")->codes), 64);
}

static enum report_kind kind_of(const char *text)
{
	json_t *report = json_loads(text, 0, NULL);
	enum report_kind kind = report_kind(report);

	assert_non_null(report);
	json_decref(report);
	return kind;
}

/* What a report is beside what it says: only `true` counts, and distress counts most. */
static void kinds(void **state)
{
	struct fault fault;
	json_t *report = json_loads(
		"{\"schema\": 1, \"summary\": \"s\", \"urgency\": \"urgent\", \"duress\": false}", 0, NULL);

	(void)state;
	assert_int_equal(kind_of("{}"), REPORT_ORDINARY);
	assert_int_equal(kind_of("{\"cover\": true}"), REPORT_COVER);
	assert_int_equal(kind_of("{\"canary\": true}"), REPORT_CANARY);
	assert_int_equal(kind_of("{\"drill\": true}"), REPORT_DRILL);
	assert_int_equal(kind_of("{\"cover\": true, \"duress\": true}"), REPORT_DURESS);
	assert_int_equal(kind_of("{\"cover\": 1, \"duress\": \"true\"}"), REPORT_ORDINARY);
	assert_int_equal(report_schema_check_value(report, &fault), -1);
	assert_string_equal(fault.text, "the report's duress must be true, or left out");
	assert_int_equal(json_object_set(report, "duress", json_true()), 0);
	assert_int_equal(report_schema_check_value(report, &fault), 0);
	json_decref(report);
}

/* Every field of the tables stands in the document, and every code too. */
static void the_document_names_every_field(void **state)
{
	static char document[65536];
	const struct schema_block *blocks[64] = { report_schema_root() };
	size_t count = 1, len = 0;
	FILE *file = fopen(SOURCE_ROOT "/docs/report-schema.md", "r");

	(void)state;
	assert_non_null(file);
	len = fread(document, 1, sizeof(document) - 1, file);
	(void)fclose(file);
	document[len] = '\0';
	for (size_t at = 0; at < count; at++) {
		for (size_t i = 0; i < blocks[at]->count; i++) {
			const struct schema_field *field = &blocks[at]->fields[i];
			char named[64];

			(void)snprintf(named, sizeof(named), "`%s`", field->name);
			if (strstr(document, named) == NULL)
				fail_msg("docs/report-schema.md lacks %s", named);
			for (size_t code = 0; field->codes != NULL && code < field->codes->count; code++) {
				if (strstr(document, field->codes->words[code]) == NULL)
					fail_msg("docs/report-schema.md lacks %s", field->codes->words[code]);
			}
			if (field->block != NULL && count < COUNT_OF(blocks))
				blocks[count++] = field->block;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_reports_are_taken),
		cmocka_unit_test(faults_name_the_place_and_never_the_value),
		cmocka_unit_test(values_are_not_repeated),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(kinds),
		cmocka_unit_test(text_is_limited_in_bytes),
		cmocka_unit_test(unknown_fields_are_kept),
		cmocka_unit_test(there_are_64_kinds_of_act),
		cmocka_unit_test(the_document_names_every_field),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
