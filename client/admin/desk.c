/* desk add, desk change: what a desk is, in the draft. */
#include "draft.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"
#include "proto/cursor.h"

#include <string.h>

#define RETENTION_DAYS_DEFAULT 90
#define RETENTION_DAYS_MAX     36525
#define ACK_MINUTES_MAX        (366 * 24 * 60)
#define NO_DESK                "-"

/* `I,U,P,R`: four numbers of minutes. */
static int take_ack_minutes(const char *text, uint32_t ret_minutes[URGENCY_TIMERS], struct failure *failure)
{
	struct reader reader = reader_of(text, strlen(text));

	for (size_t at = 0; at < URGENCY_TIMERS; at++) {
		uint64_t minutes = 0;

		if ((at > 0 && reader_literal(&reader, ",") != 0) || reader_decimal(&reader, &minutes) != 0 ||
			minutes < 1 || minutes > ACK_MINUTES_MAX)
			goto refused;
		ret_minutes[at] = (uint32_t)minutes;
	}
	if (reader_end(&reader) == 0)
		return 0;
refused:
	return failure_set(failure, EX_USAGE,
		"--ack-minutes takes four numbers with commas, for immediate, urgent, priority and record: "
		"15,120,1440,4320");
}

static int take_admission(const char *text, enum admission *ret_admission, struct failure *failure)
{
	if (admission_of(text, strlen(text), ret_admission) == 0)
		return 0;
	return failure_set(failure, EX_USAGE, "--admission is open or token");
}

/* What is given; the rest stays. */
static int read_desk(const struct arguments *arguments, struct roster_desk *desk, struct failure *failure)
{
	const char *title = arguments_option(arguments, "title");
	const char *admission = arguments_option(arguments, "admission");
	const char *minutes = arguments_option(arguments, "ack-minutes");
	const char *days = arguments_option(arguments, "retention-days");
	const char *fallback = arguments_option(arguments, "fallback");
	uint64_t number = desk->retention_days;

	if ((title != NULL && option_title(title, "--title", ROSTER_TEXT_MAX, desk->title, failure) != 0) ||
		(admission != NULL && take_admission(admission, &desk->admission, failure) != 0) ||
		(minutes != NULL && take_ack_minutes(minutes, desk->ack_minutes, failure) != 0) ||
		(days != NULL && option_number(days, "--retention-days", 1, RETENTION_DAYS_MAX, &number,
					 failure) != 0))
		return -1;
	desk->retention_days = (uint32_t)number;
	if (fallback != NULL && strcmp(fallback, NO_DESK) == 0)
		desk->fallback[0] = '\0';
	else if (fallback != NULL)
		return option_name(fallback, "--fallback", desk->fallback, failure);
	return 0;
}

static int check_fallback(const struct roster *draft, const struct roster_desk *desk, struct failure *failure)
{
	if (desk->fallback[0] == '\0')
		return 0;
	if (strcmp(desk->fallback, desk->name) == 0)
		return failure_set(failure, EX_DATAERR, "a desk can't fall back to itself: name another one");
	if (roster_desk(draft, desk->fallback) == NULL)
		return failure_set(failure, EX_DATAERR, "there is no desk %s to fall back to: add it first",
			desk->fallback);
	return 0;
}

static int add(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	const struct arguments *arguments = admin->invocation->arguments;
	struct roster_desk desk = { .admission = ADMISSION_TOKEN,
		.ack_minutes = { 15, 120, 1440, 4320 },
		.retention_days = RETENTION_DAYS_DEFAULT };

	if (arguments_option(arguments, "title") == NULL)
		return failure_set(failure, EX_USAGE, "--title is missing: say what people call this desk");
	if (option_name(arguments_operand(arguments, 0), "the desk", desk.name, failure) != 0 ||
		read_desk(arguments, &desk, failure) != 0)
		return -1;
	if (roster_desk(draft, desk.name) != NULL)
		return failure_set(
			failure, EX_DATAERR, "there is a desk %s already: use `desk change'", desk.name);
	if (check_fallback(draft, &desk, failure) != 0)
		return -1;
	return roster_add_desk(draft, &desk) == 0 ? 0 : failure_memory(failure);
}

static int change(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	const struct arguments *arguments = admin->invocation->arguments;
	char name[NAME_SIZE];

	if (option_name(arguments_operand(arguments, 0), "the desk", name, failure) != 0)
		return -1;
	for (size_t i = 0; i < draft->desk_count; i++) {
		struct roster_desk desk = draft->desks[i];

		if (strcmp(desk.name, name) != 0)
			continue;
		if (read_desk(arguments, &desk, failure) != 0 || check_fallback(draft, &desk, failure) != 0)
			return -1;
		roster_touch(draft);
		draft->desks[i] = desk;
		return 0;
	}
	return failure_set(failure, EX_DATAERR, "there is no desk %s: add it with `desk add'", name);
}

int verb_desk_add(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, add, "The desk is added", failure);
}

int verb_desk_change(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, change, "The desk is changed", failure);
}
