#include "alerts.h"

#include "client/output.h"
#include "proto/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY          86400
#define SOON_DAYS    7  /* the second warning */
#define PAGES_LOOKED 10 /* of a list, for one report's age */

void alerts_path(
	const char *desk, uint64_t after, uint64_t raised, unsigned wait, char ret_path[ALERTS_PATH_SIZE])
{
	char since[40] = "";

	if (raised > 0)
		(void)snprintf(since, sizeof since, "&raised=%" PRIu64, raised);
	(void)snprintf(ret_path, ALERTS_PATH_SIZE, "desks/%s/alerts?after=%" PRIu64 "&wait=%u%s", desk, after,
		wait, since);
}

void expiring_path(const char *desk, uint64_t after, char ret_path[ALERTS_PATH_SIZE])
{
	(void)snprintf(ret_path, ALERTS_PATH_SIZE, "desks/%s/expiring?after=%" PRIu64, desk, after);
}

static bool belong_to(const struct alert *alerts, size_t count, const char *desk, const struct roster *roster)
{
	for (size_t at = 0; at < count; at++) {
		const struct roster_desk *of = roster_desk(roster, alerts[at].desk);

		if (strcmp(alerts[at].desk, desk) != 0 && (of == NULL || strcmp(of->fallback, desk) != 0))
			return false;
	}
	return true;
}

int alerts_read(const struct link_answer *answer, const char *desk, const struct roster *roster,
	struct alert_list *ret_list, struct failure *failure)
{
	struct alert_list list;
	struct fault fault;

	if (answer->status != 200)
		return link_refused(answer, "no alerts", failure);
	if (alert_list_parse((const char *)answer->body.data, answer->body.len, &list, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	if (!belong_to(list.alerts, list.count, desk, roster) ||
		!belong_to(list.again, list.again_count, desk, roster)) {
		alert_list_free(&list);
		return failure_set(failure, EX_PROTOCOL,
			"the server answered for another desk: tell your organisation's admin");
	}
	list.more = list.more && list.count > 0;
	*ret_list = list;
	return 0;
}

json_t *alert_json(const struct alert *alert)
{
	struct buffer text = buffer_of(ALERT_LIST_MAX);
	json_t *json = NULL;

	if (alert_write(alert, &text) == 0)
		json = json_loadb((const char *)text.data, text.len, 0, NULL);
	buffer_free(&text);
	/* An alert that hasn't climbed has the members that scripts know, and no others. */
	if (alert->escalation <= ESCALATION_TIER_1) {
		(void)json_object_del(json, "escalation");
		(void)json_object_del(json, "tier");
	}
	return json;
}

/* How far it has climbed, for a person. */
static const char *climbed_words(enum escalation_stage stage)
{
	switch (stage) {
	case ESCALATION_TIER_2:
		return ", tier 2 was alerted";
	case ESCALATION_TIER_3:
		return ", tier 3 was alerted";
	case ESCALATION_FALLBACK:
		return ", the fallback desk was alerted";
	case ESCALATION_UNANSWERED:
		return ", everybody was alerted and NOBODY ANSWERED";
	case ESCALATION_STALLED:
		return ", acknowledged and NOTHING SINCE";
	case ESCALATION_OVERDUE:
		return ", acknowledged and FIRST CONTACT OR TRIAGE OVERDUE";
	default:
		return "";
	}
}

void alert_say(const struct invocation *invocation, const struct alert *alert, int64_t now)
{
	char accepted[TIME_SIZE], due[TIME_SIZE];

	time_format(alert->accepted, accepted);
	say(invocation, "%" PRIu64 "  %s  %s  %s\n    %s, came %s", alert->seq, urgency_word(alert->urgency),
		alert->desk, alert->report, state_word(alert->state), accepted);
	if (alert->has_due) {
		time_format(alert->due, due);
		say(invocation, ", acknowledge by %s%s", due, alert->due < now ? " (OVERDUE)" : "");
	}
	say(invocation, "%s", climbed_words(alert->escalation));
	say(invocation, "\n");
}

json_t *expiring_json(const struct alert *alert)
{
	char destroys[TIME_SIZE];

	time_format(alert->due, destroys);
	return json_pack(
		"{s:s, s:s, s:s}", "report", alert->report, "desk", alert->desk, "destroys", destroys);
}

void expiring_say(const struct invocation *invocation, const struct alert *alert, int64_t now)
{
	char destroys[TIME_SIZE];
	int64_t days = alert->due > now ? (alert->due - now + DAY - 1) / DAY : 1;

	time_format(alert->due, destroys);
	say(invocation, "%s  %s\n    closed, will be destroyed on %s%s\n", alert->desk, alert->report,
		destroys, days <= SOON_DAYS ? " (WITHIN A WEEK)" : "");
}

/* One page; *after moves behind it. 1 where it was there. */
static int find_on_page(struct officer *officer, const char *desk, const char *report, uint64_t *after,
	struct alert *ret_alert, bool *ret_more, struct failure *failure)
{
	char path[ALERTS_PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path };
	struct link_answer answer = { 0 };
	struct alert_list list;
	int found = 0;

	alerts_path(desk, *after, 0, 0, path);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (alerts_read(&answer, desk, organisation_roster(officer->organisation), &list, failure) != 0) {
		link_answer_free(&answer);
		return -1;
	}
	for (size_t at = 0; at < list.count; at++) {
		*after = list.alerts[at].seq;
		if (strcmp(list.alerts[at].report, report) != 0)
			continue;
		*ret_alert = list.alerts[at];
		found = 1;
	}
	*ret_more = list.more;
	alert_list_free(&list);
	link_answer_free(&answer);
	return found;
}

int alert_find(struct officer *officer, const char *desk, const char *report, struct alert *ret_alert,
	struct failure *failure)
{
	uint64_t after = 0;
	bool more = true;
	int found = 0;

	for (int page = 0; page < PAGES_LOOKED && more && found == 0; page++)
		found = find_on_page(officer, desk, report, &after, ret_alert, &more, failure);
	return found == 1 ? 0 : -1;
}

int after_option(const struct invocation *invocation, uint64_t *ret_after, struct failure *failure)
{
	const char *text = arguments_option(invocation->arguments, "after");
	struct reader reader;

	*ret_after = 0;
	if (text == NULL)
		return 0;
	reader = reader_of(text, strlen(text));
	if (reader_decimal(&reader, ret_after) != 0 || reader_end(&reader) != 0)
		return failure_set(failure, EX_USAGE, "--after needs a number: give an alert's `seq'");
	return 0;
}
