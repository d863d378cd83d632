#include "event_pages.h"

#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>

#define PAGE_MAX  (4 * 1024 * 1024) /* twice what the store puts into one answer */
#define PATH_SIZE 128

static int take_one(const json_t *value, event_each *each, void *context, struct failure *failure)
{
	struct buffer text = buffer_of(EVENT_MAX);
	struct report_event *event = NULL;
	struct fault fault;
	int rc = json_put(value, &text) != 0 ? failure_memory(failure)
		 : event_parse((const char *)text.data, text.len, &event, &fault) != 0
			 ? failure_of(failure, EX_PROTOCOL, &fault)
			 : each(context, event, failure);

	report_event_free(event);
	buffer_free(&text);
	return rc;
}

/* *ret_more: the server has events behind these. */
static int take_page(const json_t *page, event_each *each, void *context, uint64_t *after, bool *ret_more,
	struct failure *failure)
{
	const json_t *list = json_object_get(page, "events"), *value;
	size_t at;

	*ret_more = json_is_true(json_object_get(page, "more"));
	if (!json_is_array(list) || (*ret_more && json_array_size(list) == 0))
		return failure_set(failure, EX_PROTOCOL,
			"ALARM: the server's list of this report's events isn't one: tell your admin");
	json_array_foreach(list, at, value)
	{
		if (take_one(value, each, context, failure) != 0)
			return -1;
	}
	*after += json_array_size(list);
	return 0;
}

static int fetch_page(struct officer *officer, const char *report, uint64_t after, json_t **ret_page,
	struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = PAGE_MAX };
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc = 0;

	(void)snprintf(path, sizeof path, "reports/%s/events?after=%" PRIu64, report, after);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (answer.status != 200)
		rc = link_refused(&answer, "no history", failure);
	else if (json_parse((const char *)answer.body.data, answer.body.len, PAGE_MAX, ret_page, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	link_answer_free(&answer);
	return rc;
}

int event_pages(
	struct officer *officer, const char *report, event_each *each, void *context, struct failure *failure)
{
	uint64_t after = 0;
	bool more = true;

	while (more) {
		json_t *page = NULL;
		int rc = fetch_page(officer, report, after, &page, failure);

		if (rc == 0)
			rc = take_page(page, each, context, &after, &more, failure);
		json_decref(page);
		if (rc != 0)
			return -1;
	}
	return 0;
}
