#include "counted.h"

#include "desk_pages.h"
#include "kept.h"

#include "proto/hand.h"
#include "proto/report_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORTS_MAX 1000000

/* Makes room for one more of this size. */
static int make_room(void **list, size_t count, size_t *room, size_t size, struct failure *failure)
{
	size_t wanted = *room * 2 + 64;
	void *grown;

	if (count < *room)
		return 0;
	grown = wanted > REPORTS_MAX ? NULL : reallocarray(*list, wanted, size);
	if (grown == NULL)
		return failure_memory(failure);
	*list = grown;
	*room = wanted;
	return 0;
}

int counted_add(struct counted *counted, const struct extract *extract, const struct extract *whole,
	const char *report, const char *mailbox, struct failure *failure)
{
	size_t room = counted->room;
	void *extracts = counted->extracts, *keys = counted->keys;
	struct counted_key *key;

	if (make_room(&extracts, counted->count, &room, sizeof *extract, failure) != 0)
		return -1;
	counted->extracts = extracts;
	room = counted->room;
	if (make_room(&keys, counted->count, &room, sizeof *key, failure) != 0)
		return -1;
	counted->keys = keys;
	counted->room = room;
	key = &counted->keys[counted->count];
	*key = (struct counted_key){ .whole = *whole };
	(void)snprintf(key->report, sizeof key->report, "%s", report);
	(void)snprintf(key->mailbox, sizeof key->mailbox, "%s", mailbox);
	counted->extracts[counted->count++] = *extract;
	return 0;
}

static bool is_word(const json_t *object, const char *name, const char *word)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && strcmp(text, word) == 0;
}

static int take_back(
	struct counted *counted, const char *report, const char *mailbox, struct failure *failure)
{
	void *list = counted->withdrawals;
	struct withdrawal *one;

	if (make_room(&list, counted->withdrawal_count, &counted->withdrawal_room, sizeof *one, failure) != 0)
		return -1;
	counted->withdrawals = list;
	one = &counted->withdrawals[counted->withdrawal_count++];
	*one = (struct withdrawal){ .report = "" };
	if (report != NULL && strlen(report) < sizeof one->report)
		memcpy(one->report, report, strlen(report) + 1);
	if (mailbox != NULL)
		memcpy(one->mailbox, mailbox, sizeof one->mailbox);
	return 0;
}

int counted_withdraw(
	struct counted *counted, const json_t *report, const char *mailbox, struct failure *failure)
{
	static const char *const same[] = { "FOLLOWUP", "SAME", "DUPLICATE", "CORRECTS" };
	const json_t *stats = json_object_get(json_object_get(report, "consent"), "stats"), *each;
	bool says_no = is_word(stats, "state", "N") || is_word(stats, "state", "ASK");
	struct hand_link hand;
	size_t at;

	/* By the same receipt number: no first report need be named. */
	if (says_no && hand_link_of(report, &hand) && take_back(counted, NULL, mailbox, failure) != 0)
		return -1;
	json_array_foreach(json_object_get(report, "links"), at, each)
	{
		const char *earlier = json_string_value(json_object_get(each, "report_id"));
		bool is_taken = is_word(each, "rel", "WITHDRAWS");

		for (size_t rel = 0; says_no && rel < COUNT_OF(same); rel++)
			is_taken = is_taken || is_word(each, "rel", same[rel]);
		if (is_taken && take_back(counted, earlier, NULL, failure) != 0)
			return -1;
	}
	return 0;
}

bool counted_is_withdrawn(const struct counted *counted, const char *report, const char *mailbox)
{
	for (size_t at = 0; at < counted->withdrawal_count; at++) {
		const struct withdrawal *one = &counted->withdrawals[at];

		if ((one->report[0] != '\0' && strcmp(one->report, report) == 0) ||
			(one->mailbox[0] != '\0' && strcmp(one->mailbox, mailbox) == 0))
			return true;
	}
	return false;
}

