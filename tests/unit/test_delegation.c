#include "cmocka_all.h"

#include "proto/delegation.h"
#include "roster_fixture.h"

#include <string.h>

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORG "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static struct delegation example(void)
{
	struct delegation word = { .desk = "legal", .roster = 7 };
	uint8_t officer[32], key[64];

	fixture_key(2, officer, key);
	assert_int_equal(delegation_sign(&word, ORG, ID, key), 0);
	assert_memory_equal(word.keyid, officer, 32);
	return word;
}

static void it_is_about_one_report_and_one_desk(void **state)
{
	struct delegation word = example(), other = word;
	char report[] = ID;

	(void)state;
	assert_int_equal(delegation_verify(&word, ORG, ID), 0);
	report[3] = 'f';
	assert_int_equal(delegation_verify(&word, ORG, report), -1);
	assert_int_equal(delegation_verify(&word, "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", ID), -1);
	memcpy(other.desk, "press", sizeof "press");
	assert_int_equal(delegation_verify(&other, ORG, ID), -1);
	other = word;
	other.roster++;
	assert_int_equal(delegation_verify(&other, ORG, ID), -1);
	other = word;
	other.signature[5] ^= 1;
	assert_int_equal(delegation_verify(&other, ORG, ID), -1);
}

static void json_round_trips_and_nothing_else_is_taken(void **state)
{
	struct delegation word = example(), again;
	json_t *json = delegation_json(&word);

	(void)state;
	assert_int_equal(delegation_parse(json, &again), 0);
	assert_int_equal(delegation_verify(&again, ORG, ID), 0);
	assert_string_equal(again.desk, "legal");
	assert_int_equal(json_object_set_new(json, "extra", json_true()), 0);
	assert_int_equal(delegation_parse(json, &again), -1);
	assert_int_equal(json_object_del(json, "extra"), 0);
	assert_int_equal(json_object_set_new(json, "desk", json_string("Legal")), 0);
	assert_int_equal(delegation_parse(json, &again), -1);
	assert_int_equal(json_object_set_new(json, "desk", json_string("legal")), 0);
	assert_int_equal(json_object_set_new(json, "roster", json_integer(0)), 0);
	assert_int_equal(delegation_parse(json, &again), -1);
	json_decref(json);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_about_one_report_and_one_desk),
		cmocka_unit_test(json_round_trips_and_nothing_else_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
