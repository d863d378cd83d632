#include "rehearsal.h"

#include "client_run.h"
#include "invitations.h"
#include "keys/clock.h"
#include "proto/json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HOME_FOLDER "tests"
#define USUAL       "urgent"
#define MINUTE      60

static const char *summary_of(enum report_kind kind)
{
	return kind == REPORT_DRILL ? "This is a drill." : "A test of the path.";
}

static int64_t now_seconds(void)
{
	return clock_wall_ms() / 1000;
}

bool rehearsal_is_late(const struct rehearsal *rehearsal, int64_t now)
{
	return rehearsal->acknowledged == 0 && now > rehearsal->due;
}

static json_t *time_json(int64_t seconds)
{
	char text[TIME_SIZE];

	if (seconds == 0)
		return json_null();
	time_format(seconds, text);
	return json_string(text);
}

json_t *rehearsal_json(const struct rehearsal *rehearsal)
{
	bool is_out = rehearsal->acknowledged != 0;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s?}", "report", rehearsal->report, "desk",
		rehearsal->desk, "urgency", urgency_word(rehearsal->urgency), "sent",
		time_json(rehearsal->sent), "due", time_json(rehearsal->due), "acknowledged",
		time_json(rehearsal->acknowledged), "seconds",
		is_out ? json_integer((json_int_t)(rehearsal->acknowledged - rehearsal->sent)) : json_null(),
		"by", is_out ? rehearsal->by : NULL);
}

static int of_json(const json_t *json, struct rehearsal *ret_rehearsal)
{
	char urgency[16];

	*ret_rehearsal = (struct rehearsal){ 0 };
	if (member_copy(json, "report", ret_rehearsal->report, ID_SIZE) != 0 ||
		member_copy(json, "receipt", ret_rehearsal->receipt, RECEIPT_SIZE) != 0 ||
		member_copy(json, "desk", ret_rehearsal->desk, NAME_SIZE) != 0 ||
		member_copy(json, "urgency", urgency, sizeof urgency) != 0 ||
		urgency_of(urgency, strlen(urgency), &ret_rehearsal->urgency) != 0 ||
		member_time(json, "sent", &ret_rehearsal->sent) != 0 ||
		member_time(json, "due", &ret_rehearsal->due) != 0)
		return -1;
	if (json_is_null(json_object_get(json, "acknowledged")))
		return 0;
	return member_time(json, "acknowledged", &ret_rehearsal->acknowledged) == 0
		       ? member_copy(json, "by", ret_rehearsal->by, NAME_SIZE)
		       : -1;
}

int rehearsals_load(struct admin *admin, enum report_kind kind, struct rehearsals *ret_rehearsals,
	struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	json_t *document = NULL;
	const json_t *one;
	struct fault fault;
	bool found = false;
	size_t at;
	int rc = items_get(&admin->items, report_kind_word(kind), &text, &found, failure);

	ret_rehearsals->kind = kind;
	ret_rehearsals->count = 0;
	if (rc == 0 && found &&
		json_parse((const char *)text.data, text.len, ITEM_MAX, &document, &fault) != 0)
		rc = failure_of(failure, EX_CONFIG, &fault);
	json_array_foreach(json_object_get(document, "sent"), at, one)
	{
		if (rc != 0 || ret_rehearsals->count == REHEARSALS_MAX)
			break;
		if (of_json(one, &ret_rehearsals->list[ret_rehearsals->count++]) != 0)
			rc = failure_set(failure, EX_CONFIG,
				"a file of the home is damaged: remove %s from it", report_kind_word(kind));
	}
	json_decref(document);
	buffer_free(&text);
	return rc;
}

int rehearsals_save(struct admin *admin, const struct rehearsals *rehearsals, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	json_t *list = json_array(), *document = json_pack("{s:o}", "sent", list);
	int rc = document == NULL ? -1 : 0;

	for (size_t at = 0; rc == 0 && at < rehearsals->count; at++) {
		json_t *one = rehearsal_json(&rehearsals->list[at]);

		if (one == NULL ||
			json_object_set_new(one, "receipt", json_string(rehearsals->list[at].receipt)) != 0 ||
			json_array_append(list, one) != 0)
			rc = -1;
		json_decref(one);
	}
	if (rc != 0 || json_put(document, &text) != 0)
		rc = failure_memory(failure);
	else
		rc = items_put(
			&admin->items, report_kind_word(rehearsals->kind), text.data, text.len, failure);
	json_decref(document);
	buffer_free(&text);
	return rc;
}

