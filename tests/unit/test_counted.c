/* Whose word to be counted was taken back by a later report. */
#include "cmocka_all.h"

#include "counted.h"

#include <stdlib.h>
#include <string.h>

#define FIRST "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "2222222222222222222222222222222222222222222222222222222222222222"

static struct counted two_reports(struct extract extracts[2], struct counted_key keys[2])
{
	for (size_t at = 0; at < 2; at++)
		extracts[at] = (struct extract){ .may_be_counted = true };
	keys[0] = (struct counted_key){ .report = FIRST, .mailbox = "mine" };
	keys[1] = (struct counted_key){ .report = OTHER, .mailbox = "hers" };
	return (struct counted){ .extracts = extracts, .keys = keys, .count = 2 };
}

static void a_later_no_counts(void **state)
{
	static const struct {
		const char *report;
		bool first, other; /* may still be counted */
	} cases[] = {
		{ "{\"consent\":{\"stats\":{\"state\":\"N\"}}}", true, true },
		{ "{\"links\":[{\"report_id\":\"" FIRST "\",\"rel\":\"FOLLOWUP\"}]}", true, true },
		{ "{\"links\":[{\"report_id\":\"" FIRST "\",\"rel\":\"WITHDRAWS\"}]}", false, true },
		{ "{\"consent\":{\"stats\":{\"state\":\"N\"}},\"links\":[{\"report_id\":\"" FIRST
		  "\",\"rel\":\"FOLLOWUP\"}]}",
			false, true },
		{ "{\"consent\":{\"stats\":{\"state\":\"Y\"}},\"links\":[{\"report_id\":\"" FIRST
		  "\",\"rel\":\"FOLLOWUP\"}]}",
			true, true },
		{ "{\"consent\":{\"stats\":{\"state\":\"N\"}},\"links\":[{\"report_id\":\"" FIRST
		  "\",\"rel\":\"PRECEDES\"}]}",
			true, true },
		{ "{\"consent\":{\"stats\":{\"state\":\"ASK\"}},\"follows\":{\"kind\":\"follow-up\","
		  "\"counter\":1}}",
			true, false },
	};

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		struct extract extracts[2];
		struct counted_key keys[2];
		struct counted counted = two_reports(extracts, keys);
		json_t *report = json_loads(cases[at].report, 0, NULL);
		char mailbox[MAILBOX_ID_SIZE] = "hers";
		struct failure failure;

		assert_non_null(report);
		assert_int_equal(counted_withdraw(&counted, report, mailbox, &failure), 0);
		counted_apply(&counted);
		assert_int_equal(extracts[0].may_be_counted, cases[at].first);
		assert_int_equal(extracts[1].may_be_counted, cases[at].other);
		json_decref(report);
		free(counted.withdrawals);
	}
}

static void reports_of_one_receipt_number_are_one_reporters(void **state)
{
	static const char *const mailboxes[] = { "b", "", "a", "b", "" };
	struct extract extracts[COUNT_OF(mailboxes)] = { { .reporter = 0 } };
	struct counted_key keys[COUNT_OF(mailboxes)] = { { .report = "" } };
	struct counted counted = { .extracts = extracts, .keys = keys, .count = COUNT_OF(mailboxes) };
	struct failure failure;

	(void)state;
	for (size_t at = 0; at < COUNT_OF(mailboxes); at++)
		memcpy(keys[at].mailbox, mailboxes[at], strlen(mailboxes[at]) + 1);
	assert_int_equal(counted_know_reporters(&counted, &failure), 0);
	assert_true(extracts[0].reporter != 0 && extracts[0].reporter == extracts[3].reporter);
	assert_true(extracts[2].reporter != 0 && extracts[2].reporter != extracts[0].reporter);
	assert_true(extracts[1].reporter == 0 && extracts[4].reporter == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(a_later_no_counts),
		cmocka_unit_test(reports_of_one_receipt_number_are_one_reporters) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
