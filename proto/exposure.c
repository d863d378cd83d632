#include "proto/exposure.h"

#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "clarion-exposure/1";

struct exposure *exposure_new(void)
{
	return calloc(1, sizeof(struct exposure));
}

void exposure_free(struct exposure *exposure)
{
	if (exposure == NULL)
		return;
	free(exposure->desks);
	free(exposure->gaps);
	free(exposure->reports);
	free(exposure);
}

int exposure_add_desk(struct exposure *exposure, const struct exposure_desk *desk)
{
	struct exposure_desk *grown = NULL;

	if (exposure->desk_count < EXPOSURE_DESKS_MAX)
		grown = reallocarray(exposure->desks, exposure->desk_count + 1, sizeof *grown);
	if (grown == NULL)
		return -1;
	exposure->desks = grown;
	grown[exposure->desk_count++] = *desk;
	return 0;
}

int exposure_add_gap(struct exposure *exposure, const struct exposure_gap *gap)
{
	struct exposure_gap *grown = NULL;

	if (exposure->gap_count < EXPOSURE_GAPS_MAX)
		grown = reallocarray(exposure->gaps, exposure->gap_count + 1, sizeof *grown);
	if (grown == NULL)
		return -1;
	exposure->gaps = grown;
	grown[exposure->gap_count++] = *gap;
	return 0;
}

/* Reports are wrapped again each month: many entries are of few. */
static int make_room(struct exposure *exposure)
{
	size_t room = exposure->report_room * 2 + 64;
	struct exposure_report *grown = NULL;

	exposure_settle(exposure);
	if (exposure->report_count * 2 < exposure->report_room)
		return 0;
	if (exposure->report_count < EXPOSURE_REPORTS_MAX)
		grown = reallocarray(exposure->reports, room, sizeof *grown);
	if (grown == NULL)
		return -1;
	exposure->reports = grown;
	exposure->report_room = room;
	return 0;
}

int exposure_add_report(struct exposure *exposure, const struct exposure_report *report)
{
	if (exposure->report_count == exposure->report_room && make_room(exposure) != 0)
		return -1;
	exposure->reports[exposure->report_count++] = *report;
	return 0;
}

static int by_tag(const void *one, const void *other)
{
	return sodium_compare(((const struct exposure_report *)one)->tag,
		((const struct exposure_report *)other)->tag, SHA256_BYTES);
}

static void bring_together(struct exposure_report *into, const struct exposure_report *more)
{
	if (more->times > 0) {
		into->first = into->times == 0 || more->first < into->first ? more->first : into->first;
		into->last = into->times == 0 || more->last > into->last ? more->last : into->last;
		into->times += more->times;
		if (into->times > EXPOSURE_TIMES_MAX)
			into->times = EXPOSURE_TIMES_MAX;
	}
	into->is_given = into->is_given || more->is_given;
}

void exposure_settle(struct exposure *exposure)
{
	size_t kept = 0;

	if (exposure->report_count == 0)
		return;
	qsort(exposure->reports, exposure->report_count, sizeof *exposure->reports, by_tag);
	for (size_t at = 1; at < exposure->report_count; at++) {
		if (by_tag(&exposure->reports[kept], &exposure->reports[at]) == 0)
			bring_together(&exposure->reports[kept], &exposure->reports[at]);
		else
			exposure->reports[++kept] = exposure->reports[at];
	}
	exposure->report_count = kept + 1;
}

const struct exposure_report *exposure_find(const struct exposure *exposure, const uint8_t tag[SHA256_BYTES])
{
	struct exposure_report wanted = { .times = 0 };

	if (exposure->report_count == 0)
		return NULL;
	memcpy(wanted.tag, tag, sizeof wanted.tag);
	return bsearch(&wanted, exposure->reports, exposure->report_count, sizeof wanted, by_tag);
}

/* --- as lines */

static void put_time(int64_t seconds, struct buffer *out)
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	buffer_put_format(out, " %s", text);
}

static void put_desk(const struct exposure_desk *desk, struct buffer *out)
{
	buffer_put_format(out, "desk %s %s %" PRIu64 " %" PRIu64, desk->desk,
		desk->is_fallback ? "fallback" : "own", desk->first, desk->end);
	put_time(desk->from, out);
	put_time(desk->end == 0 ? 0 : desk->until, out);
	buffer_put_string(out, "\n");
}

static void put_report(const struct exposure_report *report, struct buffer *out)
{
	char tag[HEX_CHARS(SHA256_BYTES) + 1];

	hex_encode(report->tag, sizeof report->tag, tag);
	buffer_put_format(out, "report %s %s %" PRIu64, tag, report->is_given ? "given" : "-", report->times);
	put_time(report->first, out);
	put_time(report->last, out);
	buffer_put_string(out, "\n");
}