/* Gets to know the organisation like anybody, with an invitation for the desk; again where its tokens are
 * used up. */
static int join(
	struct admin *admin, const char *home, const struct roster_desk *desk, struct failure *failure)
{
	static const char *const words[] = { "join", "-", "--no-passphrase", NULL };
	struct buffer invitation = buffer_of(INVITATION_MAX + 2);
	struct client_result result = { 0 };
	int rc = invitations_text(admin, desk, &invitation, failure);

	if (rc == 0) {
		buffer_put_string(&invitation, "\n");
		rc = client_run(admin->invocation, home, words, buffer_text(&invitation), &result, failure);
	}
	if (rc == 0 && result.exit_code != 0)
		rc = client_failed(&result, "the test's home can't join", failure);
	client_result_free(&result);
	buffer_free(&invitation);
	return rc;
}

static char *report_text(enum report_kind kind)
{
	json_t *report = json_pack(
		"{s:i, s:s, s:b}", "schema", 1, "summary", summary_of(kind), report_kind_word(kind), 1);
	char *text = report == NULL ? NULL : json_dumps(report, JSON_COMPACT);

	json_decref(report);
	return text;
}

static int run_report(struct admin *admin, const char *home, const struct rehearsal *rehearsal,
	const char *text, struct client_result *ret_result, struct failure *failure)
{
	const char *const words[] = { "report", "--file", "-", "--desk", rehearsal->desk, "--urgency",
		urgency_word(rehearsal->urgency), NULL };

	return client_run(admin->invocation, home, words, text, ret_result, failure);
}

/* A home that isn't there (66, 78), or has no token left (77), joins and tries once more. */
static int report(struct admin *admin, const char *home, const struct rehearsal *rehearsal,
	enum report_kind kind, struct client_result *ret_result, struct failure *failure)
{
	char *text = report_text(kind);
	int rc = text == NULL ? failure_memory(failure)
			      : run_report(admin, home, rehearsal, text, ret_result, failure);

	if (rc == 0 && (ret_result->exit_code == EX_NOINPUT || ret_result->exit_code == EX_CONFIG ||
			       ret_result->exit_code == EX_NOPERM)) {
		client_result_free(ret_result);
		rc = join(admin, home, roster_desk(admin->newest, rehearsal->desk), failure);
		if (rc == 0)
			rc = run_report(admin, home, rehearsal, text, ret_result, failure);
	}
	free(text);
	return rc;
}

/* `id` and `receipt` of what the client answered. */
static int read_answer(const struct client_result *result, struct rehearsal *rehearsal)
{
	json_t *answer = NULL;
	struct fault fault;
	int rc = -1;

	if (json_parse((const char *)result->out.data, result->out.len, CLIENT_OUT_MAX, &answer, &fault) == 0)
		rc = member_copy(answer, "id", rehearsal->report, ID_SIZE) == 0
			     ? member_copy(answer, "receipt", rehearsal->receipt, RECEIPT_SIZE)
			     : -1;
	json_decref(answer);
	return rc;
}

static int choose(const struct admin *admin, struct rehearsal *rehearsal, struct failure *failure)
{
	const char *name = arguments_option(admin->invocation->arguments, "desk"),
		   *word = arguments_option(admin->invocation->arguments, "urgency");
	const struct roster_desk *desk;

	if (name == NULL && admin->newest->desk_count == 1)
		name = admin->newest->desks[0].name;
	if (name == NULL)
		return failure_set(
			failure, EX_USAGE, "the organisation has several desks: choose one with --desk");
	desk = roster_desk(admin->newest, name);
	if (desk == NULL)
		return failure_set(failure, EX_DATAERR, "there is no such desk in force: check its name");
	word = word == NULL ? USUAL : word;
	if (urgency_of(word, strlen(word), &rehearsal->urgency) != 0)
		return failure_set(failure, EX_USAGE,
			"--urgency isn't one: give immediate, urgent, priority, record or withheld");
	memcpy(rehearsal->desk, desk->name, sizeof rehearsal->desk);
	rehearsal->sent = now_seconds();
	rehearsal->due = rehearsal->sent + (int64_t)desk_ack_minutes(desk, rehearsal->urgency) * MINUTE;
	return 0;
}

