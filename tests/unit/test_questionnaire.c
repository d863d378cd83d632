/* The table of questions against the report's schema, and what becomes of answers. */
#include "cmocka_all.h"

#include "proto/report_schema.h"
#include "questionnaire.h"
#include "report_complete.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 400

static const struct question_choice officers[] = { { "amina", "amina" }, { "zoe", "zoe" } };

/* The field that a question's answer goes to. */
static const struct schema_field *field_of(const char *path)
{
	const struct schema_block *block = report_schema_root();
	const struct schema_field *field = NULL;
	char name[32];

	for (;;) {
		size_t len = strcspn(path, ".");
		bool is_list = len > 2 && path[len - 1] == ']';

		assert_true(len < sizeof name);
		memcpy(name, path, len);
		name[is_list ? len - 2 : len] = '\0';
		field = schema_field(block, name);
		if (field == NULL)
			fail_msg("no field %s", name);
		if (path[len] == '\0')
			return field;
		assert_int_equal(field->list, is_list);
		block = field->block;
		path += len + 1;
	}
}

static bool is_allowed(const struct schema_field *field, const char *code)
{
	if (!field->required && (strcmp(code, "UNK") == 0 || strcmp(code, "WHD") == 0))
		return true;
	if (field->codes == NULL)
		return field->pattern != NULL && field->pattern(code, strlen(code));
	for (size_t at = 0; at < field->codes->count; at++)
		if (strcmp(field->codes->words[at], code) == 0)
			return true;
	return false;
}

static void test_every_code_is_the_schemas(void **state)
{
	(void)state;
	for (size_t at = 0; at < question_count; at++) {
		const struct question *question = &question_table[at];
		const struct schema_field *field;

		assert_true(question->count <= QUESTION_CHOICES_MAX && question->max <= ANSWER_MAX);
		if (question->path == NULL)
			continue;
		field = field_of(question->path);
		assert_int_equal(field->list, question->kind == QUESTION_MANY);
		if (question->kind == QUESTION_MANY)
			assert_int_equal(field->list_max, question->max);
		if (question->kind == QUESTION_LINE || question->kind == QUESTION_STORY)
			assert_int_equal(field->max, question->max);
		for (size_t one = 0; one < question->count; one++)
			if (!is_allowed(field, question->choices[one].code))
				fail_msg("%s: %s", question->id, question->choices[one].code);
		if (question->unknown != NULL && !is_allowed(field, question->unknown))
			fail_msg("%s: unknown", question->id);
		if (question->withheld != NULL && !is_allowed(field, question->withheld))
			fail_msg("%s: withheld", question->id);
	}
}

/* What DOMAIN.md marks R at the top of a report and in its blocks is asked without being requested. */
static void test_what_is_required_is_asked_first(void **state)
{
	static const char *const required[] = { "report_lang", "reporter_relation", "affected_aware",
		"summary", "occurred_from", "date_precision", "ongoing", "urgency", "link_to_work", "needs",
		"acts[].kind", "persons[].unit", "persons[].category", "persons[].gender",
		"persons[].age_band", "persons[].status_now", "perpetrators[].type", "consent.refer.state",
		"contact.mode" };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(required); at++) {
		bool is_asked = false;

		for (size_t one = 0; one < question_count; one++)
			is_asked |= !question_table[one].is_more && question_table[one].path != NULL &&
				    strcmp(question_table[one].path, required[at]) == 0;
		if (!is_asked)
			fail_msg("%s isn't asked", required[at]);
	}
}

static void check_report(const struct questionnaire *questionnaire)
{
	json_t *report = json_pack("{s:i}", "schema", REPORT_SCHEMA_VERSION);
	struct fault fault = { .text = "" };

	assert_int_equal(questionnaire_report(questionnaire, report), 0);
	assert_int_equal(report_complete(report), 0);
	if (report_schema_check_value(report, &fault) != 0)
		fail_msg("%s", fault.text);
	json_decref(report);
}

/* An answer that the question takes, by the dice. */
static void answer_somehow(struct questionnaire *questionnaire, const struct posed *posed)
{
	uint32_t dice = randombytes_uniform(5);
	const char *text = posed->question->kind == QUESTION_DATE      ? "2026-11"
			   : posed->question->kind == QUESTION_COUNTRY ? "KE"
			   : posed->question->kind == QUESTION_STORY   ? "one\ntwo"
								       : "one";

	if (posed->count > 0)
		text = posed->choices[randombytes_uniform((uint32_t)posed->count)].code;
	if (dice == 0 && !posed->question->must_answer)
		return;
	assert_int_equal(
		questionnaire_answer(questionnaire,
			dice == 1 && !(posed->question->must_answer && posed->count == 0)   ? ANSWER_UNKNOWN
			: dice == 2 && !(posed->question->must_answer && posed->count == 0) ? ANSWER_WITHHELD
											    : ANSWER_GIVEN,
			text),
		0);
}