int exposure_write(const struct exposure *exposure, struct buffer *out)
{
	buffer_put_format(out, "%s\nofficer %s\nlog %s %" PRIu64 " %" PRIu64, first_line, exposure->officer,
		exposure->is_whole ? "whole" : "broken", exposure->number, exposure->unnamed);
	put_time(exposure->signed_at, out);
	buffer_put_string(out, "\n");
	for (size_t at = 0; at < exposure->desk_count; at++)
		put_desk(&exposure->desks[at], out);
	for (size_t at = 0; at < exposure->gap_count; at++) {
		buffer_put_string(out, "gap");
		put_time(exposure->gaps[at].from, out);
		put_time(exposure->gaps[at].until, out);
		buffer_put_string(out, "\n");
	}
	for (size_t at = 0; at < exposure->report_count; at++)
		put_report(&exposure->reports[at], out);
	return buffer_ok(out);
}

/* --- and back */

static int take_number(struct reader *line, uint64_t *ret_number)
{
	return reader_literal(line, " ") == 0 ? reader_decimal(line, ret_number) : -1;
}

static int take_time(struct reader *line, int64_t *ret_seconds)
{
	const uint8_t *text = NULL;

	if (reader_literal(line, " ") != 0 || reader_view(line, TIME_CHARS, &text) != 0)
		return -1;
	return time_parse((const char *)text, TIME_CHARS, ret_seconds);
}

/* One of two words. */
static int take_word(struct reader *line, const char *yes, const char *no, bool *ret_yes)
{
	const char *word = NULL;
	size_t len = 0;

	if (reader_field(line, ' ', &word, &len) != 0)
		return -1;
	*ret_yes = len == strlen(yes) && bytes_equal(word, yes, len);
	if (*ret_yes || (len == strlen(no) && bytes_equal(word, no, len)))
		return 0;
	return -1;
}

static int take_desk(struct reader *line, struct exposure *exposure)
{
	struct exposure_desk desk = { .first = 0 };
	const char *name = NULL;
	size_t len = 0;

	if (reader_field(line, ' ', &name, &len) != 0 || name_of(name, len, desk.desk) != 0 ||
		take_word(line, "fallback", "own", &desk.is_fallback) != 0 ||
		reader_decimal(line, &desk.first) != 0 || take_number(line, &desk.end) != 0 ||
		take_time(line, &desk.from) != 0 || take_time(line, &desk.until) != 0 ||
		reader_end(line) != 0)
		return -1;
	return exposure_add_desk(exposure, &desk);
}

static int take_gap(struct reader *line, struct exposure *exposure)
{
	struct exposure_gap gap;

	if (take_time(line, &gap.from) != 0 || take_time(line, &gap.until) != 0 || reader_end(line) != 0)
		return -1;
	return exposure_add_gap(exposure, &gap);
}

static int take_report(struct reader *line, struct exposure *exposure)
{
	struct exposure_report report = { .times = 0 };
	const char *tag = NULL;
	size_t len = 0;

	if (reader_field(line, ' ', &tag, &len) != 0 ||
		hex_decode(tag, len, report.tag, sizeof report.tag) != 0 ||
		take_word(line, "given", "-", &report.is_given) != 0 ||
		reader_decimal(line, &report.times) != 0 || report.times > EXPOSURE_TIMES_MAX ||
		take_time(line, &report.first) != 0 || take_time(line, &report.last) != 0 ||
		reader_end(line) != 0)
		return -1;
	return exposure_add_report(exposure, &report);
}

static int take_head(struct reader *in, struct exposure *exposure)
{
	const char *text = NULL;
	size_t len = 0;
	struct reader line;

	if (reader_literal(in, first_line) != 0 || reader_literal(in, "\nofficer ") != 0 ||
		reader_line(in, &text, &len) != 0 || name_of(text, len, exposure->officer) != 0 ||
		reader_literal(in, "log ") != 0 || reader_line(in, &text, &len) != 0)
		return -1;
	line = reader_of(text, len);
	if (take_word(&line, "whole", "broken", &exposure->is_whole) != 0 ||
		reader_decimal(&line, &exposure->number) != 0 ||
		take_number(&line, &exposure->unnamed) != 0 || take_time(&line, &exposure->signed_at) != 0)
		return -1;
	return reader_end(&line);
}

static int take_line(const char *text, size_t len, struct exposure *exposure)
{
	struct reader line = reader_of(text, len);

	if (reader_literal(&line, "desk ") == 0)
		return take_desk(&line, exposure);
	if (reader_literal(&line, "gap") == 0)
		return take_gap(&line, exposure);
	return reader_literal(&line, "report ") == 0 ? take_report(&line, exposure) : -1;
}

int exposure_parse(const uint8_t *data, size_t len, struct exposure **ret_exposure, struct fault *fault)
{
	struct reader in = reader_of(data, len);
	struct exposure *exposure = exposure_new();
	const char *text = NULL;
	size_t line_len = 0;
	int rc = -1;

	if (exposure == NULL)
		return fault_set(fault, "memory is short");
	rc = take_head(&in, exposure);
	while (rc == 0 && in.left > 0) {
		rc = reader_line(&in, &text, &line_len);
		if (rc == 0)
			rc = take_line(text, line_len, exposure);
	}
	if (rc != 0) {
		exposure_free(exposure);
		return fault_set(fault,
			"this is no list of what an officer can have read: an admin makes one "
			"with `clarion-admin audit --officer NAME --out FILE'");
	}
	exposure_settle(exposure);
	*ret_exposure = exposure;
	return 0;
}