void counted_apply(struct counted *counted)
{
	for (size_t at = 0; at < counted->count; at++) {
		struct counted_key *key = &counted->keys[at];

		if (counted_is_withdrawn(counted, key->report, key->mailbox))
			counted->extracts[at].may_be_counted = key->whole.may_be_counted = false;
	}
}

struct sender {
	const char *mailbox;
	size_t at;
};

static int by_mailbox(const void *left, const void *right)
{
	return strcmp(((const struct sender *)left)->mailbox, ((const struct sender *)right)->mailbox);
}

int counted_know_reporters(struct counted *counted, struct failure *failure)
{
	struct sender *senders = calloc(counted->count + 1, sizeof *senders);
	uint32_t reporter = 1;

	if (senders == NULL)
		return failure_memory(failure);
	for (size_t at = 0; at < counted->count; at++)
		senders[at] = (struct sender){ counted->keys[at].mailbox, at };
	qsort(senders, counted->count, sizeof *senders, by_mailbox);
	for (size_t at = 0; at < counted->count; at++) {
		reporter += at > 0 && strcmp(senders[at].mailbox, senders[at - 1].mailbox) != 0;
		counted->extracts[senders[at].at].reporter = senders[at].mailbox[0] == '\0' ? 0 : reporter;
	}
	free(senders);
	return 0;
}

/* One report's events, for both of its extracts. */
struct both {
	struct extract cut, whole;
};

static int take_event(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct both *both = context;

	return extract_event(&both->cut, entry, failure) == 0 ? extract_event(&both->whole, entry, failure)
							      : -1;
}

/* A report that she can't open, or that isn't one, is passed over and told of; an alarm ends it all. */
static int read_report(struct officer *officer, const struct alert *alert, int64_t until,
	struct counted *counted, struct failure *failure)
{
	struct report *report = NULL;
	struct history history;
	struct both both;
	int rc;

	if (report_take(officer, alert->report, &report, failure) != 0) {
		if (failure->exit_code != EX_NOPERM && failure->exit_code != EX_DATAERR)
			return -1;
		counted->closed_to_her++;
		return 0;
	}
	/* Nothing happened to anybody. */
	if (report_kind(report->json) != REPORT_ORDINARY && report_kind(report->json) != REPORT_DURESS) {
		report_free(report);
		return 0;
	}
	extract_report(report->json, alert->accepted, &both.whole);
	both.whole.tier = (uint8_t)alert->tier;
	both.cut = both.whole;
	both.cut.until = until;
	rc = history_read(officer, report, take_event, &both, &history, failure);
	if (rc == 0)
		rc = counted_add(counted, &both.cut, &both.whole, report->id, report->mailbox, failure);
	if (rc == 0)
		rc = counted_withdraw(counted, report->json, report->mailbox, failure);
	report_free(report);
	return rc;
}

static int read_page(struct officer *officer, const char *desk, uint64_t *after, int64_t until,
	struct counted *counted, struct failure *failure)
{
	struct alert *alerts = NULL;
	size_t count = 0;
	int rc = desk_reports_page(officer, desk, after, &alerts, &count, failure);

	for (size_t at = 0; rc == 0 && at < count; at++)
		rc = read_report(officer, &alerts[at], until, counted, failure);
	free(alerts);
	return rc;
}

int counted_read(struct officer *officer, int64_t until, struct counted *ret_counted, struct failure *failure)
{
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	size_t count;

	*ret_counted = (struct counted){ .count = 0 };
	if (officer_desks(officer, desks, &count, failure) != 0)
		return -1;
	for (size_t at = 0; at < count; at++) {
		uint64_t after = 0;

		do {
			if (read_page(officer, desks[at], &after, until, ret_counted, failure) != 0)
				return -1;
		} while (after != 0);
	}
	counted_apply(ret_counted);
	return kept_with(officer, ret_counted, failure) == 0 ? counted_know_reporters(ret_counted, failure)
							     : -1;
}

void counted_free(struct counted *counted)
{
	free(counted->extracts);
	free(counted->keys);
	free(counted->withdrawals);
	*counted = (struct counted){ .count = 0 };
}
