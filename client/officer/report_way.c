#include "report_way.h"

#include "history.h"
#include "rewrap_one.h"

#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 128
#define PAGE_MAX  (4 * 1024 * 1024) /* of events, in one answer */

struct walk {
	struct report_way way;
	char offered[NAME_SIZE];
	uint64_t after;
	bool more;
};

static void take(struct walk *walk, const struct report_event *event)
{
	struct report_way *way = &walk->way;

	walk->after = event->number;
	if (event->type == EVENT_TRANSFER) {
		memcpy(walk->offered, event->desk, sizeof walk->offered);
	} else if (event->type == EVENT_ACCEPT && way->count < COUNT_OF(way->stages)) {
		struct report_stage *stage = &way->stages[way->count++];

		memcpy(stage->desk, walk->offered, sizeof stage->desk);
		stage->since = event->created;
	}
}

static int take_list(struct walk *walk, const json_t *list, struct failure *failure)
{
	const json_t *value;
	size_t at;

	json_array_foreach(list, at, value)
	{
		struct buffer text = buffer_of(EVENT_MAX);
		struct report_event *event = NULL;
		struct fault fault;
		int rc = json_put(value, &text) != 0 ? failure_memory(failure)
			 : event_parse((const char *)text.data, text.len, &event, &fault) != 0
				 ? failure_of(failure, EX_PROTOCOL, &fault)
				 : 0;

		if (rc == 0)
			take(walk, event);
		report_event_free(event);
		buffer_free(&text);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int take_page(struct officer *officer, const char *id, struct walk *walk, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = PAGE_MAX };
	struct link_answer answer = { 0 };
	uint64_t before = walk->after;
	json_t *json = NULL;
	struct fault fault;
	int rc;

	(void)snprintf(path, sizeof path, "reports/%s/events?after=%" PRIu64, id, before);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (answer.status != 200)
		rc = link_refused(&answer, "no history", failure);
	else if (json_parse((const char *)answer.body.data, answer.body.len, PAGE_MAX, &json, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	else
		rc = take_list(walk, json_object_get(json, "events"), failure);
	walk->more = json_is_true(json_object_get(json, "more")) && walk->after > before;
	json_decref(json);
	link_answer_free(&answer);
	return rc;
}

static int take_first_desk(void *context, const struct report *report, struct failure *failure)
{
	struct report_way *way = context;

	(void)failure;
	memcpy(way->stages[0].desk, report->destination.desk, sizeof way->stages[0].desk);
	return 0;
}

int report_way(struct officer *officer, const struct alert *alert, struct report_way *ret_way,
	struct failure *failure)
{
	struct walk walk = { .way = { .stages = { { .since = alert->accepted } }, .count = 1 },
		.more = true };

	while (walk.more)
		if (take_page(officer, alert->report, &walk, failure) != 0)
			return -1;
	if (walk.way.count == 1)
		memcpy(walk.way.stages[0].desk, alert->desk, sizeof walk.way.stages[0].desk);
	else if (report_glance_with(officer, alert->report, take_first_desk, &walk.way, failure) != 0 &&
		 failure->exit_code != EX_NOPERM && failure->exit_code != EX_DATAERR)
		return -1;
	*ret_way = walk.way;
	return 0;
}
