#include "alerts.h"

#include "client/output.h"
#include "proto/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY       86400
#define SOON_DAYS 7 /* the second warning */

void alerts_path(const char *desk, uint64_t after, unsigned wait, char ret_path[ALERTS_PATH_SIZE])
{
	(void)snprintf(
		ret_path, ALERTS_PATH_SIZE, "desks/%s/alerts?after=%" PRIu64 "&wait=%u", desk, after, wait);
}

void expiring_path(const char *desk, uint64_t after, char ret_path[ALERTS_PATH_SIZE])
{
	(void)snprintf(ret_path, ALERTS_PATH_SIZE, "desks/%s/expiring?after=%" PRIu64, desk, after);
}

int alerts_read(const struct link_answer *answer, const char *desk, struct alert **ret_alerts,
	size_t *ret_count, bool *ret_more, struct failure *failure)
{
	struct alert *alerts = NULL;
	struct fault fault;
	size_t count;
	bool more;

	if (answer->status != 200)
		return link_refused(answer, "no alerts", failure);
	if (alert_list_parse(
		    (const char *)answer->body.data, answer->body.len, &alerts, &count, &more, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	for (size_t at = 0; at < count; at++) {
		if (strcmp(alerts[at].desk, desk) != 0) {
			free(alerts);
			return failure_set(failure, EX_PROTOCOL,
				"the server answered for another desk: tell your organisation's admin");
		}
	}
	*ret_alerts = alerts;
	*ret_count = count;
	*ret_more = more && count > 0;
	return 0;
}

json_t *alert_json(const struct alert *alert)
{
	struct buffer text = buffer_of(ALERT_LIST_MAX);
	json_t *json = NULL;

	if (alert_write(alert, &text) == 0)
		json = json_loadb((const char *)text.data, text.len, 0, NULL);
	buffer_free(&text);
	return json;
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
