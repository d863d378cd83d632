/* pull: the alerts of all my desks, as they are now; and what will be destroyed within 30 days. */
#include "alerts.h"
#include "hand_memory.h"
#include "history_seen.h"
#include "sift.h"
#include "verbs.h"

#include "client/output.h"

#include <stdlib.h>
#include <string.h>

/* A desk that has more open reports than this needs more than a list. */
#define PULLED_MAX 1000000

struct pulled {
	bool is_expiring; /* closed reports that will be destroyed, instead of alerts */
	struct alert *alerts;
	bool *is_duress;
	size_t count, room;
};

static int keep(struct pulled *pulled, const struct alert *alerts, size_t count, struct failure *failure)
{
	if (count > pulled->room - pulled->count) {
		size_t room = (pulled->room + count) * 2;
		struct alert *grown =
			room > PULLED_MAX ? NULL : reallocarray(pulled->alerts, room, sizeof *grown);

		if (grown == NULL)
			return failure_memory(failure);
		pulled->alerts = grown;
		pulled->room = room;
	}
	memcpy(pulled->alerts + pulled->count, alerts, count * sizeof *alerts);
	pulled->count += count;
	return 0;
}

/* One page; *after moves behind it. */
static int pull_page(struct officer *officer, const char *desk, uint64_t *after, bool *ret_more,
	struct pulled *pulled, struct failure *failure)
{
	char path[ALERTS_PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path };
	struct link_answer answer = { 0 };
	struct alert_list list = { .alerts = NULL };
	int rc = -1;

	if (pulled->is_expiring)
		expiring_path(desk, *after, path);
	else
		alerts_path(desk, *after, 0, 0, path);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (alerts_read(&answer, desk, organisation_roster(officer->organisation), &list, failure) != 0)
		goto cleanup;
	if (list.count > 0) {
		if (list.alerts[0].seq <= *after) {
			rc = failure_set(failure, EX_PROTOCOL,
				"the server goes round in circles: tell your organisation's admin");
			goto cleanup;
		}
		if (keep(pulled, list.alerts, list.count, failure) != 0)
			goto cleanup;
		*after = list.alerts[list.count - 1].seq;
	}
	*ret_more = list.more;
	rc = 0;
cleanup:
	alert_list_free(&list);
	link_answer_free(&answer);
	return rc;
}

static int by_seq(const void *left, const void *right)
{
	const struct alert *a = left, *b = right;

	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* An officer of a desk and of its fallback desk meets an alert in both lists. */
static void drop_doubles(struct pulled *pulled)
{
	size_t kept = 0;

	for (size_t at = 0; at < pulled->count; at++) {
		if (kept > 0 && pulled->alerts[kept - 1].seq == pulled->alerts[at].seq)
			continue;
		pulled->alerts[kept++] = pulled->alerts[at];
	}
	pulled->count = kept;
}

static int pull_desks(struct officer *officer, uint64_t first, struct pulled *pulled, struct failure *failure)
{
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	size_t count;

	if (officer_desks(officer, desks, &count, failure) != 0)
		return -1;
	for (size_t at = 0; at < count; at++) {
		uint64_t after = first;

		for (bool more = true; more;) {
			if (pull_page(officer, desks[at], &after, &more, pulled, failure) != 0)
				return -1;
		}
	}
	if (pulled->count > 0)
		qsort(pulled->alerts, pulled->count, sizeof *pulled->alerts, by_seq);
	drop_doubles(pulled);
	return 0;
}

static json_t *list_of(const struct pulled *pulled)
{
	json_t *list = json_array();

	for (size_t at = 0; list != NULL && at < pulled->count; at++) {
		const struct alert *alert = &pulled->alerts[at];

		if (json_array_append_new(list, pulled->is_expiring
							? expiring_json(alert)
							: sifted_json(alert, pulled->is_duress[at])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Whose case it is stands inside the seal: a list can only say whose it was when she last looked. */
static void say_owner(const struct officer *officer, const char *report)
{
	char first[ID_SIZE];
	struct failure unread;
	struct seen seen;

	if (seen_get(&officer->items, report, &seen, &unread) == 0 && seen.owner[0] != '\0')
		say(officer->invocation, "    %s's case when you last looked\n", seen.owner);
	hand_first_of(officer, report, first);
	if (first[0] != '\0')
		say(officer->invocation, "    by the same hand as %s\n", first);
}

static void show_people(
	const struct officer *officer, const struct pulled *pulled, const struct pulled *expiring)
{
	int64_t now = organisation_now(officer->organisation);

	for (size_t at = 0; at < pulled->count; at++) {
		sifted_say(officer->invocation, &pulled->alerts[at], pulled->is_duress[at], now);
		say_owner(officer, pulled->alerts[at].report);
	}
	if (pulled->count == 0)
		say(officer->invocation, "No open alerts.\n");
	if (expiring->count > 0)
		say(officer->invocation,
			"Closed, and to be destroyed: reopen or export what must be kept.\n");
	for (size_t at = 0; at < expiring->count; at++)
		expiring_say(officer->invocation, &expiring->alerts[at], now);
}

static int show(const struct officer *officer, const struct pulled *pulled, const struct pulled *expiring,
	struct failure *failure)
{
	if (!officer->invocation->json) {
		show_people(officer, pulled, expiring);
		return 0;
	}
	return output_result(officer->invocation,
		json_pack("{s:o, s:o}", "alerts", list_of(pulled), "expiring", list_of(expiring)), failure);
}

static int sift_pulled(struct officer *officer, struct pulled *pulled, struct failure *failure)
{
	const struct sift_wish wish = { .looks = false };

	pulled->is_duress = calloc(pulled->count + 1, sizeof *pulled->is_duress);
	if (pulled->is_duress == NULL)
		return failure_memory(failure);
	sift(officer, &wish, pulled->alerts, pulled->is_duress, &pulled->count);
	return 0;
}

int verb_pull(const struct invocation *invocation, struct failure *failure)
{
	struct officer *officer = NULL;
	struct pulled pulled = { 0 }, expiring = { .is_expiring = true };
	uint64_t after;
	int rc = -1;

	if (after_option(invocation, &after, failure) != 0 ||
		officer_open(invocation, &officer, failure) != 0 ||
		pull_desks(officer, after, &pulled, failure) != 0 ||
		sift_pulled(officer, &pulled, failure) != 0)
		goto cleanup;
	/* Who asks for what is new since a number knows the rest. */
	if (after == 0 && pull_desks(officer, 0, &expiring, failure) != 0)
		goto cleanup;
	rc = show(officer, &pulled, &expiring, failure);
	/* An alarm about the log keeps no alert back. */
	if (rc == 0)
		rc = officer_check_audit(officer, failure);
cleanup:
	free(pulled.alerts);
	free(pulled.is_duress);
	free(expiring.alerts);
	officer_close(officer);
	return rc;
}
