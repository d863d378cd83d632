#include "client/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPTION      "--language"
#define LOCALE_SIZE 32 /* of a locale: `zh_Hans_SG`, as far as it matters */

/* Languages of the Chinese characters that the catalogue isn't written in. */
static const char *const traditional[] = { "hant", "tw", "hk", "mo" };

struct locale {
	char name[LOCALE_SIZE]; /* with dashes, without charset and modifier */
	bool is_utf8;
};

/* `ru_RU.UTF-8@x`: what stands in front of the charset, as BCP 47 writes it. */
static void take_apart(const char *text, size_t len, struct locale *ret_locale)
{
	size_t name_len = 0, charset;

	*ret_locale = (struct locale){ .is_utf8 = true };
	while (name_len < len && text[name_len] != '.' && text[name_len] != '@')
		name_len++;
	for (size_t at = 0; at < name_len && at < LOCALE_SIZE - 1; at++)
		ret_locale->name[at] = text[at];
	for (char *at = ret_locale->name; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at;
	if (name_len == len || text[name_len] != '.')
		return;
	charset = name_len + 1;
	ret_locale->is_utf8 =
		strncasecmp(text + charset, "utf-8", 5) == 0 || strncasecmp(text + charset, "utf8", 4) == 0;
}

static bool is_c(const char *name)
{
	return name[0] == '\0' || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0;
}

/* True where one of the name's subtags behind the first is this. */
static bool has_subtag(const char *name, const char *subtag)
{
	size_t len = strlen(subtag);

	for (const char *at = strchr(name, '-'); at != NULL; at = strchr(at + 1, '-'))
		if (strncasecmp(at + 1, subtag, len) == 0 && (at[1 + len] == '\0' || at[1 + len] == '-'))
			return true;
	return false;
}

static bool is_traditional(const char *name)
{
	for (size_t at = 0; at < COUNT_OF(traditional); at++)
		if (has_subtag(name, traditional[at]))
			return true;
	return false;
}

static bool is_same_language(const char *name, const char *code)
{
	size_t name_len = strcspn(name, "-"), code_len = strcspn(code, "-");

	return name_len == code_len && strncasecmp(name, code, name_len) == 0;
}

/* True where the name is of a language that is spoken here; *ret_language is NULL for English. */
static bool find(const char *name, const struct language **ret_language)
{
	size_t count;
	const struct language *languages = languages_offered(&count);

	*ret_language = NULL;
	for (size_t at = 0; at < count; at++)
		if (strcasecmp(languages[at].code, name) == 0) {
			*ret_language = &languages[at];
			return true;
		}
	if (is_same_language(name, "en"))
		return true;
	for (size_t at = 0; at < count && !is_traditional(name); at++)
		if (is_same_language(name, languages[at].code)) {
			*ret_language = &languages[at];
			return true;
		}
	return false;
}

static const char *locale_of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t at = 0; at < COUNT_OF(names); at++) {
		const char *value = getenv(names[at]);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "";
}

static const struct language *language_of_environment(void)
{
	const char *text = locale_of_environment(), *list = getenv("LANGUAGE");
	const struct language *language;
	struct locale locale, wish;

	take_apart(text, strlen(text), &locale);
	if (!locale.is_utf8 || is_c(text))
		return NULL;
	while (list != NULL && *list != '\0') {
		size_t len = strcspn(list, ":");

		take_apart(list, len, &wish);
		if (len > 0 && find(wish.name, &language))
			return language;
		list += len + (list[len] == ':');
	}
	return find(locale.name, &language) ? language : NULL;
}

/* The value of the last --language among the words; NULL where there is none, or it has no value. */
static const char *language_asked_for(int argc, char **argv)
{
	const char *found = NULL;

	for (int at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
		if (strncmp(argv[at], OPTION "=", sizeof OPTION) == 0)
			found = argv[at] + sizeof OPTION;
		else if (strcmp(argv[at], OPTION) == 0 && at + 1 < argc)
			found = argv[++at];
	}
	return found;
}

int language_find(const char *asked, const struct language **ret_language, struct failure *failure)
{
	size_t count;
	const struct language *languages = languages_offered(&count);
	char codes[64] = "en";
	struct locale locale;

	*ret_language = language_of_environment();
	if (asked == NULL)
		return 0;
	take_apart(asked, strlen(asked), &locale);
	if (find(locale.name, ret_language))
		return 0;
	for (size_t at = 0; at < count; at++) {
		size_t len = strlen(codes);

		(void)snprintf(codes + len, sizeof codes - len, ", %s", languages[at].code);
	}
	return failure_set(failure, EX_USAGE, "--language isn't one that is spoken here: give %s", codes);
}

int language_choose(int argc, char **argv, struct failure *failure)
{
	const struct language *language;
	size_t count;

	(void)languages_offered(&count);
	if (count == 0)
		return 0;
	language_use(language_of_environment());
	if (language_find(language_asked_for(argc, argv), &language, failure) != 0)
		return -1;
	language_use(language);
	return 0;
}
