/* Which language people are spoken to in, and how a text finds its translation. */
#include "cmocka_all.h"

#include "client/failure.h"
#include "client/language.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Polish has three forms, as Russian does. */
static size_t form_of(unsigned long number)
{
	return number == 1 ? 0 : number >= 2 && number <= 4 ? 1 : 2;
}

static const struct translation words[] = {
	{ "nothing of %s: try again", "niczego z %s: jeszcze raz" },
	{ "%zu file", "%zu plik\0%zu pliki\0%zu plik\xC3\xB3w" },
	{ "--language isn't one that is spoken here: give %s", "wybierz: %s" },
	{ "it isn't yours to use, look at its owner and its rights", "Brak dost\xC4\x99pu" },
};
static const struct translation chinese[] = {
	{ "nothing of %s: try again", "\xE6\xB2\xA1\xE6\x9C\x89 %s" },
};
static const struct language languages[] = {
	{ "pl", words, COUNT_OF(words), form_of },
	{ "zh-Hans", chinese, COUNT_OF(chinese), form_of },
};

static int offer(void **state)
{
	(void)state;
	languages_offer(languages, COUNT_OF(languages));
	return 0;
}

static int forget(void **state)
{
	(void)state;
	language_use(NULL);
	languages_offer(NULL, 0);
	return 0;
}

static void surroundings(const char *all, const char *messages, const char *lang, const char *list)
{
	(void)setenv("LC_ALL", all, 1);
	(void)setenv("LC_MESSAGES", messages, 1);
	(void)setenv("LANG", lang, 1);
	(void)setenv("LANGUAGE", list, 1);
}

/* What is chosen where the command line says nothing. */
static const char *chosen(const char *all, const char *messages, const char *lang, const char *list)
{
	static char name[] = "weather", verb[] = "send";
	char *argv[] = { name, verb, NULL };
	struct failure failure;

	surroundings(all, messages, lang, list);
	assert_int_equal(language_choose(2, argv, &failure), 0);
	return language_code();
}

static void test_the_locale_chooses(void **state)
{
	(void)state;
	assert_string_equal(chosen("", "", "", ""), "en");
	assert_string_equal(chosen("", "", "pl_PL.UTF-8", ""), "pl");
	assert_string_equal(chosen("", "", "pl", ""), "pl");
	assert_string_equal(chosen("", "", "pl_PL.utf8@euro", ""), "pl");
	assert_string_equal(chosen("", "zh_CN.UTF-8", "pl_PL.UTF-8", ""), "zh-Hans");
	assert_string_equal(chosen("en_GB.UTF-8", "zh_CN.UTF-8", "pl_PL.UTF-8", ""), "en");
	assert_string_equal(chosen("", "", "fa_IR.UTF-8", ""), "en");
	assert_string_equal(chosen("", "", "plt_MG.UTF-8", ""), "en");
}

static void test_the_list_of_languages_chooses(void **state)
{
	(void)state;
	assert_string_equal(chosen("", "", "C.UTF-8", "fa:pl"), "pl");
	assert_string_equal(chosen("", "", "en_GB.UTF-8", "zh_CN:pl"), "zh-Hans");
	assert_string_equal(chosen("", "", "pl_PL.UTF-8", "en:pl"), "en");
	assert_string_equal(chosen("", "", "pl_PL.UTF-8", "::fa:"), "pl");
	/* gettext's rule: where messages are wanted as they were written, the list doesn't count. */
	assert_string_equal(chosen("C", "", "pl_PL.UTF-8", "pl"), "en");
	assert_string_equal(chosen("POSIX", "", "", "pl"), "en");
	assert_string_equal(chosen("", "", "", "pl"), "en");
}

static void test_characters_are_shown_where_they_can_be(void **state)
{
	(void)state;
	assert_string_equal(chosen("", "", "pl_PL.ISO-8859-2", ""), "en");
	assert_string_equal(chosen("", "", "pl_PL.ISO-8859-2", "pl"), "en");
}

static void test_simplified_and_traditional_differ(void **state)
{
	(void)state;
	assert_string_equal(chosen("", "", "zh_SG.UTF-8", ""), "zh-Hans");
	assert_string_equal(chosen("", "", "zh", ""), "zh-Hans");
	assert_string_equal(chosen("", "", "zh_TW.UTF-8", ""), "en");
	assert_string_equal(chosen("", "", "zh_TW.UTF-8", "zh_HK:zh_CN"), "zh-Hans");
	assert_string_equal(chosen("", "", "zh_Hant.UTF-8", ""), "en");
}

