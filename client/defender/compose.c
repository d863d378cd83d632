#include "compose.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/json.h"
#include "proto/personal.h"
#include "proto/report_schema.h"
#include "question_table.h"
#include "working_copy.h"

#include <string.h>

static int from_file(const char *path, json_t **ret_report, struct failure *failure)
{
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	static const char *const ours[] = { "envelope", "follows", "cover", "duress" };
	struct fault fault;
	int rc = take_file(path, "the report's file", REPORT_JSON_MAX, &text, failure);

	if (rc == 0 &&
		json_parse((const char *)text.data, text.len, REPORT_JSON_MAX, ret_report, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	buffer_free(&text);
	for (size_t at = 0; rc == 0 && at < COUNT_OF(ours); at++) {
		if (json_object_get(*ret_report, ours[at]) != NULL)
			rc = failure_set(failure, EX_DATAERR,
				"the report's %s is written by this program: take it out of the file",
				ours[at]);
	}
	return rc;
}

/* --exclude adds to what the file excludes: forgetting a name could cost somebody dearly. */
static int merge_excluded(const struct arguments *arguments, json_t *report, struct failure *failure)
{
	size_t times = arguments_times(arguments, "exclude");
	json_t *list = json_object_get(report, "exclude");

	if (times == 0)
		return 0;
	if (list == NULL && json_object_set_new(report, "exclude", json_array()) == 0)
		list = json_object_get(report, "exclude");
	if (!json_is_array(list))
		return failure_set(
			failure, EX_DATAERR, "the report's exclude must be a list: correct the file");
	for (size_t at = 0; at < times; at++)
		if (json_array_append_new(list, json_string(arguments_option_at(arguments, "exclude", at))) !=
			0)
			return failure_set(failure, EX_DATAERR,
				"a name to exclude is neither an officer nor a desk: check how it is "
				"written");
	return 0;
}

static bool has_name(const json_t *list, const char *name)
{
	size_t at;
	const json_t *one;

	json_array_foreach(list, at, one)
	{
		if (json_is_string(one) && strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

/* Who was excluded from what this one follows. Who isn't in the roster any more reads nothing anyhow. */
static int exclude_again(
	const json_t *excluded, const struct roster *roster, json_t *report, struct failure *failure)
{
	json_t *list = json_object_get(report, "exclude");
	size_t at;
	const json_t *one;

	json_array_foreach(excluded, at, one)
	{
		const char *name = json_string_value(one);

		if (name == NULL || has_name(list, name) ||
			(roster_desk(roster, name) == NULL && roster_officer(roster, name) == NULL))
			continue;
		if (list == NULL && json_object_set_new(report, "exclude", json_array()) == 0)
			list = json_object_get(report, "exclude");
		if (json_array_append_new(list, json_string(name)) != 0)
			return failure_memory(failure);
	}
	return 0;
}

static int merge_options(const struct arguments *arguments, const struct compose_wish *wish, json_t *report,
	struct failure *failure)
{
	const char *word = arguments_option(arguments, "urgency");
	enum urgency urgency;

	if (word == NULL && (wish->is_urgency_fixed || json_object_get(report, "urgency") == NULL))
		word = wish->urgency;

	if (word != NULL && urgency_of(word, strlen(word), &urgency) != 0)
		return failure_set(failure, EX_USAGE,
			"--urgency isn't one: give immediate, urgent, priority, record or withheld");
	if (word != NULL && json_object_set_new(report, "urgency", json_string(urgency_word(urgency))) != 0)
		return failure_memory(failure);
	return merge_excluded(arguments, report, failure);
}

static int choose_desk(const struct arguments *arguments, const struct roster *roster, const char *usual,
	char ret_desk[NAME_SIZE], struct failure *failure)
{
	const char *name = arguments_option(arguments, "desk");

	if (name == NULL && usual != NULL && roster_desk(roster, usual) != NULL)
		name = usual;
	if (name == NULL && roster->desk_count == 1)
		name = roster->desks[0].name;
	if (name == NULL)
		return failure_set(failure, EX_USAGE,
			"your organisation has several desks: choose one with --desk (`join` shows them)");
	if (name_of(name, strlen(name), ret_desk) != 0 || roster_desk(roster, ret_desk) == NULL)
		return failure_set(
			failure, EX_DATAERR, "no desk has that name: `join` shows the desks' names");
	return 0;
}

static int check(struct composed *composed, struct failure *failure)
{
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	json_t *checked = NULL;
	const char *urgency;
	struct fault fault;
	const json_t *list;
	int rc = -1;

	if (json_put(composed->report, &text) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the report is longer than %d bytes: shorten it",
			REPORT_JSON_MAX);
		goto cleanup;
	}
	if (report_schema_check((const char *)text.data, text.len, &checked, &fault) != 0) {
		rc = failure_of(failure, EX_DATAERR, &fault);
		goto cleanup;
	}
	urgency = json_string_value(json_object_get(composed->report, "urgency"));
	if (urgency == NULL || urgency_of(urgency, strlen(urgency), &composed->urgency) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the report's urgency is missing: give --urgency");
		goto cleanup;
	}
	list = json_object_get(composed->report, "exclude");
	composed->excluded_count = json_array_size(list);
	for (size_t at = 0; at < composed->excluded_count; at++)
		composed->excluded[at] = json_string_value(json_array_get(list, at));
	rc = 0;
cleanup:
	json_decref(checked);
	buffer_free(&text);
	return rc;
}

static int attach_all(
	const struct invocation *invocation, bool may_ask, struct composed *composed, struct failure *failure)
{
	const struct arguments *arguments = invocation->arguments;

	for (size_t at = 0; at < arguments_times(arguments, "attach"); at++)
		if (attach(invocation, arguments_option_at(arguments, "attach", at), may_ask, composed,
			    failure) != 0)
			return -1;
	return 0;
}

/* What she agrees to at the end is what the options said and all that is attached, copies included. */
static int interview_her(const struct invocation *invocation, const struct roster *roster,
	struct composed *composed, struct failure *failure)
{
	const struct attachments *attachments = &composed->attachments;
	uint64_t sizes[COUNT_OF(attachments->list)];
	struct interview_wish interview = { .roster = roster,
		.desk = composed->desk,
		.report = composed->report,
		.sizes = sizes,
		.size_count = attachments->count };
	json_t *answered = NULL;

	for (size_t at = 0; at < attachments->count; at++)
		sizes[at] = attachments->list[at].size;
	if (ask_report(invocation, &interview, &answered, failure) != 0)
		return -1;
	json_decref(composed->report);
	composed->report = answered;
	return 0;
}

/* Options and files come first: they aren't asked for again, and what is shown before sending holds them. */
static int from_terminal(const struct invocation *invocation, const struct roster *roster,
	const struct compose_wish *wish, struct composed *composed, struct failure *failure)
{
	composed->report =
		json_pack("{s:i, s:s*}", "schema", REPORT_SCHEMA_VERSION, "summary", wish->summary);
	if (composed->report == NULL)
		return failure_memory(failure);
	if (merge_options(invocation->arguments, wish, composed->report, failure) != 0 ||
		exclude_again(wish->exclude, roster, composed->report, failure) != 0 ||
		attach_all(invocation, wish->summary == NULL, composed, failure) != 0)
		return -1;
	return wish->summary == NULL ? interview_her(invocation, roster, composed, failure) : 0;
}

int composed_warn(struct composed *composed, const char *word, struct failure *failure)
{
	if (composed->warnings == NULL)
		composed->warnings = json_array();
	if (json_array_append_new(composed->warnings, json_string(word)) != 0)
		return failure_memory(failure);
	return 0;
}

static const struct {
	enum personal what;
	const char *word, *words;
} warnings[] = {
	{ PERSONAL_EMAIL, "email-address", N_("the report seems to hold an e-mail address") },
	{ PERSONAL_PHONE, "phone-number", N_("the report seems to hold a phone number") },
	{ PERSONAL_NUMBER, "document-number", N_("the report seems to hold a number of a document") },
};

/* What is never asked for, and stands there all the same: told, never refused. */
static int warn_of_personal(
	const struct invocation *invocation, struct composed *composed, struct failure *failure)
{
	static const char *const fields[] = { "summary", "narrative" };
	unsigned found = 0;

	for (size_t at = 0; at < COUNT_OF(fields); at++) {
		const char *text = json_string_value(json_object_get(composed->report, fields[at]));

		if (text != NULL)
			found |= personal_find(text, strlen(text));
	}
	for (size_t at = 0; at < COUNT_OF(warnings); at++) {
		if ((found & warnings[at].what) == 0)
			continue;
		say_aside(invocation, "%s", translated(warnings[at].words));
		if (composed_warn(composed, warnings[at].word, failure) != 0)
			return -1;
	}
	return 0;
}

static int from_given_file(const char *file, const struct invocation *invocation, const struct roster *roster,
	const struct compose_wish *wish, struct composed *composed, struct failure *failure)
{
	if (from_file(file, &composed->report, failure) != 0 ||
		merge_options(invocation->arguments, wish, composed->report, failure) != 0 ||
		exclude_again(wish->exclude, roster, composed->report, failure) != 0)
		return -1;
	/* Before the evidence is read: a fault in the report shows at once. */
	if (check(composed, failure) != 0 || warn_of_personal(invocation, composed, failure) != 0)
		return -1;
	return attach_all(invocation, false, composed, failure);
}

int compose(const struct invocation *invocation, const struct roster *roster, const struct compose_wish *wish,
	struct composed *ret_composed, struct failure *failure)
{
	const struct arguments *arguments = invocation->arguments;
	const char *file = arguments_option(arguments, "file");

	*ret_composed = (struct composed){ 0 };
	if (choose_desk(arguments, roster, wish->desk, ret_composed->desk, failure) != 0 ||
		working_copy_check(arguments, failure) != 0)
		return -1;
	if (file == NULL && wish->summary == NULL && !terminal_is_there())
		return failure_set(
			failure, EX_USAGE, "there is no terminal to ask on: give the report with --file");
	if ((file != NULL ? from_given_file(file, invocation, roster, wish, ret_composed, failure)
			  : from_terminal(invocation, roster, wish, ret_composed, failure)) != 0)
		return -1;
	return check(ret_composed, failure);
}

int compose_again(const json_t *report, const char *desk, const struct roster *roster,
	struct composed *ret_composed, struct failure *failure)
{
	size_t count = 0;

	*ret_composed = (struct composed){ .report = json_deep_copy(report) };
	if (ret_composed->report == NULL)
		return failure_memory(failure);
	memcpy(ret_composed->desk, desk, strlen(desk) + 1);
	if (check(ret_composed, failure) != 0)
		return -1;
	for (size_t at = 0; at < ret_composed->excluded_count; at++) {
		const char *name = ret_composed->excluded[at];

		if (roster_desk(roster, name) != NULL || roster_officer(roster, name) != NULL)
			ret_composed->excluded[count++] = name;
	}
	ret_composed->excluded_count = count;
	return 0;
}

void composed_free(struct composed *composed)
{
	attachments_free(&composed->attachments);
	json_decref(composed->report);
	json_decref(composed->warnings);
	composed->report = NULL;
	composed->warnings = NULL;
}
