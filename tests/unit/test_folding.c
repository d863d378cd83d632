/* Agreed words: the same for two people is the same for us, whatever keyboards they have; nothing else is. */
#include "cmocka_all.h"

#include "client/folding.h"
#include "proto/buffer.h"

#include <string.h>

struct pair {
	const char *one, *other;
};

static void are(const struct pair *pairs, size_t count, bool alike)
{
	for (size_t at = 0; at < count; at++) {
		if (words_alike(pairs[at].one, pairs[at].other) != alike ||
			words_alike(pairs[at].other, pairs[at].one) != alike)
			fail_msg("pair %zu: %s, %s", at, pairs[at].one, pairs[at].other);
	}
}

static void test_composed_and_decomposed(void **state)
{
	static const struct pair pairs[] = {
		{ "\u00E9t\u00E9", "e\u0301te\u0301" },
		{ "\u1EC7", "e\u0323\u0302" }, /* both marks, in canonical order */
		{ "\u1EC7", "e\u0302\u0323" }, /* and in the other */
		{ "\u212B", "\u00C5" },        /* the unit and the letter */
		{ "\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF" },
		{ "\u0622", "\u0627\u0653" },
		{ "\u0439", "\u0438\u0306" },
	};

	(void)state;
	are(pairs, COUNT_OF(pairs), true);
}

static void test_case(void **state)
{
	static const struct pair pairs[] = {
		{ "Umbrella", "uMBRELLA" },
		{ "STRASSE", "stra\u00DFe" },
		{ "\u041C\u0410\u042F\u041A", "\u043C\u0430\u044F\u043A" },
		{ "\u03A3\u039F\u03A6\u039F\u03A3", "\u03C3\u03BF\u03C6\u03BF\u03C2" },
		{ "\u00C9T\u00C9", "e\u0301te\u0301" },
	};

	(void)state;
	are(pairs, COUNT_OF(pairs), true);
}

static void test_digits_and_full_width(void **state)
{
	static const struct pair pairs[] = {
		{ "room 407", "room \u0664\u0660\u0667" },
		{ "\u06F4\u06F0\u06F7", "\u0664\u0660\u0667" },
		{ "407", "\uFF14\uFF10\uFF17" },
		{ "\uFF32\uFF4F\uFF4F\uFF4D", "room" },
		{ "407", "\u096A\u0966\u096D" },
	};

	(void)state;
	are(pairs, COUNT_OF(pairs), true);
}

static void test_what_a_writer_leaves_out(void **state)
{
	static const struct pair pairs[] = {
		{ "\u0645\u0640\u0640\u0638\u0644\u0629", "\u0645\u0638\u0644\u0629" }, /* tatweel */
		{ "\u0645\u0650\u0638\u064E\u0644\u0651\u064E\u0629",
			"\u0645\u0638\u0644\u0629" }, /* harakat */
		{ "\u0631\u062D\u0645\u0670\u0646", "\u0631\u062D\u0645\u0646" },
		{ "\u0645\u06CC\u200C\u0631\u0648\u0645", "\u0645\u06CC\u0631\u0648\u0645" }, /* a joiner */
		{ "umbrel\u200Bla", "\u202Eumbrella\u202C" },
		{ " red  umbrella ", "red\u00A0umbrella" },
		{ "red\u3000umbrella", "red\tumbrella" },
	};

	(void)state;
	are(pairs, COUNT_OF(pairs), true);
}

static void test_other_words_differ(void **state)
{
	static const struct pair pairs[] = {
		{ "umbrella", "umbrellas" },
		{ "redumbrella", "red umbrella" },
		{ "\u00E9t\u00E9", "ete" },
		{ "\u0623\u0645\u0644", "\u0627\u0645\u0644" }, /* hamza is a letter */
		{ "\u0622", "\u0627" },
		{ "e\u0302\u0300", "e\u0300\u0302" }, /* marks of one class keep their order */
		{ "p\u0430per", "paper" },            /* a Cyrillic letter that looks alike */
		{ "407", "470" },
		{ "", "" },
		{ " ", "\u200B" },
		{ "\u064E", "\u0640" },
	};

	(void)state;
	are(pairs, COUNT_OF(pairs), false);
}

static void test_what_is_no_text_is_like_nothing(void **state)
{
	static const char *const texts[] = { "a\xFF", "\xC0\x9B", "\xED\xA0\x80", "\xE2\x80",
		"\xF4\x90\x80\x80", "\xEF\xBF\xBD" };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(texts); at++)
		assert_false(words_alike(texts[at], texts[at]));
}

/* Marks of two classes in turn are the most work that sorting them can be; what is longer isn't looked at. */
static void test_towers_of_marks(void **state)
{
	enum { LONGEST = FOLDING_MAX / 4, FAR_TOO_MANY = 50000 };
	struct buffer text = buffer_of(5 * FAR_TOO_MANY), other = buffer_of(5 * FAR_TOO_MANY);

	(void)state;
	for (int at = 0; at < LONGEST; at++)
		buffer_put_string(&text, "\u0301\u0323");
	for (int at = 0; at < 2 * LONGEST; at++)
		buffer_put_string(&other, at < LONGEST ? "\u0323" : "\u0301");
	assert_true(words_alike(buffer_text(&text), buffer_text(&other)));
	for (int at = LONGEST; at < FAR_TOO_MANY; at++)
		buffer_put_string(&text, "\u0301\u0323");
	assert_false(words_alike(buffer_text(&text), buffer_text(&text)));
	buffer_free(&text);
	buffer_free(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_composed_and_decomposed),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_digits_and_full_width),
		cmocka_unit_test(test_what_a_writer_leaves_out),
		cmocka_unit_test(test_other_words_differ),
		cmocka_unit_test(test_what_is_no_text_is_like_nothing),
		cmocka_unit_test(test_towers_of_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
