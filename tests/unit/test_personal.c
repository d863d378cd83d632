/* What is warned about in a summary, and what isn't. */
#include "cmocka_all.h"

#include "proto/personal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct example {
	const char *text;
	unsigned found;
};

static const struct example examples[] = {
	{ "Write to amina@example.org", PERSONAL_EMAIL },
	{ "amina.k+x@mail.example.co.ke, please", PERSONAL_EMAIL },
	{ "амина@пример.рф", PERSONAL_EMAIL },
	{ "amina＠example.org", PERSONAL_EMAIL },
	{ "call +254 712 345 678 now", PERSONAL_PHONE },
	{ "call +254 (0)712 345678 now", PERSONAL_PHONE },
	{ "0712345678", PERSONAL_PHONE },
	{ "00254712345678", PERSONAL_PHONE },
	{ "0712-345-678", PERSONAL_PHONE },
	{ "06 12 34 56 78", PERSONAL_PHONE },
	{ "(555) 123-4567 x", PERSONAL_PHONE },
	{ "\xd9\xa0\xd9\xa7\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7\xd9\xa8",
		PERSONAL_PHONE },
	{ "+\xdb\xb9\xdb\xb8 \xdb\xb9\xdb\xb1\xdb\xb2 \xdb\xb3\xdb\xb4\xdb\xb5 "
	  "\xdb\xb6\xdb\xb7\xdb\xb8\xdb\xb9",
		PERSONAL_PHONE },
	{ "her card 29384756", PERSONAL_NUMBER },
	{ "passport AB1234567", PERSONAL_NUMBER },
	{ "passport X123456", PERSONAL_NUMBER },
	{ "12345678901 and amina@example.org", PERSONAL_NUMBER | PERSONAL_EMAIL },

	{ "", 0 },
	{ "They wait outside since 2026-11-24", 0 },
	{ "on 24.11.2026 and 25/11/2026", 0 },
	{ "on 24 11 2026", 0 },
	{ "11/24/26", 0 },
	{ "1447-05-03", 0 },
	{ "between 2026-11-24 and 2026-11-26", 0 },
	{ "2026-11-24 2026-11-26", 0 },
	{ "2026-11-24 14:30", 0 },
	{ "2026-11-24T14:30:00Z", 0 },
	{ "at 14:30, then 15:45:10", 0 },
	{ "2019-2026", 0 },
	{ "2019, 2020, 2021, 2022", 0 },
	{ "20261124", 0 },
	{ "24112026", 0 },
	{ "٢٠٢٦-١١-٢٤", 0 },
	{ "they asked for 1,500,000 shillings", 0 },
	{ "250 000 000 francs", 0 },
	{ "1.500.000", 0 },
	{ "50 people, 3 cars", 0 },
	{ "article 2026 of law 47", 0 },
	{ "THR.01 and DET.04", 0 },
	{ "a@b", 0 },
	{ "see you @ the corner. There they were", 0 },
	{ "@handle.example", 0 },
	{ "\xff\xfe\x80 1 2", 0 },
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t at = 0; at < COUNT_OF(examples); at++) {
		unsigned found = personal_find(examples[at].text, strlen(examples[at].text));

		if (found != examples[at].found)
			fail_msg("%s: %u, and not %u", examples[at].text, found, examples[at].found);
	}
}

/* Whatever it is cut at, nothing behind the end is read. */
static void test_cut_anywhere(void **state)
{
	const char *text = "+254 712 345 678, amina＠example.org, ٢٠٢٦-١١-٢٤";

	(void)state;
	for (size_t len = 0; len <= strlen(text); len++) {
		char *cut = malloc(len + 1);

		assert_non_null(cut);
		memcpy(cut, text, len);
		(void)personal_find(cut, len);
		free(cut);
	}
	assert_int_equal(personal_find(text, strlen(text)), PERSONAL_PHONE | PERSONAL_EMAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
