/* Tables of the desks' work: answers (S7), needs (S8), closures (S9), repeats (S10), and how many reports
 * came. */
#include "situation_internal.h"

#include "proto/event_content.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR         3600
#define QUARTERS_MAX TABLE_ROWS

static int by_size(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static int find_waiting(struct counting *counting, size_t urgency)
{
	int64_t *times = calloc(counting->count + 1, sizeof *times);
	struct waiting *waiting = &counting->part->waiting[urgency];
	size_t count = 0;

	if (times == NULL)
		return -1;
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (is_in_period(counting, extract) && extract->is_acknowledged &&
			extract->urgency == urgency)
			times[count++] = extract->waited;
	}
	qsort(times, count, sizeof *times, by_size);
	waiting->is_shown = count >= counting->part->threshold;
	if (waiting->is_shown) {
		waiting->median_hours = (uint32_t)((times[(count - 1) / 2] + HOUR - 1) / HOUR);
		waiting->most_hours = (uint32_t)((times[(count * 9 + 9) / 10 - 1] + HOUR - 1) / HOUR);
	}
	free(times);
	return 0;
}

/* How fast we answered: nothing of what a report says is in it, so that every report counts. */
int add_response(struct counting *counting)
{
	struct table *table = table_begin(
		counting, RESPONSE_TABLE, "How fast reports were acknowledged", N_("all reports"), true);

	table->same_rows = SAME_ALL_REPORTS;
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		table_row(table, urgency_word((enum urgency)urgency));
	table_column(table, "in time");
	table_column(table, "later");
	table_column(table, "not yet");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];
		bool in_time = extract->waited <= counting->target->seconds[extract->urgency];

		if (is_in_period(counting, extract))
			table_count(table, extract->urgency,
				!extract->is_acknowledged ? 2
				: in_time                 ? 0
							  : 1,
				(uint32_t)at, 1);
	}
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		if (find_waiting(counting, urgency) != 0)
			return -1;
	return 0;
}

void add_needs(struct counting *counting)
{
	struct table *table = table_begin(counting, "S8", "Needs, and what came of them", N_("needs"), true);

	table_rows(table, extract_needs, NEEDS);
	table_columns(table, extract_outcomes, OUTCOMES);
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		for (size_t need = 0; counts(counting, extract) && need < NEEDS; need++)
			if ((extract->needs >> need & 1) != 0)
				table_count(table, need, extract->outcomes[need], (uint32_t)at, 1);
	}
}

void add_closures(struct counting *counting)
{
	struct table *table = table_begin(counting, "S9", "Why cases were closed", N_("reports"), true);

	table->part_of_whole = SAME_REPORTS;
	for (size_t at = 0; at < closure_reason_count; at++)
		table_row(table, closure_reasons[at].code);
	table_column(table, "closed");
	table_column(table, "reopened");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (extract->may_be_counted && is_in_period(counting, extract) && extract->reason != 0)
			table_count(table, extract->reason - 1U, extract->state == STATE_CLOSED ? 0 : 1,
				(uint32_t)at, 1);
	}
}

void add_repeats(struct counting *counting)
{
	struct table *table =
		table_begin(counting, "S10", "Reports with an earlier one linked", N_("reports"), true);

	table->same_whole = SAME_REPORTS;
	table->part_of_rows = SAME_ALL_REPORTS;
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		table_row(table, urgency_word((enum urgency)urgency));
	table_column(table, "with an earlier one");
	table_column(table, "without");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (extract->may_be_counted && is_in_period(counting, extract))
			table_count(table, extract->urgency, extract->has_earlier ? 0 : 1, (uint32_t)at, 1);
	}
}

/* Years and quarters, counted: 2026, first quarter, is 8104. */
static int quarter_of(int64_t seconds)
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	return ((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0') * 4 +
	       ((text[5] - '0') * 10 + text[6] - '1') / 3;
}

void add_trend(struct counting *counting)
{
	struct table *table = table_begin(
		counting, "trend", "Reports by the quarter in which they came", N_("reports"), true);
	int first = quarter_of(counting->part->period.from), last = quarter_of(counting->part->period.to - 1);

	table->same_whole = SAME_REPORTS;
	if (last - first >= QUARTERS_MAX) {
		table->same_whole = SAME_NONE;
		table->part_of_whole = SAME_REPORTS;
		first = last - QUARTERS_MAX + 1;
	}
	for (int quarter = first; quarter <= last; quarter++) {
		char label[TABLE_LABEL];

		(void)snprintf(label, sizeof label, "%04d Q%d", quarter / 4, quarter % 4 + 1);
		table_row(table, label);
	}
	table_column(table, "reports");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];
		int quarter = quarter_of(extract->came);

		if (extract->may_be_counted && is_in_period(counting, extract) && quarter >= first)
			table_count(table, (size_t)(quarter - first), 0, (uint32_t)at, 1);
	}
}
