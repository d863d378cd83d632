#include "questionnaire.h"

#include "proto/report_schema.h"
#include "proto/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct item {
	const struct question *question;
	const struct question_choice *choices;
	size_t count;
	enum answer_state state;
	char *text; /* sodium_malloc; NULL unless given */
	bool is_out;
};

struct questionnaire {
	struct item *items;
	size_t count;
	size_t at; /* count: behind the last */
	bool asks_more;
};

struct questionnaire *questionnaire_new(const struct question *questions, size_t count)
{
	struct questionnaire *questionnaire = calloc(1, sizeof *questionnaire);

	if (questionnaire == NULL)
		return NULL;
	questionnaire->items = calloc(count, sizeof *questionnaire->items);
	if (questionnaire->items == NULL) {
		free(questionnaire);
		return NULL;
	}
	questionnaire->count = count;
	for (size_t at = 0; at < count; at++) {
		questionnaire->items[at].question = &questions[at];
		questionnaire->items[at].choices = questions[at].choices;
		questionnaire->items[at].count = questions[at].count;
	}
	questionnaire_rewind(questionnaire);
	return questionnaire;
}

void questionnaire_free(struct questionnaire *questionnaire)
{
	if (questionnaire == NULL)
		return;
	for (size_t at = 0; at < questionnaire->count; at++)
		sodium_free(questionnaire->items[at].text);
	free(questionnaire->items);
	free(questionnaire);
}

static struct item *find(const struct questionnaire *questionnaire, const char *id)
{
	for (size_t at = 0; id != NULL && at < questionnaire->count; at++)
		if (strcmp(questionnaire->items[at].question->id, id) == 0)
			return &questionnaire->items[at];
	return NULL;
}

void questionnaire_leave_out(struct questionnaire *questionnaire, const char *id)
{
	struct item *item = find(questionnaire, id);

	if (item != NULL)
		item->is_out = true;
	questionnaire_rewind(questionnaire);
}

void questionnaire_choices(struct questionnaire *questionnaire, const char *id,
	const struct question_choice *choices, size_t count)
{
	struct item *item = find(questionnaire, id);

	if (item == NULL)
		return;
	item->choices = choices;
	item->count = count < QUESTION_CHOICES_MAX ? count : QUESTION_CHOICES_MAX;
}

/* Whether a word stands in a list of words separated by spaces. */
static bool has_word(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		size_t one = strcspn(list, " ");

		if (one == len && strncmp(list, word, len) == 0)
			return true;
		list += one + strspn(list + one, " ");
	}
	return false;
}

static bool applies(const struct questionnaire *questionnaire, const struct item *item)
{
	const struct question *question = item->question;
	const struct item *before = find(questionnaire, question->after);

	if (item->is_out || (question->is_more && !questionnaire->asks_more))
		return false;
	if (question->choices == NULL && item->count == 0 &&
		(question->kind == QUESTION_CHOICE || question->kind == QUESTION_MANY))
		return false;
	if (before == NULL)
		return true;
	return before->state == ANSWER_GIVEN && applies(questionnaire, before) &&
	       has_word(question->codes, before->text, strlen(before->text)) != question->is_not;
}

/* Where only one choice is left there is nothing to ask; it is taken all the same. */
static size_t narrow(const struct questionnaire *questionnaire, const struct item *item,
	struct question_choice ret_choices[QUESTION_CHOICES_MAX])
{
	const struct item *before = find(questionnaire, item->question->after);
	size_t count = 0;

	for (size_t at = 0; at < item->count && count < QUESTION_CHOICES_MAX; at++)
		if (!item->question->is_narrowed ||
			(before != NULL && before->text != NULL &&
				strncmp(item->choices[at].code, before->text, strlen(before->text)) == 0))
			ret_choices[count++] = item->choices[at];
	return count;
}

static bool is_asked(const struct questionnaire *questionnaire, const struct item *item)
{
	struct question_choice choices[QUESTION_CHOICES_MAX];

	return applies(questionnaire, item) &&
	       !(item->question->is_narrowed && narrow(questionnaire, item, choices) <= 1);
}

static struct answer answer_of(const struct item *item)
{
	return (struct answer){ item->state, item->text == NULL ? "" : item->text };
}

