/* word: which of the words that she agreed with this desk somebody has just said, or which of her aliases. So
 * an officer on the telephone needn't have them on the screen, and isn't misled by another keyboard's
 * letters. */
#include "report.h"
#include "verbs.h"

#include "client/folding.h"
#include "client/output.h"
#include "client/terminal.h"

#include <sodium.h>
#include <string.h>

static const struct agreed {
	const char *member, *is, *words;
} agreed[] = {
	/* First of all: it must not be taken for another that is alike. */
	{ "word_danger", "danger",
		"DANGER. That is her word for danger: end the call without a reaction. She wants then: " },
	{ "word_safe", "safe", "That is her word for being safe.\n" },
	{ "word_officer", "officer", "That is the word by which an officer proves herself to her.\n" },
};

static bool is_member(const json_t *object, const char *name, const char *said)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && words_alike(text, said);
}

static const struct agreed *find_agreed(const json_t *contact, const char *said)
{
	for (size_t at = 0; at < COUNT_OF(agreed); at++)
		if (is_member(contact, agreed[at].member, said))
			return &agreed[at];
	return NULL;
}

/* The reference of the person whose alias it is, or NULL. */
static const char *find_alias(const json_t *persons, const char *said)
{
	const json_t *person;
	size_t at;

	json_array_foreach(persons, at, person)
	{
		if (is_member(person, "alias", said))
			return json_string_value(json_object_get(person, "ref"));
	}
	return NULL;
}

static int answer(
	const struct officer *officer, const json_t *report, const char *said, struct failure *failure)
{
	const struct invocation *invocation = officer->invocation;
	const json_t *contact = json_object_get(report, "contact");
	const struct agreed *found = find_agreed(contact, said);
	const char *if_danger = json_string_value(json_object_get(contact, "if_danger"));
	const char *person = found != NULL ? NULL : find_alias(json_object_get(report, "persons"), said);

	if (found == &agreed[0])
		say(invocation, "%s%s.\n", found->words,
			if_danger == NULL ? "nothing was agreed, ask the head of your desk" : if_danger);
	else if (found != NULL)
		say(invocation, "%s", found->words);
	else if (person != NULL)
		say(invocation, "That is the alias of %s.\n", person);
	else
		say(invocation, "That is none of her words, and none of her aliases.\n");
	return output_result(invocation,
		json_pack("{s:s?, s:s?, s:s?}", "is",
			found != NULL    ? found->is
			: person != NULL ? "alias"
					 : NULL,
			"person", person, "if_danger", found == &agreed[0] ? if_danger : NULL),
		failure);
}

static int run(struct officer *officer, const char *id, const char *said, struct failure *failure)
{
	const struct roster_officer *me;
	struct report *report = NULL;
	int rc = -1;

	if (officer_me(officer, &me, failure) == 0 && report_take(officer, id, &report, failure) == 0)
		rc = answer(officer, report->json, said, failure);
	report_free(report);
	return rc;
}

int verb_word(const struct invocation *invocation, struct failure *failure)
{
	struct officer *officer = NULL;
	char id[ID_SIZE], *said = NULL;
	int rc = -1;

	if (report_argument(invocation, id, failure) == 0 &&
		take_value(arguments_operand(invocation->arguments, 1), "the word", &said, failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, said, failure);
	officer_close(officer);
	sodium_free(said);
	return rc;
}