/* Whatever is answered, skipped and changed: the report is sound. */
static void test_any_answers_make_a_sound_report(void **state)
{
	(void)state;
	for (int run = 0; run < RUNS; run++) {
		struct questionnaire *questionnaire = questionnaire_new(question_table, question_count);
		struct posed posed;

		assert_non_null(questionnaire);
		questionnaire_choices(questionnaire, QUESTION_EXCLUDE, officers, COUNT_OF(officers));
		for (int step = 0; step < 200 && questionnaire_now(questionnaire, &posed); step++) {
			assert_true(posed.number >= 1 && posed.number <= posed.total);
			answer_somehow(questionnaire, &posed);
			if (randombytes_uniform(8) == 0)
				(void)questionnaire_back(questionnaire);
			else if (!questionnaire_forward(questionnaire) && step < 100)
				questionnaire_ask_more(questionnaire);
		}
		if (!questionnaire_lacks(questionnaire))
			check_report(questionnaire);
		questionnaire_free(questionnaire);
	}
}

/* Steps to a question by its id, answering nothing on the way. */
static bool go_to(struct questionnaire *questionnaire, const char *id)
{
	struct posed posed;

	questionnaire_rewind(questionnaire);
	while (questionnaire_now(questionnaire, &posed)) {
		if (strcmp(posed.question->id, id) == 0)
			return true;
		(void)questionnaire_forward(questionnaire);
	}
	return false;
}

static void give(struct questionnaire *questionnaire, const char *id, const char *text)
{
	assert_true(go_to(questionnaire, id));
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, text), 0);
}

static const char *at_path(const json_t *report, const char *block, const char *list, const char *field)
{
	const json_t *parent = block == NULL ? report : json_object_get(report, block);

	if (list != NULL)
		parent = json_array_get(json_object_get(parent, list), 0);
	return json_string_value(json_object_get(parent, field));
}

static void test_what_follows_from_an_answer(void **state)
{
	struct questionnaire *questionnaire = questionnaire_new(question_table, question_count);
	json_t *report = json_pack("{s:i}", "schema", REPORT_SCHEMA_VERSION);
	struct posed posed;

	(void)state;
	assert_non_null(questionnaire);
	assert_false(go_to(questionnaire, "aware"));
	give(questionnaire, "relation", "COL");
	assert_true(go_to(questionnaire, "aware"));
	assert_false(go_to(questionnaire, "kind"));
	give(questionnaire, "family", "SXV");
	assert_true(go_to(questionnaire, "kind") && questionnaire_now(questionnaire, &posed));
	assert_int_equal(posed.count, 6);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "THR.01"), -1);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_UNKNOWN, NULL), 0);
	give(questionnaire, "consent", "ASK");
	assert_false(go_to(questionnaire, "govt"));
	give(questionnaire, "contact", "CONTACT");
	give(questionnaire, "handle", "@nadia");
	give(questionnaire, "needs", "LEG SHE");
	assert_int_equal(questionnaire_report(questionnaire, report), 0);
	assert_int_equal(report_complete(report), 0);
	assert_string_equal(at_path(report, NULL, "acts", "kind"), "OTH.99");
	assert_string_equal(at_path(report, NULL, "acts", "person_ref"), "P1");
	assert_string_equal(at_path(json_object_get(report, "consent"), "govt", NULL, "state"), "ASK");
	/* Without a kind a channel can't be used. */
	assert_null(at_path(report, "contact", "channels", "handle"));
	assert_int_equal(json_array_size(json_object_get(report, "needs")), 2);
	json_decref(report);
	questionnaire_free(questionnaire);
}

static void test_what_is_not_taken(void **state)
{
	struct questionnaire *questionnaire = questionnaire_new(question_table, question_count);
	char *longest = malloc(REPORT_SUMMARY_MAX + 2);

	(void)state;
	assert_true(questionnaire != NULL && longest != NULL);
	memset(longest, 'x', REPORT_SUMMARY_MAX + 1);
	longest[REPORT_SUMMARY_MAX + 1] = '\0';
	assert_true(go_to(questionnaire, "summary"));
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, longest), -1);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, longest + 1), 0);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "a\033[2J"), -1);
	assert_true(go_to(questionnaire, "needs"));
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "LEG LEG"), -1);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "LEG NOPE"), -1);
	assert_int_equal(
		questionnaire_answer(questionnaire, ANSWER_GIVEN, "PSE DSE COM TRN TRV LEG MED PSY HUM"), -1);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, ""), -1);
	assert_true(go_to(questionnaire, "when"));
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "24.11.2026"), -1);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "2026-11-31"), -1);
	assert_int_equal(questionnaire_answer(questionnaire, ANSWER_GIVEN, "UNK"), -1);
	assert_true(questionnaire_lacks(questionnaire));
	free(longest);
	questionnaire_free(questionnaire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_is_the_schemas),
		cmocka_unit_test(test_what_is_required_is_asked_first),
		cmocka_unit_test(test_any_answers_make_a_sound_report),
		cmocka_unit_test(test_what_follows_from_an_answer),
		cmocka_unit_test(test_what_is_not_taken),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