bool questionnaire_now(const struct questionnaire *questionnaire, struct posed *ret_posed)
{
	const struct item *item;

	if (questionnaire->at >= questionnaire->count)
		return false;
	item = &questionnaire->items[questionnaire->at];
	*ret_posed = (struct posed){ .question = item->question, .answer = answer_of(item) };
	ret_posed->count = narrow(questionnaire, item, ret_posed->choices);
	for (size_t at = 0; at < questionnaire->count; at++)
		if (is_asked(questionnaire, &questionnaire->items[at])) {
			ret_posed->total++;
			ret_posed->number += at <= questionnaire->at;
		}
	return true;
}

bool questionnaire_back(struct questionnaire *questionnaire)
{
	for (size_t at = questionnaire->at; at > 0; at--)
		if (is_asked(questionnaire, &questionnaire->items[at - 1])) {
			questionnaire->at = at - 1;
			return true;
		}
	return false;
}

static bool move_to(struct questionnaire *questionnaire, size_t from)
{
	for (size_t at = from; at < questionnaire->count; at++)
		if (is_asked(questionnaire, &questionnaire->items[at])) {
			questionnaire->at = at;
			return true;
		}
	questionnaire->at = questionnaire->count;
	return false;
}

bool questionnaire_forward(struct questionnaire *questionnaire)
{
	return questionnaire->at < questionnaire->count && move_to(questionnaire, questionnaire->at + 1);
}

void questionnaire_rewind(struct questionnaire *questionnaire)
{
	(void)move_to(questionnaire, 0);
}

void questionnaire_ask_more(struct questionnaire *questionnaire)
{
	questionnaire->asks_more = true;
	questionnaire_rewind(questionnaire);
	for (size_t at = 0; at < questionnaire->count; at++)
		if (questionnaire->items[at].question->is_more) {
			(void)move_to(questionnaire, at);
			return;
		}
}

bool questionnaire_lacks(struct questionnaire *questionnaire)
{
	for (size_t at = 0; at < questionnaire->count; at++) {
		const struct item *item = &questionnaire->items[at];

		if (!item->question->must_answer || !is_asked(questionnaire, item))
			continue;
		if (item->state != ANSWER_NONE)
			continue;
		questionnaire->at = at;
		return true;
	}
	return false;
}

/* As the schema judges it: the 31st of November is none. */
static bool is_date(const char *text)
{
	json_t *report = json_pack("{s:i, s:s, s:s, s:s}", "schema", REPORT_SCHEMA_VERSION, "summary", "-",
		"urgency", "record", "occurred_from", text);
	struct fault fault;
	bool good = report != NULL && report_schema_check_value(report, &fault) == 0;

	json_decref(report);
	return good && text[0] >= '0' && text[0] <= '9';
}

static bool is_country(const char *text, size_t len)
{
	return len == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
}

/* Codes of the choices, each once, at most max (one for QUESTION_CHOICE). */
static bool are_codes(const struct questionnaire *questionnaire, const struct item *item, const char *text)
{
	struct question_choice choices[QUESTION_CHOICES_MAX];
	size_t found = 0, count = narrow(questionnaire, item, choices), words = 0,
	       max = item->question->kind == QUESTION_CHOICE ? 1 : item->question->max;

	for (const char *at = text; *at != '\0'; words++)
		at += strcspn(at, " ") + strspn(at + strcspn(at, " "), " ");
	for (size_t at = 0; at < count; at++)
		found += has_word(text, choices[at].code, strlen(choices[at].code));
	return words >= 1 && words == found && words <= max;
}

static bool takes(const struct questionnaire *questionnaire, const struct item *item, const char *text)
{
	const struct question *question = item->question;
	size_t len = strlen(text);

	switch (question->kind) {
	case QUESTION_CHOICE:
	case QUESTION_MANY:
		return are_codes(questionnaire, item, text);
	case QUESTION_LINE:
		return text_is_title(text, len, question->max);
	case QUESTION_STORY:
		return len > 0 && len <= question->max && text_is_lines(text, len);
	case QUESTION_DATE:
		return is_date(text);
	case QUESTION_COUNTRY:
		return is_country(text, len);
	}
	return false;
}

