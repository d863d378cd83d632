/* stats: what happened, to whom, and how fast we answered, as far as numbers may say it. */
#include "desk_pages.h"
#include "proto/report_schema.h"
#include "situation_words.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"
#include "keys/secure_file.h"
#include "proto/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MINUTE         60
#define DATE_CHARS     10
#define REPORTS_MAX    1000000
#define THRESHOLD_MOST 1000000

/* What was read of all reports of her desks. */
struct reading {
	struct extract *list;
	size_t count, room;
	uint64_t closed_to_her; /* not sealed to this officer */
};

static int add_extract(struct reading *reading, const struct extract *extract, struct failure *failure)
{
	if (reading->count == reading->room) {
		size_t room = reading->room * 2 + 64;
		struct extract *grown =
			room > REPORTS_MAX ? NULL : reallocarray(reading->list, room, sizeof *grown);

		if (grown == NULL)
			return failure_memory(failure);
		reading->list = grown;
		reading->room = room;
	}
	reading->list[reading->count++] = *extract;
	return 0;
}

/* A report that she can't open, or that isn't one, is passed over and told of; an alarm ends it all. */
static int read_report(
	struct officer *officer, const struct alert *alert, struct reading *reading, struct failure *failure)
{
	struct report *report = NULL;
	struct history history;
	struct extract extract;
	int rc;

	if (report_take(officer, alert->report, &report, failure) != 0) {
		if (failure->exit_code != EX_NOPERM && failure->exit_code != EX_DATAERR)
			return -1;
		reading->closed_to_her++;
		return 0;
	}
	/* Nothing happened to anybody. */
	if (report_kind(report->json) != REPORT_ORDINARY && report_kind(report->json) != REPORT_DURESS) {
		report_free(report);
		return 0;
	}
	extract_report(report->json, alert->accepted, &extract);
	rc = history_read(officer, report, extract_event, &extract, &history, failure);
	if (rc == 0)
		rc = add_extract(reading, &extract, failure);
	report_free(report);
	return rc;
}

static int read_page(struct officer *officer, const char *desk, uint64_t *after, struct reading *reading,
	struct failure *failure)
{
	struct alert *alerts = NULL;
	size_t count = 0;
	int rc = desk_reports_page(officer, desk, after, &alerts, &count, failure);

	for (size_t at = 0; rc == 0 && at < count; at++)
		rc = read_report(officer, &alerts[at], reading, failure);
	free(alerts);
	return rc;
}

static int read_desks(struct officer *officer, struct reading *reading, struct failure *failure)
{
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	const struct roster_officer *me;
	size_t count;

	if (officer_me(officer, &me, failure) != 0)
		return -1;
	count = me->desk_count;
	memcpy(desks, me->desks, sizeof desks);
	for (size_t at = 0; at < count; at++) {
		uint64_t after = 0;

		do {
			if (read_page(officer, desks[at], &after, reading, failure) != 0)
				return -1;
		} while (after != 0);
	}
	return 0;
}

/* The strictest desk's target holds for all: a promise that was kept was kept everywhere. */
static struct target target_of(struct officer *officer)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	const struct roster_officer *me = roster_officer_by_key(roster, officer->identity->public_key);
	struct target target = { { 0 } };

	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		for (size_t at = 0; me != NULL && at < me->desk_count; at++) {
			const struct roster_desk *desk = roster_desk(roster, me->desks[at]);
			int64_t seconds =
				desk == NULL
					? 0
					: (int64_t)desk_ack_minutes(desk, (enum urgency)urgency) * MINUTE;

			if (target.seconds[urgency] == 0 ||
				(seconds > 0 && seconds < target.seconds[urgency]))
				target.seconds[urgency] = seconds;
		}
	}
	return target;
}

static int64_t time_of_date(int year, int month, int day)
{
	char text[TIME_SIZE + 32];
	int64_t seconds = 0;

	(void)snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
	return time_parse(text, strlen(text), &seconds) == 0 ? seconds : 0;
}

static void date_of(int64_t seconds, int *ret_year, int *ret_month)
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	*ret_year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
	*ret_month = (text[5] - '0') * 10 + text[6] - '0';
}

/* The first moment of the quarter in which it lies, or of the one behind it. */
static int64_t quarter_at(int64_t seconds, int quarters_on)
{
	int year, month, quarter;

	date_of(seconds, &year, &month);
	quarter = (month - 1) / 3 + quarters_on;
	return time_of_date(year + quarter / 4, quarter % 4 * 3 + 1, 1);
}

static int take_date(
	const struct invocation *invocation, const char *name, int64_t *seconds, struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, name);
	char text[TIME_SIZE];

	if (given == NULL)
		return 0;
	(void)snprintf(text, sizeof text, "%.*sT00:00:00Z", DATE_CHARS, given);
	if (strlen(given) != DATE_CHARS || time_parse(text, strlen(text), seconds) != 0)
		return failure_set(failure, EX_USAGE, "--%s isn't a date: give one like 2026-01-01", name);
	return 0;
}