static void test_the_option_is_stronger(void **state)
{
	static char name[] = "weather", option[] = "--language", chinese_code[] = "zh_Hans",
		    polish[] = "--language=pl", strange[] = "--language=tlh", end[] = "--";
	char *first[] = { name, option, chinese_code, NULL }, *second[] = { name, polish, NULL },
	     *third[] = { name, strange, NULL }, *fourth[] = { name, end, polish, NULL };
	struct failure failure;

	(void)state;
	surroundings("C", "", "", "");
	assert_int_equal(language_choose(3, first, &failure), 0);
	assert_string_equal(language_code(), "zh-Hans");
	assert_int_equal(language_choose(2, second, &failure), 0);
	assert_string_equal(language_code(), "pl");
	assert_int_equal(language_choose(3, fourth, &failure), 0);
	assert_string_equal(language_code(), "en");
	surroundings("", "", "pl_PL.UTF-8", "");
	assert_int_equal(language_choose(2, third, &failure), -1);
	assert_int_equal(failure.exit_code, EX_USAGE);
	assert_string_equal(failure.fault.text, "wybierz: en, pl, zh-Hans");
}

static void test_sentences_are_translated(void **state)
{
	struct failure failure;

	(void)state;
	(void)chosen("", "", "pl_PL.UTF-8", "");
	failure_write(&failure, EX_DATAERR, "nothing of %s: try again", "ada");
	assert_string_equal(failure.fault.text, "niczego z ada: jeszcze raz");
	assert_string_equal(error_words(EACCES), "Brak dost\xC4\x99pu");
	/* What has no translation is shown as it was written. */
	failure_write(&failure, EX_DATAERR, "%s is new", "ada");
	assert_string_equal(failure.fault.text, "ada is new");
	assert_string_equal(error_words(ENOENT), "there is no such file or folder, look at its name");
	language_use(NULL);
	failure_write(&failure, EX_DATAERR, "nothing of %s: try again", "ada");
	assert_string_equal(failure.fault.text, "nothing of ada: try again");
}

static void test_numbers_take_their_form(void **state)
{
	(void)state;
	language_use(&languages[0]);
	assert_string_equal(translated_count("%zu file", "%zu files", 1), "%zu plik");
	assert_string_equal(translated_count("%zu file", "%zu files", 3), "%zu pliki");
	assert_string_equal(translated_count("%zu file", "%zu files", 5), "%zu plik\xC3\xB3w");
	assert_string_equal(translated_count("%zu dog", "%zu dogs", 1), "%zu dog");
	language_use(NULL);
	assert_string_equal(translated_count("%zu file", "%zu files", 1), "%zu file");
	assert_string_equal(translated_count("%zu file", "%zu files", 0), "%zu files");
}

/* A sentence that is too long for a fault ends with a whole character. */
static void test_no_character_is_cut_through(void **state)
{
	char text[FAULT_TEXT_SIZE + 2];
	struct fault fault;

	(void)state;
	for (size_t odd = 0; odd < 2; odd++) {
		memset(text, 'a', sizeof text);
		for (size_t at = odd; at + 1 < sizeof text; at += 2)
			memcpy(text + at, "\xD0\xB6", 2);
		text[sizeof text - 1] = '\0';
		fault_write(&fault, "%s", text);
		assert_true(strlen(fault.text) >= FAULT_TEXT_SIZE - 4);
		assert_int_equal((strlen(fault.text) - odd) % 2, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_locale_chooses),
		cmocka_unit_test(test_the_list_of_languages_chooses),
		cmocka_unit_test(test_characters_are_shown_where_they_can_be),
		cmocka_unit_test(test_simplified_and_traditional_differ),
		cmocka_unit_test(test_the_option_is_stronger),
		cmocka_unit_test(test_sentences_are_translated),
		cmocka_unit_test(test_numbers_take_their_form),
		cmocka_unit_test(test_no_character_is_cut_through),
	};

	return cmocka_run_group_tests(tests, offer, forget);
}