int rehearsal_send(struct admin *admin, struct rehearsals *rehearsals, struct failure *failure)
{
	struct rehearsal rehearsal = { 0 };
	struct client_result result = { 0 };
	char home[PATH_MAX];
	int rc = -1;

	if (choose(admin, &rehearsal, failure) != 0 ||
		admin_path(admin->home, HOME_FOLDER, home, failure) != 0 ||
		report(admin, home, &rehearsal, rehearsals->kind, &result, failure) != 0)
		goto cleanup;
	if ((result.exit_code != 0 && result.exit_code != EX_TEMPFAIL) ||
		read_answer(&result, &rehearsal) != 0) {
		rc = client_failed(&result, "the test can't be sent", failure);
		goto cleanup;
	}
	if (rehearsals->count == REHEARSALS_MAX) {
		memmove(rehearsals->list, rehearsals->list + 1,
			(REHEARSALS_MAX - 1) * sizeof rehearsals->list[0]);
		rehearsals->count--;
	}
	rehearsals->list[rehearsals->count++] = rehearsal;
	rc = rehearsals_save(admin, rehearsals, failure);
cleanup:
	client_result_free(&result);
	return rc;
}

/* The first message that an officer is proven to have written. */
static int take_letters(const struct client_result *result, struct rehearsal *rehearsal)
{
	json_t *answer = NULL;
	const json_t *one;
	struct fault fault;
	size_t at;

	if (json_parse((const char *)result->out.data, result->out.len, CLIENT_OUT_MAX, &answer, &fault) != 0)
		return -1;
	json_array_foreach(json_object_get(answer, "messages"), at, one)
	{
		if (rehearsal->acknowledged == 0 && json_is_string(json_object_get(one, "from")) &&
			member_copy(one, "from", rehearsal->by, sizeof rehearsal->by) == 0 &&
			member_time(one, "sent", &rehearsal->acknowledged) != 0)
			rehearsal->acknowledged = 0;
	}
	json_decref(answer);
	return 0;
}

static int check_one(
	struct admin *admin, const char *home, struct rehearsal *rehearsal, struct failure *failure)
{
	static const char *const words[] = { "inbox", "--receipt-file", "-", NULL };
	struct client_result result = { 0 };
	char receipt[RECEIPT_SIZE + 1];
	int rc;

	(void)snprintf(receipt, sizeof receipt, "%s\n", rehearsal->receipt);
	rc = client_run(admin->invocation, home, words, receipt, &result, failure);
	if (rc == 0 && (result.exit_code != 0 || take_letters(&result, rehearsal) != 0))
		rc = client_failed(&result, "the answer to the test can't be read", failure);
	client_result_free(&result);
	return rc;
}

/* What stayed in the queue. */
static int send_queued(struct admin *admin, const char *home, struct failure *failure)
{
	static const char *const words[] = { "send", NULL };
	struct client_result result = { 0 };
	int rc = client_run(admin->invocation, home, words, "", &result, failure);

	client_result_free(&result);
	return rc;
}

int rehearsals_check(struct admin *admin, struct rehearsals *rehearsals, struct failure *failure)
{
	char home[PATH_MAX];
	bool is_asked = false;

	if (admin_path(admin->home, HOME_FOLDER, home, failure) != 0)
		return -1;
	for (size_t at = 0; at < rehearsals->count; at++) {
		struct rehearsal *rehearsal = &rehearsals->list[at];

		if (rehearsal->acknowledged != 0)
			continue;
		if (!is_asked && send_queued(admin, home, failure) != 0)
			return -1;
		is_asked = true;
		if (check_one(admin, home, rehearsal, failure) != 0)
			return -1;
	}
	return is_asked ? rehearsals_save(admin, rehearsals, failure) : 0;
}