/* Whole quarters: numbers of periods that overlap by a day would tell what happened on that day. */
static int take_period(const struct invocation *invocation, int64_t now, struct situation *situation,
	struct failure *failure)
{
	int year, month;
	bool is_given = arguments_option(invocation->arguments, "from") != NULL ||
			arguments_option(invocation->arguments, "to") != NULL;

	date_of(now, &year, &month);
	situation->from = time_of_date(year - 1, month, 1);
	situation->to = now;
	if (take_date(invocation, "from", &situation->from, failure) != 0 ||
		take_date(invocation, "to", &situation->to, failure) != 0)
		return -1;
	situation->from = quarter_at(situation->from, 0);
	situation->to = quarter_at(situation->to, 1);
	if (situation->from >= situation->to)
		return failure_set(
			failure, EX_USAGE, "--from lies behind --to: give them the other way round");
	situation->cycle_from = is_given ? situation->from : time_of_date(month >= 5 ? year : year - 1, 5, 1);
	situation->cycle_to = is_given ? situation->to : time_of_date(month >= 5 ? year + 1 : year, 5, 1);
	return 0;
}

static int take_threshold(
	const struct invocation *invocation, struct situation *situation, struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, "threshold");
	struct reader reader = reader_of(given, given == NULL ? 0 : strlen(given));
	uint64_t threshold = THRESHOLD_LEAST;

	if (given != NULL && (reader_decimal(&reader, &threshold) != 0 || reader_end(&reader) != 0 ||
				     threshold < THRESHOLD_LEAST || threshold > THRESHOLD_MOST))
		return failure_set(failure, EX_USAGE,
			"--threshold must be a number from %d: smaller counts tell who it was",
			THRESHOLD_LEAST);
	situation->threshold = (uint32_t)threshold;
	return 0;
}

/* A new file with these words. */
static int write_file(const char *path, struct buffer *words, struct failure *failure)
{
	struct fault fault;

	if (buffer_ok(words) != 0)
		return failure_memory(failure);
	if (secure_file_create(AT_FDCWD, path, words->data, words->len, &fault) != 0)
		return failure_set(failure, EX_CANTCREAT, "%s",
			errno == EEXIST ? "the file is there already: give another name"
					: "the file can't be written: give another name");
	return 0;
}

static int write_files(struct officer *officer, const struct situation *situation, struct failure *failure)
{
	const struct arguments *arguments = officer->invocation->arguments;
	const char *html = arguments_option(arguments, "html"), *csv = arguments_option(arguments, "csv");
	struct buffer words = buffer_of(SITUATION_WORDS_MAX);
	int rc = 0;

	if (html != NULL) {
		situation_html(situation, organisation_roster(officer->organisation)->organisation, &words);
		rc = write_file(html, &words, failure);
	}
	buffer_clear(&words);
	if (rc == 0 && csv != NULL) {
		situation_csv(situation, &words);
		rc = write_file(csv, &words, failure);
	}
	buffer_free(&words);
	return rc;
}

static int show(struct officer *officer, const struct situation *situation, uint64_t closed_to_her,
	struct failure *failure)
{
	struct buffer words = buffer_of(SITUATION_WORDS_MAX);
	const char *text;
	int rc;

	situation_text(situation, &words);
	text = buffer_text(&words);
	if (text != NULL && !officer->invocation->json)
		say(officer->invocation, "%s", text);
	if (closed_to_her > 0)
		say_aside(officer->invocation,
			"%" PRIu64 " reports can't be opened by you, and aren't counted", closed_to_her);
	rc = text == NULL ? failure_memory(failure)
			  : output_result(officer->invocation, situation_json(situation), failure);
	buffer_free(&words);
	return rc;
}

static int run(struct officer *officer, struct situation *situation, struct failure *failure)
{
	struct reading reading = { 0 };
	struct target target;
	int rc = -1;

	if (read_desks(officer, &reading, failure) != 0)
		goto cleanup;
	target = target_of(officer);
	if (situation_count(situation, reading.list, reading.count, &target) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (write_files(officer, situation, failure) == 0)
		rc = show(officer, situation, reading.closed_to_her, failure);
cleanup:
	situation_free(situation);
	free(reading.list);
	return rc;
}

/* Before a long way over the network. */
static int check_free(const struct invocation *invocation, const char *option, struct failure *failure)
{
	const char *path = arguments_option(invocation->arguments, option);
	struct stat there;

	if (path != NULL && lstat(path, &there) == 0)
		return failure_set(failure, EX_CANTCREAT, "the file is there already: give another name");
	return 0;
}

int verb_stats(const struct invocation *invocation, struct failure *failure)
{
	struct officer *officer = NULL;
	struct situation situation = { 0 };
	int rc = -1;

	if (take_threshold(invocation, &situation, failure) == 0 &&
		check_free(invocation, "html", failure) == 0 && check_free(invocation, "csv", failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0 &&
		take_period(invocation, organisation_now(officer->organisation), &situation, failure) == 0)
		rc = run(officer, &situation, failure);
	officer_close(officer);
	return rc;
}
