/* What an officer can have read, for people: in words, as JSON, and as the file that her colleagues' tools
 * turn into a list of reports. */
#include "officer_reads.h"
#include "options.h"

#include "client/output.h"
#include "keys/secure_file.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

static size_t count_read(const struct exposure *exposure)
{
	size_t count = 0;

	for (size_t at = 0; at < exposure->report_count; at++)
		count += exposure->reports[at].times > 0 ? 1 : 0;
	return count;
}

static void say_doubts(const struct invocation *invocation, const struct exposure *exposure)
{
	char from[TIME_SIZE], until[TIME_SIZE];

	if (!exposure->is_whole)
		say(invocation, "The audit log isn't whole: she may have read more than it tells.\n");
	for (size_t at = 0; at < exposure->gap_count; at++) {
		time_format(exposure->gaps[at].from, from);
		time_format(exposure->gaps[at].until, until);
		say(invocation,
			"A backup was restored: the log knows nothing of some time between %s and %s.\n",
			from, until);
	}
	if (exposure->unnamed > 0)
		say(invocation,
			"%" PRIu64
			" reads of officers were only counted while the disk was full: some may be "
			"hers.\n",
			exposure->unnamed);
}

static void say_desks(const struct invocation *invocation, const struct exposure *exposure)
{
	char from[TIME_SIZE], until[TIME_SIZE] = "today";

	say(invocation, "Sealed to %s:\n", exposure->officer);
	for (size_t at = 0; at < exposure->desk_count; at++) {
		const struct exposure_desk *desk = &exposure->desks[at];

		time_format(desk->from, from);
		if (desk->end != 0)
			time_format(desk->until, until);
		say(invocation, "  desk %s%s, from %s (roster %" PRIu64 ") to %s\n", desk->desk,
			desk->is_fallback ? " (what is immediate, urgent or withheld)" : "", from,
			desk->first, desk->end != 0 ? until : "today");
	}
}

void officer_reads_say(const struct invocation *invocation, const struct exposure *exposure, bool each)
{
	char tag[HEX_CHARS(SHA256_BYTES) + 1], first[TIME_SIZE], last[TIME_SIZE];

	say_desks(invocation, exposure);
	say(invocation,
		translated_count("Fetched by her, as the audit log tells: %zu report\n",
			"Fetched by her, as the audit log tells: %zu reports\n", count_read(exposure)),
		count_read(exposure));
	for (size_t at = 0; each && at < exposure->report_count; at++) {
		const struct exposure_report *report = &exposure->reports[at];

		if (report->times == 0)
			continue;
		hex_encode(report->tag, sizeof report->tag, tag);
		time_format(report->first, first);
		time_format(report->last, last);
		say(invocation, "  %s  %s to %s\n", tag, first, last);
	}
	say_doubts(invocation, exposure);
	say(invocation,
		"Whoever has her key, her passphrase and a sealed file can open whatever was sealed to her, "
		"also what she never fetched.\n"
		"Which reports these are, only officers know: `audit --officer %s --out FILE', and an "
		"officer "
		"of each desk: `clarion-officer exposed FILE'.\n",
		exposure->officer);
}

static json_t *desks_json(const struct exposure *exposure)
{
	json_t *list = json_array();
	char from[TIME_SIZE], until[TIME_SIZE];

	for (size_t at = 0; list != NULL && at < exposure->desk_count; at++) {
		const struct exposure_desk *desk = &exposure->desks[at];

		time_format(desk->from, from);
		time_format(desk->until, until);
		if (json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s?}", "desk", desk->desk,
							"fallback", desk->is_fallback, "from", from, "until",
							desk->end == 0 ? NULL : until)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *reports_json(const struct exposure *exposure)
{
	json_t *list = json_array();
	char tag[HEX_CHARS(SHA256_BYTES) + 1], first[TIME_SIZE], last[TIME_SIZE];

	for (size_t at = 0; list != NULL && at < exposure->report_count; at++) {
		const struct exposure_report *report = &exposure->reports[at];

		if (report->times == 0)
			continue;
		hex_encode(report->tag, sizeof report->tag, tag);
		time_format(report->first, first);
		time_format(report->last, last);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "tag", tag, "first", first,
							"last", last, "times", (json_int_t)report->times)) !=
			0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *gaps_json(const struct exposure *exposure)
{
	json_t *list = json_array();
	char from[TIME_SIZE], until[TIME_SIZE];

	for (size_t at = 0; list != NULL && at < exposure->gap_count; at++) {
		time_format(exposure->gaps[at].from, from);
		time_format(exposure->gaps[at].until, until);
		if (json_array_append_new(list, json_pack("{s:s, s:s}", "from", from, "until", until)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *officer_reads_json(const struct exposure *exposure)
{
	return json_pack("{s:s, s:o, s:I, s:o, s:o, s:I, s:b}", "officer", exposure->officer, "desks",
		desks_json(exposure), "read", (json_int_t)count_read(exposure), "reports",
		reports_json(exposure), "gaps", gaps_json(exposure), "unnamed", (json_int_t)exposure->unnamed,
		"whole", exposure->is_whole);
}

static int write_file(const char *path, const struct exposure *exposure, struct failure *failure)
{
	struct buffer lines = buffer_of(EXPOSURE_MAX);
	struct fault fault;
	int rc;

	if (exposure_write(exposure, &lines) != 0)
		rc = failure_memory(failure);
	else if (secure_file_create(AT_FDCWD, path, lines.data, lines.len, &fault) != 0)
		rc = admin_file_failure(failure, errno, &fault);
	else
		rc = 0;
	buffer_free(&lines);
	return rc;
}

int officer_reads_show(const struct admin *admin, struct server *server, struct failure *failure)
{
	const struct arguments *arguments = admin->invocation->arguments;
	const char *out = arguments_option(arguments, "out");
	struct exposure *exposure = NULL;
	struct failure alarm;
	char name[NAME_SIZE];
	int rc;

	if (option_name(arguments_option(arguments, "officer"), "the officer", name, failure) != 0 ||
		officer_reads_collect(admin, server, name, &exposure, &alarm, failure) != 0)
		return -1;
	officer_reads_say(admin->invocation, exposure, true);
	rc = out == NULL ? 0 : write_file(out, exposure, failure);
	if (rc == 0)
		rc = output_result(admin->invocation, officer_reads_json(exposure), failure);
	exposure_free(exposure);
	if (rc == 0 && alarm.exit_code != 0) {
		*failure = alarm;
		rc = -1;
	}
	return rc;
}