static void take(struct item *item, enum answer_state state, char *text)
{
	sodium_free(item->text);
	item->text = text;
	item->state = state;
}

int questionnaire_answer(struct questionnaire *questionnaire, enum answer_state state, const char *text)
{
	struct item *item;
	char *copy;
	size_t len;

	if (questionnaire->at >= questionnaire->count)
		return -1;
	item = &questionnaire->items[questionnaire->at];
	if (state != ANSWER_GIVEN) {
		take(item, state, NULL);
		return 0;
	}
	if (!takes(questionnaire, item, text))
		return -1;
	len = strlen(text);
	copy = sodium_malloc(len + 1);
	if (copy == NULL)
		return -1;
	memcpy(copy, text, len + 1);
	take(item, state, copy);
	return 0;
}

/* --- the report */

struct draft {
	const struct questionnaire *questionnaire;
	json_t *report;
};

static json_t *member(json_t *parent, const char *name, bool is_list)
{
	json_t *found = json_object_get(parent, name);

	if (found == NULL && json_object_set_new(parent, name, is_list ? json_array() : json_object()) == 0)
		found = json_object_get(parent, name);
	if (!is_list || found == NULL)
		return found;
	if (json_array_size(found) == 0 && json_array_append_new(found, json_object()) != 0)
		return NULL;
	return json_array_get(found, 0);
}

/* Takes the value, whatever happens. */
static int put(json_t *report, const char *path, json_t *value)
{
	char name[32];
	json_t *parent = report;
	const char *dot;

	for (; parent != NULL && (dot = strchr(path, '.')) != NULL; path = dot + 1) {
		size_t len = (size_t)(dot - path);
		bool is_list = len > 2 && dot[-1] == ']';

		len -= is_list ? 2 : 0;
		if (len >= sizeof name) {
			json_decref(value);
			return -1;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		parent = member(parent, name, is_list);
	}
	if (parent == NULL) {
		json_decref(value);
		return -1;
	}
	/* Adds to a list that is there: forgetting an excluded name could cost somebody dearly. */
	if (json_is_array(value) && json_is_array(json_object_get(parent, path))) {
		int rc = json_array_extend(json_object_get(parent, path), value);

		json_decref(value);
		return rc;
	}
	return json_object_set_new(parent, path, value);
}

static json_t *list_of(const char *words)
{
	json_t *list = json_array();

	while (list != NULL && *words != '\0') {
		size_t len = strcspn(words, " ");

		if (json_array_append_new(list, json_stringn(words, len)) != 0) {
			json_decref(list);
			return NULL;
		}
		words += len + strspn(words + len, " ");
	}
	return list;
}

static int put_answer(json_t *report, const struct item *item, const char *text)
{
	bool is_list = item->question->kind == QUESTION_MANY;

	if (item->question->path == NULL || text == NULL)
		return 0;
	return put(report, item->question->path, is_list ? list_of(text) : json_string(text));
}

/* What the answer puts down; NULL for nothing. */
static const char *text_of(const struct questionnaire *questionnaire, const struct item *item)
{
	struct question_choice choices[QUESTION_CHOICES_MAX];

	if (item->question->is_narrowed && narrow(questionnaire, item, choices) == 1)
		return choices[0].code;
	switch (item->state) {
	case ANSWER_GIVEN:
		return item->text;
	case ANSWER_UNKNOWN:
		return item->question->unknown;
	case ANSWER_WITHHELD:
		return item->question->withheld;
	case ANSWER_NONE:
		break;
	}
	return NULL;
}

int questionnaire_report(const struct questionnaire *questionnaire, json_t *report)
{
	for (size_t at = 0; at < questionnaire->count; at++) {
		const struct item *item = &questionnaire->items[at];
		const struct item *before = find(questionnaire, item->question->after);
		const char *text = NULL;

		if (applies(questionnaire, item))
			text = text_of(questionnaire, item);
		/* Consent as a whole stands for each purpose. */
		else if (before != NULL && before->question->path == NULL && before->text != NULL &&
			 !item->question->is_narrowed)
			text = before->text;
		if (put_answer(report, item, text) != 0)
			return -1;
	}
	return 0;
}
