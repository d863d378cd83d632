/* stats: what happened, to whom, and how fast we answered, as far as numbers may say it. */
#include "counted.h"
#include "release.h"
#include "situation_json.h"
#include "situation_words.h"
#include "verbs.h"

#include "client/language.h"
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

#define MINUTE     60
#define DATE_CHARS 10

static void take_stricter(int64_t seconds, int64_t *target)
{
	if (seconds < *target)
		*target = seconds;
}

/* The strictest desk's target holds for all: a promise that was kept was kept everywhere. */
static struct target target_of(struct officer *officer)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	const struct roster_officer *me = roster_officer_by_key(roster, officer->identity->public_key);
	struct target target;

	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		target.seconds[urgency] = target.contact[urgency] = ESCALATION_NEVER;
		for (size_t at = 0; me != NULL && at < me->desk_count; at++) {
			const struct roster_desk *desk = roster_desk(roster, me->desks[at]);
			struct escalation_policy policy;

			if (desk == NULL)
				continue;
			escalation_policy((enum urgency)urgency, desk->ack_minutes, false, &policy);
			take_stricter((int64_t)desk_ack_minutes(desk, (enum urgency)urgency) * MINUTE,
				&target.seconds[urgency]);
			take_stricter(policy.target[TARGET_CONTACT], &target.contact[urgency]);
		}
	}
	return target;
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
	struct period period = period_of_last_year(now);
	int64_t from = period.from, last = now;

	if (take_date(invocation, "from", &from, failure) != 0 ||
		take_date(invocation, "to", &last, failure) != 0)
		return -1;
	period = period_of_quarters(from, last);
	if (period.from >= period.to)
		return failure_set(
			failure, EX_USAGE, "--from lies behind --to: give them the other way round");
	situation->parts[PART_QUARTERS].period = period;
	situation->parts[PART_REPRISALS].period = period_of_reprisals(period, now);
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
	for (size_t at = 0; at < PARTS; at++) {
		situation->parts[at].part = (enum part)at;
		situation->parts[at].threshold = (uint32_t)threshold;
	}
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

static int write_files(struct officer *officer, const struct situation *situation,
	const struct language *language, struct failure *failure)
{
	const struct arguments *arguments = officer->invocation->arguments;
	const char *html = arguments_option(arguments, "html"), *csv = arguments_option(arguments, "csv");
	struct buffer words = buffer_of(SITUATION_WORDS_MAX);
	int rc = 0;

	if (html != NULL) {
		/* The page alone: what the tool says stays in English. */
		language_use(language);
		situation_html(situation, organisation_roster(officer->organisation)->organisation, &words);
		language_use(NULL);
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
	for (size_t at = 0; at < PARTS; at++) {
		const struct situation_part *part = &situation->parts[at];
		char until[DATE_SIZE];

		situation_final_on(part, until);
		if (!part->is_released)
			say_aside(officer->invocation, SITUATION_PROVISIONAL, until);
	}
	if (closed_to_her > 0)
		say_aside(officer->invocation,
			translated_count("%" PRIu64 " report can't be opened by you, and isn't counted",
				"%" PRIu64 " reports can't be opened by you, and aren't counted",
				closed_to_her),
			closed_to_her);
	rc = text == NULL ? failure_memory(failure)
			  : output_result(officer->invocation, situation_json(situation), failure);
	buffer_free(&words);
	return rc;
}

/* A period that was given out comes as it was. */
static int find_released(struct officer *officer, struct situation_part *part, struct failure *failure)
{
	const char *threshold = arguments_option(officer->invocation->arguments, "threshold");
	uint32_t asked = part->threshold;
	char first[DATE_SIZE], last[DATE_SIZE];
	enum release release;
	struct period other;

	if (release_find(&officer->items, part, &release, &other, failure) != 0)
		return -1;
	if (release == RELEASE_CUT &&
		period_is_final(part->period, organisation_now(officer->organisation))) {
		period_dates(other, first, last);
		return failure_set(failure, EX_NOPERM,
			"some of these quarters were given out from %s to %s: ask for that period, or for "
			"quarters outside of it",
			first, last);
	}
	if (release == RELEASE_SAME && part->part == PART_QUARTERS && threshold != NULL &&
		part->threshold != asked)
		return failure_set(failure, EX_NOPERM,
			"this period was given out with the threshold %" PRIu32 ": leave --threshold out",
			part->threshold);
	return 0;
}

/* Numbers of a period that is over are given out for good. */
static int count_part(struct officer *officer, struct situation_part *part, const struct counted *counted,
	struct failure *failure)
{
	struct target target = target_of(officer);

	if (situation_count(part, counted->extracts, counted->count, &target) != 0)
		return failure_memory(failure);
	return period_is_final(part->period, organisation_now(officer->organisation))
		       ? release_keep(&officer->items, part, failure)
		       : 0;
}

static int count(struct officer *officer, struct situation *situation, struct counted *counted,
	struct failure *failure)
{
	struct situation_part *quarters = &situation->parts[PART_QUARTERS];
	bool is_final = period_is_final(quarters->period, organisation_now(officer->organisation));

	if (quarters->is_released && situation->parts[PART_REPRISALS].is_released)
		return 0;
	if (counted_read(officer, is_final ? period_cut_off(quarters->period) : 0, counted, failure) != 0)
		return -1;
	for (size_t at = 0; at < PARTS; at++)
		if (!situation->parts[at].is_released &&
			count_part(officer, &situation->parts[at], counted, failure) != 0)
			return -1;
	return 0;
}

static int run(struct officer *officer, struct situation *situation, const struct language *language,
	struct failure *failure)
{
	struct counted counted = { .count = 0 };
	int rc = -1;

	for (size_t at = 0; at < PARTS; at++)
		if (find_released(officer, &situation->parts[at], failure) != 0)
			goto cleanup;
	if (count(officer, situation, &counted, failure) == 0 &&
		write_files(officer, situation, language, failure) == 0)
		rc = show(officer, situation, counted.closed_to_her, failure);
cleanup:
	counted_free(&counted);
	situation_free(situation);
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
	const struct language *language = NULL;
	struct officer *officer = NULL;
	struct situation situation = { .parts = { { .table_count = 0 } } };
	int rc = -1;

	if (take_threshold(invocation, &situation, failure) == 0 &&
		language_find(arguments_option(invocation->arguments, "language"), &language, failure) == 0 &&
		check_free(invocation, "html", failure) == 0 && check_free(invocation, "csv", failure) == 0 &&
		officer_open(invocation, &officer, failure) == 0 &&
		take_period(invocation, organisation_now(officer->organisation), &situation, failure) == 0)
		rc = run(officer, &situation, language, failure);
	officer_close(officer);
	return rc;
}
