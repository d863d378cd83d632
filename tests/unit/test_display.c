/* Report text is hostile: what DOMAIN's section on terminals says must go, goes; what languages need stays.
 */
#include "cmocka_all.h"

#include "client/terminal.h"

#include <string.h>

#define FSI "\xE2\x81\xA8"
#define PDI "\xE2\x81\xA9"

static void shows(const char *text, const char *expected)
{
	struct buffer out = buffer_of(4096);

	terminal_safe(text, strlen(text), &out);
	assert_string_equal(buffer_text(&out), expected);
	buffer_free(&out);
}

static void test_plain_text_stays(void **state)
{
	(void)state;
	shows("urgency: U1", FSI "urgency: U1" PDI);
	shows("", FSI PDI);
	shows("\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7 \xE4\xBD\xA0\xF0\x9F\x8C\xB1",
		FSI "\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7 \xE4\xBD\xA0\xF0\x9F\x8C\xB1" PDI);
}

static void test_controls_go(void **state)
{
	(void)state;
	shows("a\x1B[31mb\x07\x7F", FSI "a[31mb" PDI);
	shows("a\xC2\x9B"
	      "31mb",
		FSI "a31mb" PDI);
	shows("a\rb\tc\nd", FSI "ab c d" PDI);
}

static void test_reordering_goes(void **state)
{
	static const char *const marks[] = { "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD",
		"\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9",
		"\xE2\x80\x8E", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x80\xA8", "\xE2\x80\xA9" };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(marks); at++)
		shows(marks[at], FSI PDI);
}

static void test_joiners_stay(void **state)
{
	(void)state;
	shows("\xD9\x85\xE2\x80\x8C\xD9\x86\xE2\x80\x8D", FSI "\xD9\x85\xE2\x80\x8C\xD9\x86\xE2\x80\x8D" PDI);
}

static void test_bad_utf8_is_replaced(void **state)
{
	(void)state;
	shows("a\xFF"
	      "b",
		FSI "a\xEF\xBF\xBD"
		    "b" PDI);
	shows("\xC0\x9B", FSI "\xEF\xBF\xBD\xEF\xBF\xBD" PDI);                 /* an overlong escape */
	shows("\xED\xA0\x80", FSI "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" PDI); /* a surrogate */
	shows("\xE2\x80", FSI "\xEF\xBF\xBD\xEF\xBF\xBD" PDI);                 /* cut off */
}

static void test_lines_are_kept_apart(void **state)
{
	static const char text[] = "one\ntwo\x1B\n";
	struct buffer out = buffer_of(4096);

	(void)state;
	terminal_safe_lines(text, strlen(text), "  ", &out);
	assert_string_equal(buffer_text(&out), "  " FSI "one" PDI "\n  " FSI "two" PDI "\n  " FSI PDI);
	buffer_free(&out);
}

/* What doesn't show can't hide words between others, and no balance of isolates is the sender's to break. */
static void test_what_does_not_show_goes(void **state)
{
	static const char *const marks[] = { "\xE2\x80\x8B", "\xE2\x81\xA0", "\xC2\xAD", "\xEF\xBB\xBF",
		"\xEF\xBF\xB9", "\xF3\xA0\x81\x81", "\xE2\x81\xAF", "\xE1\xA0\x8E" };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(marks); at++)
		shows(marks[at], FSI PDI);
	shows(PDI PDI "x" FSI FSI FSI, FSI "x" PDI);
	shows("\xE2\x80\xAE"
	      "4U :ycnegru",
		FSI "4U :ycnegru" PDI);
}

static void test_every_control_goes(void **state)
{
	(void)state;
	for (unsigned point = 1; point < 0xA0; point++) {
		const char one[] = { (char)point, '\0' };
		const char two[] = { (char)0xC2, (char)point, '\0' };

		if (point < 0x20 && point != '\t' && point != '\n')
			shows(one, FSI PDI);
		if (point >= 0x80)
			shows(two, FSI PDI);
	}
}

/* U+0301 on one letter, 100,000 times: eight are shown. */
static void test_a_tower_of_marks_is_cut(void **state)
{
	enum { MARKS = 100000 };
	struct buffer text = buffer_of(2 * MARKS + 16), out = buffer_of(4096);

	(void)state;
	buffer_put_u8(&text, 'e');
	for (int at = 0; at < MARKS; at++)
		buffer_put_string(&text, "\xCC\x81");
	buffer_put_string(&text, "nd\xCC\x81");
	terminal_safe((const char *)text.data, text.len, &out);
	assert_string_equal(buffer_text(&out),
		FSI "e\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xEF\xBF\xBD"
		    "nd\xCC\x81" PDI);
	buffer_free(&text);
	buffer_free(&out);
}

static void test_plain_is_without_marks_of_ours(void **state)
{
	(void)state;
	display_choose(DISPLAY_PLAIN);
	shows("a\x1B\xD9\x85\xE2\x80\xAE", "a\xD9\x85");
	display_choose(DISPLAY_ISOLATED);
}

static void test_ascii_shows_nothing_else(void **state)
{
	(void)state;
	display_choose(DISPLAY_ASCII);
	shows("U1 a\x1B", "U1 a");
	shows("\xD9\x85\xD8\xB1 U4", "[not ASCII, length in bytes: 7]");
	shows("\xFF", "[not ASCII, length in bytes: 1]");
	display_choose(DISPLAY_ISOLATED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_stays),
		cmocka_unit_test(test_controls_go),
		cmocka_unit_test(test_reordering_goes),
		cmocka_unit_test(test_joiners_stay),
		cmocka_unit_test(test_bad_utf8_is_replaced),
		cmocka_unit_test(test_lines_are_kept_apart),
		cmocka_unit_test(test_what_does_not_show_goes),
		cmocka_unit_test(test_every_control_goes),
		cmocka_unit_test(test_a_tower_of_marks_is_cut),
		cmocka_unit_test(test_plain_is_without_marks_of_ours),
		cmocka_unit_test(test_ascii_shows_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
