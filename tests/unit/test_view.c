/* What another desk sees of a referred report, and when it sees nothing. */
#include "cmocka_all.h"

#include "view.h"

#include <stdlib.h>
#include <string.h>

#define FIRST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOW   1795509000 /* 2026-11-24T08:30:00Z */

static json_t *whole(void)
{
	json_t *report = json_loads(
		"{\"schema\":1,\"summary\":\"s\",\"urgency\":\"urgent\",\"narrative\":\"her story\","
		"\"needs\":[\"LEG\"],\"unheard\":\"of\",\"evidence\":[{\"ev_id\":\"1\"}],"
		"\"contact\":{\"mode\":\"CONTACT\",\"channels\":[{\"type\":\"SIG\",\"handle\":\"+1\"}]},"
		"\"envelope\":{\"desk\":\"urgent\"},\"links\":[{\"report_id\":\"x\",\"rel\":\"SAME\"}],"
		"\"exclude\":[\"carla\"],"
		"\"place\":[{\"precision\":\"P5\",\"share_precision\":\"P3\",\"country\":\"GT\","
		"\"adm1\":\"GT01\",\"adm2\":\"GT0101\",\"locality\":\"Her street 5\",\"site_type\":\"HOM\"}],"
		"\"persons\":[{\"ref\":\"P1\",\"unit\":\"IND\",\"alias\":\"Luz\",\"gender\":\"F\"}],"
		"\"consent\":{\"refer\":{\"state\":\"Y\"}}}",
		0, NULL);

	assert_non_null(report);
	return report;
}

static void set_refer(json_t *report, const char *refer)
{
	json_t *value = json_loads(refer, 0, NULL);

	assert_non_null(value);
	assert_int_equal(json_object_set_new(json_object_get(report, "consent"), "refer", value), 0);
}

static const json_t *first_of(const json_t *object, const char *list)
{
	return json_array_get(json_object_get(object, list), 0);
}

static void only_what_helps_goes_along(void **state)
{
	static const char *const kept[] = { "contact", "evidence", "envelope", "unheard", "narrative" };
	json_t *report = whole(), *view = view_of(report, FIRST, NULL);
	char *text;

	(void)state;
	assert_non_null(view);
	for (size_t at = 0; at < COUNT_OF(kept); at++)
		assert_null(json_object_get(view, kept[at]));
	assert_string_equal(json_string_value(json_object_get(view, "summary")), "s");
	assert_string_equal(json_string_value(json_array_get(json_object_get(view, "exclude"), 0)), "carla");
	assert_string_equal(json_string_value(json_object_get(first_of(view, "links"), "report_id")), FIRST);
	assert_int_equal(json_array_size(json_object_get(view, "links")), 1);
	text = json_dumps(view, 0);
	assert_null(strstr(text, "her story"));
	assert_null(strstr(text, "Luz"));
	assert_null(strstr(text, "Her street"));
	free(text);
	json_decref(view);
	view = view_of(report, FIRST, "Please send a lawyer.");
	assert_string_equal(json_string_value(json_object_get(view, "narrative")), "Please send a lawyer.");
	json_decref(view);
	json_decref(report);
}

static void a_place_is_blurred_to_the_bluntest_word(void **state)
{
	static const struct {
		const char *refer, *precision;
		int fields; /* of country, site_type, adm1, adm2, locality */
	} cases[] = {
		{ "{\"state\":\"Y\"}", "P3", 4 },
		{ "{\"state\":\"Y\",\"place_max\":\"P4\"}", "P3", 4 },
		{ "{\"state\":\"Y\",\"place_max\":\"P2\"}", "P2", 3 },
		{ "{\"state\":\"Y\",\"place_max\":\"P1\"}", "P1", 2 },
		{ "{\"state\":\"Y\",\"place_max\":\"P0\"}", "P0", 0 },
	};

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		json_t *report = whole(), *view;
		const json_t *place;

		set_refer(report, cases[at].refer);
		view = view_of(report, FIRST, NULL);
		place = first_of(view, "place");
		assert_string_equal(
			json_string_value(json_object_get(place, "precision")), cases[at].precision);
		assert_string_equal(
			json_string_value(json_object_get(place, "share_precision")), cases[at].precision);
		assert_int_equal(json_object_size(place), 2 + cases[at].fields);
		json_decref(view);
		json_decref(report);
	}
}

static void an_alias_goes_along_where_she_said_so(void **state)
{
	json_t *report = whole(), *view;

	(void)state;
	set_refer(report, "{\"state\":\"Y\",\"identity\":\"ALIAS\"}");
	view = view_of(report, FIRST, NULL);
	assert_string_equal(json_string_value(json_object_get(first_of(view, "persons"), "alias")), "Luz");
	json_decref(view);
	set_refer(report, "{\"state\":\"Y\",\"identity\":\"NONE\"}");
	view = view_of(report, FIRST, NULL);
	assert_null(json_object_get(first_of(view, "persons"), "alias"));
	json_decref(view);
	json_decref(report);
}

static void nothing_is_seen_without_consent(void **state)
{
	static const struct {
		const char *refer;
		int permitted;
	} cases[] = {
		{ "{\"state\":\"Y\"}", 0 },
		{ "{\"state\":\"N\"}", -1 },
		{ "{\"state\":\"ASK\"}", -1 },
		{ "{}", -1 },
		{ "{\"state\":\"Y\",\"until\":\"2026-11-24\"}", 0 },
		{ "{\"state\":\"Y\",\"until\":\"2026-11\"}", 0 },
		{ "{\"state\":\"Y\",\"until\":\"2026\"}", 0 },
		{ "{\"state\":\"Y\",\"until\":\"2026-11-23\"}", -1 },
		{ "{\"state\":\"Y\",\"until\":\"2026-10\"}", -1 },
		{ "{\"state\":\"Y\",\"until\":\"2025\"}", -1 },
		{ "{\"state\":\"Y\",\"until\":\"UNK\"}", 0 },
		{ "{\"state\":\"Y\",\"recipients\":[\"legal\"]}", 0 },
		{ "{\"state\":\"Y\",\"recipients\":[\"medical\"]}", -1 },
		{ "{\"state\":\"Y\",\"recipients\":[]}", 0 },
	};
	json_t *report = whole(), *bare = json_pack("{s:i}", "schema", 1);
	struct failure failure;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		failure.exit_code = 0;
		set_refer(report, cases[at].refer);
		assert_int_equal(view_permitted(report, "legal", NOW, &failure), cases[at].permitted);
		assert_int_equal(failure.exit_code, cases[at].permitted == 0 ? 0 : EX_NOPERM);
	}
	assert_int_equal(view_permitted(bare, "legal", NOW, &failure), -1);
	set_refer(report, "{\"state\":\"Y\"}");
	assert_int_equal(view_permitted(report, "carla", NOW, &failure), -1); /* excluded */
	json_decref(report);
	json_decref(bare);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_helps_goes_along),
		cmocka_unit_test(a_place_is_blurred_to_the_bluntest_word),
		cmocka_unit_test(an_alias_goes_along_where_she_said_so),
		cmocka_unit_test(nothing_is_seen_without_consent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
