/* Who can read a report: the desk, in danger its fallback too, its archive, less the excluded. */
#include "cmocka_all.h"

#include "client/recipients.h"
#include "roster_fixture.h"

#include <stdlib.h>

/* intake (olga, and nina who serves both) falls back to legal (maria, nina); intake has an archive. */
static struct roster *roster_new_for_test(void)
{
	struct roster *roster = fixture_roster();
	struct roster_officer nina = {
		.name = "nina", .desks = { "intake", "legal" }, .desk_count = 2, .tier = 1, .title = "Night"
	};

	assert_non_null(roster);
	fixture_key(4, nina.public_key, NULL);
	fixture_recipient(4, nina.recipient);
	assert_int_equal(roster_add_officer(roster, &nina), 0);
	memcpy(roster->desks[0].fallback, "legal", sizeof "legal");
	roster->archives = calloc(1, sizeof *roster->archives);
	assert_non_null(roster->archives);
	roster->archive_count = 1;
	memcpy(roster->archives[0].desk, "intake", sizeof "intake");
	fixture_recipient(7, roster->archives[0].recipient);
	return roster;
}

static bool has_key(const struct recipients *recipients, uint8_t seed)
{
	uint8_t key[AGE_RECIPIENT_BYTES];

	fixture_recipient(seed, key);
	for (size_t at = 0; at < recipients->count; at++)
		if (bytes_equal(recipients->keys[at], key, sizeof key))
			return true;
	return false;
}

static int choose(const char *desk, enum urgency urgency, const char *excluded, struct recipients *ret,
	struct failure *failure)
{
	struct roster *roster = roster_new_for_test();
	int rc = recipients_choose(roster, desk, urgency, &excluded, excluded == NULL ? 0 : 1, ret, failure);

	roster_free(roster);
	return rc;
}

static void test_desk_only_when_it_can_wait(void **state)
{
	static const enum urgency calm[] = { URGENCY_PRIORITY, URGENCY_RECORD };
	struct recipients recipients;
	struct failure failure;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(calm); at++) {
		assert_int_equal(choose("intake", calm[at], NULL, &recipients, &failure), 0);
		assert_true(has_key(&recipients, 2) && has_key(&recipients, 4) && has_key(&recipients, 7));
		assert_false(has_key(&recipients, 3));
		assert_int_equal(recipients.count, 3);
		assert_int_equal(recipients.reader_count, 2);
		assert_int_equal(recipients.archive_count, 1);
	}
}

static void test_fallback_when_it_cannot(void **state)
{
	static const enum urgency danger[] = { URGENCY_IMMEDIATE, URGENCY_URGENT, URGENCY_WITHHELD };
	struct recipients recipients;
	struct failure failure;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(danger); at++) {
		assert_int_equal(choose("intake", danger[at], NULL, &recipients, &failure), 0);
		assert_true(has_key(&recipients, 3));
		assert_int_equal(recipients.count, 4);
		assert_int_equal(recipients.reader_count, 3);
	}
}

static void test_an_excluded_officer_leaves_a_decoy(void **state)
{
	struct recipients recipients;
	struct failure failure;

	(void)state;
	assert_int_equal(choose("intake", URGENCY_URGENT, "olga", &recipients, &failure), 0);
	assert_false(has_key(&recipients, 2));
	assert_int_equal(recipients.count, 4);
	assert_int_equal(recipients.reader_count, 2);
	assert_int_equal(recipients.excluded_count, 1);
}

static void test_an_excluded_desk_takes_its_officers_along(void **state)
{
	struct recipients recipients;
	struct failure failure;

	(void)state;
	assert_int_equal(choose("intake", URGENCY_URGENT, "legal", &recipients, &failure), 0);
	assert_false(has_key(&recipients, 3));
	assert_false(has_key(&recipients, 4));
	assert_true(has_key(&recipients, 2));
	assert_int_equal(recipients.count, 4);
	assert_int_equal(recipients.reader_count, 1);
}

static void test_refusals(void **state)
{
	struct recipients recipients;
	struct failure failure = { 0 };

	(void)state;
	assert_int_equal(choose("nowhere", URGENCY_URGENT, NULL, &recipients, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	assert_int_equal(choose("intake", URGENCY_URGENT, "intake", &recipients, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	assert_int_equal(choose("intake", URGENCY_URGENT, "olgaa", &recipients, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
}

static void test_somebody_must_be_left(void **state)
{
	struct roster *roster = roster_new_for_test();
	static const char *const excluded[] = { "olga", "nina" };
	struct recipients recipients;
	struct failure failure = { 0 };

	(void)state;
	assert_int_equal(
		recipients_choose(roster, "intake", URGENCY_RECORD, excluded, 2, &recipients, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	assert_int_equal(
		recipients_choose(roster, "intake", URGENCY_URGENT, excluded, 2, &recipients, &failure), 0);
	roster_free(roster);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_desk_only_when_it_can_wait),
		cmocka_unit_test(test_fallback_when_it_cannot),
		cmocka_unit_test(test_an_excluded_officer_leaves_a_decoy),
		cmocka_unit_test(test_an_excluded_desk_takes_its_officers_along),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_somebody_must_be_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
