#include "report_way.h"

#include "event_pages.h"
#include "rewrap_one.h"

#include <string.h>

struct walk {
	struct report_way way;
	char offered[NAME_SIZE];
};

static int take(void *context, const struct report_event *event, struct failure *failure)
{
	struct walk *walk = context;
	struct report_way *way = &walk->way;

	(void)failure;
	if (event->type == EVENT_TRANSFER) {
		memcpy(walk->offered, event->desk, sizeof walk->offered);
	} else if (event->type == EVENT_ACCEPT && way->count < COUNT_OF(way->stages)) {
		struct report_stage *stage = &way->stages[way->count++];

		memcpy(stage->desk, walk->offered, sizeof stage->desk);
		stage->since = event->created;
	}
	return 0;
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
	struct walk walk = { .way = { .stages = { { .since = alert->accepted } }, .count = 1 } };

	if (event_pages(officer, alert->report, take, &walk, failure) != 0)
		return -1;
	if (walk.way.count == 1)
		memcpy(walk.way.stages[0].desk, alert->desk, sizeof walk.way.stages[0].desk);
	else if (report_glance_with(officer, alert->report, take_first_desk, &walk.way, failure) != 0 &&
		 failure->exit_code != EX_NOPERM && failure->exit_code != EX_DATAERR)
		return -1;
	*ret_way = walk.way;
	return 0;
}
