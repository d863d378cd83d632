#include "kept.h"

#include "extract_json.h"

#include "proto/age_file.h"
#include "proto/json.h"
#include "proto/problem.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ITEM_NAME_SIZE 32
#define MONTHS_A_YEAR  12
#define MINUTE         60
/* Twice as long as anything is kept: it is forgotten also where nobody counted for years. */
#define MONTHS_LOOKED_AT (2 * KEPT_YEARS * MONTHS_A_YEAR)

/* Months, counted: January 2026 is 24312. */
static int month_of(int64_t seconds)
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	return ((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0') *
		       MONTHS_A_YEAR +
	       (text[5] - '0') * 10 + text[6] - '0' - 1;
}

static void item_name(int month, char ret_name[ITEM_NAME_SIZE])
{
	(void)snprintf(ret_name, ITEM_NAME_SIZE, "extracts-%04d-%02d", month / MONTHS_A_YEAR % 10000,
		month % MONTHS_A_YEAR + 1);
}

static int open_item(const struct keeper *keeper, const char *name, const struct buffer *sealed,
	json_t **ret_json, struct failure *failure)
{
	uint8_t *plain = NULL;
	size_t len = 0;
	struct fault fault;
	int rc = -1;

	for (const struct identity *one = keeper->identities; rc != 0 && one != NULL; one = one->older)
		rc = age_file_open(sealed->data, sealed->len, one->age, &plain, &len, &fault);
	if (rc == 0)
		rc = json_parse((const char *)plain, len, ITEM_MAX, ret_json, &fault);
	sodium_free(plain);
	return rc == 0 ? 0
		       : failure_set(failure, EX_CONFIG,
				 "%s in the home can't be opened: fetch it from a backup of the home", name);
}

/* What is kept of a month: an object with a list, empty where nothing is. */
static int load(const struct keeper *keeper, int month, json_t **ret_json, struct failure *failure)
{
	struct buffer sealed = buffer_of(ITEM_MAX);
	char name[ITEM_NAME_SIZE];
	bool found = false;
	int rc;

	*ret_json = NULL;
	item_name(month, name);
	rc = items_get(keeper->items, name, &sealed, &found, failure);
	if (rc == 0 && found && sealed.len > 0)
		rc = open_item(keeper, name, &sealed, ret_json, failure);
	if (rc == 0 && !json_is_array(json_object_get(*ret_json, "extracts"))) {
		json_decref(*ret_json);
		*ret_json = json_pack("{s:[]}", "extracts");
		rc = *ret_json == NULL ? failure_memory(failure) : 0;
	}
	buffer_free(&sealed);
	return rc;
}

/* An empty month is an empty file. */
static int save(const struct keeper *keeper, int month, const json_t *json, struct failure *failure)
{
	struct buffer plain = buffer_of(ITEM_MAX), sealed = buffer_of(ITEM_MAX);
	char name[ITEM_NAME_SIZE];
	int rc = -1;

	item_name(month, name);
	if (json_array_size(json_object_get(json, "extracts")) > 0 &&
		(json_put(json, &plain) != 0 || age_file_seal(&keeper->identities->age->recipient, 1,
							plain.data, plain.len, &sealed) != 0))
		rc = failure_set(failure, EX_CANTCREAT,
			"too much to keep of one month: count it on another machine too");
	else
		rc = items_put(keeper->items, name, sealed.len == 0 ? "" : (const char *)sealed.data,
			sealed.len, failure);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

/* Nothing finer than a month and a minute stays of a report that is gone. */
static json_t *without_report(const json_t *kept)
{
	struct extract extract;
	char text[TIME_SIZE];

	if (extract_parse(json_object_get(kept, "extract"), &extract) != 0)
		return NULL;
	time_format(extract.came, text);
	memcpy(text + 8, "01T00:00:00Z", sizeof "01T00:00:00Z" - 1);
	(void)(time_parse(text, TIME_CHARS, &extract.came) == 0);
	extract.waited = (extract.waited + MINUTE - 1) / MINUTE * MINUTE;
	extract.contact_waited = (extract.contact_waited + MINUTE - 1) / MINUTE * MINUTE;
	return json_pack("{s:o}", "extract", extract_json(&extract));
}

static size_t find_key(const struct counted *counted, size_t count, const char *report)
{
	size_t at = 0;

	while (at < count && strcmp(counted->keys[at].report, report) != 0)
		at++;
	return at;
}

/* What is to be kept of this one from now on, and whether it is counted. *ret_kept NULL: nothing. */
static int judge(const struct keeper *keeper, const struct counted *counted, size_t read, const json_t *one,
	json_t **ret_kept, bool *ret_counts, struct failure *failure)
{
	const char *report = json_string_value(json_object_get(one, "report"));
	enum fate fate = FATE_THERE;

	*ret_kept = NULL;
	*ret_counts = report == NULL;
	/* It is there, and was read: what was read takes its place. */
	if (report != NULL && find_key(counted, read, report) < read)
		return 0;
	if (report != NULL && keeper->ask(keeper->owner, report, &fate, failure) != 0)
		return -1;
	if (fate == FATE_DESTROYED || (report != NULL && counted_is_withdrawn(counted, report, "")))
		return 0;
	*ret_counts = fate != FATE_ELSEWHERE;
	*ret_kept = fate == FATE_EXPIRED ? without_report(one) : json_deep_copy(one);
	return *ret_kept == NULL ? failure_memory(failure) : 0;
}

static int add_kept(struct counted *counted, const json_t *kept, struct failure *failure)
{
	const char *report = json_string_value(json_object_get(kept, "report"));
	struct extract extract;

	if (extract_parse(json_object_get(kept, "extract"), &extract) != 0)
		return failure_set(failure, EX_CONFIG,
			"a file extracts-* in the home is damaged: fetch it from a backup of the home");
	return counted_add(counted, &extract, &extract, report == NULL ? "" : report, "", failure);
}

/* The kept ones of a month that weren't read. */
static int take_kept(const struct keeper *keeper, const json_t *list, size_t read, struct counted *counted,
	json_t *next, struct failure *failure)
{
	const json_t *one;
	size_t at;

	json_array_foreach(list, at, one)
	{
		json_t *kept = NULL;
		bool counts = false;

		if (judge(keeper, counted, read, one, &kept, &counts, failure) != 0 ||
			(kept != NULL && counts && add_kept(counted, kept, failure) != 0)) {
			json_decref(kept);
			return -1;
		}
		if (kept != NULL && json_array_append_new(next, kept) != 0)
			return failure_memory(failure);
	}
	return 0;
}

/* Those of a month that were read. */
static int keep_read(
	int month, size_t read, const struct counted *counted, json_t *next, struct failure *failure)
{
	for (size_t at = 0; at < read; at++) {
		const struct extract *extract = &counted->keys[at].whole;

		if (!extract->may_be_counted || month_of(extract->came) != month)
			continue;
		if (json_array_append_new(next, json_pack("{s:s, s:o}", "report", counted->keys[at].report,
							"extract", extract_json(extract))) != 0)
			return failure_memory(failure);
	}
	return 0;
}

static int merge_month(
	const struct keeper *keeper, int month, size_t read, struct counted *counted, struct failure *failure)
{
	json_t *before = NULL, *next = json_pack("{s:[]}", "extracts");
	json_t *list = json_object_get(next, "extracts");
	bool is_old = month <= month_of(keeper->now) - KEPT_YEARS * MONTHS_A_YEAR;
	int rc = load(keeper, month, &before, failure);

	if (rc == 0 && !is_old)
		rc = take_kept(keeper, json_object_get(before, "extracts"), read, counted, list, failure);
	if (rc == 0 && !is_old)
		rc = keep_read(month, read, counted, list, failure);
	if (rc == 0 && !json_equal(before, next))
		rc = save(keeper, month, next, failure);
	json_decref(before);
	json_decref(next);
	return rc;
}

int kept_merge(const struct keeper *keeper, struct counted *counted, struct failure *failure)
{
	size_t read = counted->count;
	int now = month_of(keeper->now);

	for (int month = now - MONTHS_LOOKED_AT; month <= now; month++)
		if (merge_month(keeper, month, read, counted, failure) != 0)
			return -1;
	return 0;
}

static int ask_server(void *owner, const char *report, enum fate *ret_fate, struct failure *failure)
{
	struct officer *officer = owner;
	char path[ID_SIZE + 32];
	struct link_request request = { .method = "GET", .path = path };
	struct link_answer answer = { 0 };
	struct problem_answer problem;
	struct fault fault;

	(void)snprintf(path, sizeof path, "reports/%s/header", report);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	*ret_fate = FATE_THERE;
	if (answer.status == problem_status(PROBLEM_DESTROYED))
		*ret_fate = problem_parse(
				    (const char *)answer.body.data, answer.body.len, &problem, &fault) == 0 &&
					    problem.known && problem.problem == PROBLEM_EXPIRED
				    ? FATE_EXPIRED
				    : FATE_DESTROYED;
	else if (answer.status == problem_status(PROBLEM_NOT_PERMITTED))
		*ret_fate = FATE_ELSEWHERE;
	link_answer_free(&answer);
	return 0;
}

int kept_with(struct officer *officer, struct counted *counted, struct failure *failure)
{
	const struct keeper keeper = { .items = &officer->items,
		.identities = officer->identities,
		.now = organisation_now(officer->organisation),
		.ask = ask_server,
		.owner = officer };

	return kept_merge(&keeper, counted, failure);
}
