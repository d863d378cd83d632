/* exposed: which reports a colleague whose device is lost has read or could open. Her admin's tool has read
 * the audit log, which names reports by tags; whoever may list a desk's reports knows what they are. */
#include "desk_pages.h"
#include "report_way.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/audit.h"
#include "proto/encode.h"
#include "proto/exposure.h"
#include "proto/header_list.h"
#include "proto/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR    3600    /* to which times of acceptance are cut */
#define OLD_MAX 1000000 /* headers of one desk that wait to be wrapped again */

struct listing {
	struct officer *officer;
	const struct exposure *exposure;
	json_t *reports; /* with --json */
	uint64_t listed, read;
	/* Of the desk that is being listed: reports whose header is older than the roster in force. */
	struct header_entry *old;
	size_t old_count, old_room;
};

/* --- what is older than the roster in force, desk by desk */

static int add_old(struct listing *listing, const struct header_entry *entry)
{
	if (listing->old_count == listing->old_room) {
		size_t room = listing->old_room * 2 + 64;
		struct header_entry *grown =
			room > OLD_MAX ? NULL : reallocarray(listing->old, room, sizeof *grown);

		if (grown == NULL)
			return -1;
		listing->old = grown;
		listing->old_room = room;
	}
	listing->old[listing->old_count++] = *entry;
	return 0;
}

static int by_report(const void *one, const void *other)
{
	return strcmp(
		((const struct header_entry *)one)->report, ((const struct header_entry *)other)->report);
}

static int take_old_page(
	struct listing *listing, const char *desk, struct header_list *page, struct failure *failure)
{
	if (desk_headers_page(listing->officer, desk, page->after, page, failure) != 0)
		return -1;
	for (size_t at = 0; at < page->count; at++) {
		if (add_old(listing, &page->entries[at]) != 0)
			return failure_memory(failure);
	}
	return 0;
}

static int take_old(struct listing *listing, const char *desk, struct failure *failure)
{
	struct header_list *page = calloc(1, sizeof *page);
	int rc = page == NULL ? failure_memory(failure) : 0;

	listing->old_count = 0;
	do {
		if (rc == 0)
			rc = take_old_page(listing, desk, page, failure);
	} while (rc == 0 && page->more);
	free(page);
	if (rc == 0 && listing->old_count > 0)
		qsort(listing->old, listing->old_count, sizeof *listing->old, by_report);
	return rc;
}

/* --- one report */

static bool is_for(const struct exposure_desk *term, const char *desk, const struct alert *alert)
{
	return strcmp(term->desk, desk) == 0 &&
	       (!term->is_fallback || alert->urgency == URGENCY_IMMEDIATE ||
		       alert->urgency == URGENCY_URGENT || alert->urgency == URGENCY_WITHHELD);
}

/* By its time; and by the roster that its header names, for what was queued on a device and came later. */
static bool was_sealed_to_her(const struct listing *listing, const struct alert *alert)
{
	const struct exposure *exposure = listing->exposure;
	const struct header_entry *old = NULL;
	struct header_entry wanted = { .roster = 0 };

	memcpy(wanted.report, alert->report, sizeof wanted.report);
	if (listing->old_count > 0)
		old = bsearch(&wanted, listing->old, listing->old_count, sizeof wanted, by_report);
	for (size_t at = 0; at < exposure->desk_count; at++) {
		const struct exposure_desk *term = &exposure->desks[at];

		if (!is_for(term, alert->desk, alert))
			continue;
		if (alert->accepted + HOUR > term->from && (term->end == 0 || alert->accepted <= term->until))
			return true;
		if (old != NULL && old->roster >= term->first && (term->end == 0 || old->roster < term->end))
			return true;
	}
	return false;
}

/* A report that came through other desks was sealed to each while it was there; which one an unknown first
 * desk was, could be hers. */
static bool was_on_its_way_to_her(
	const struct listing *listing, const struct report_way *way, const struct alert *alert, bool is_given)
{
	for (size_t at = 0; at < way->count; at++) {
		const struct report_stage *stage = &way->stages[at];
		int64_t end = at + 1 < way->count ? way->stages[at + 1].since : INT64_MAX;

		for (size_t i = 0; i < listing->exposure->desk_count; i++) {
			const struct exposure_desk *term = &listing->exposure->desks[i];
			int64_t until = term->end == 0 ? INT64_MAX : term->until;

			if (stage->desk[0] != '\0' && !is_for(term, stage->desk, alert))
				continue;
			/* Sealed when it came to the desk; or wrapped again while it lay there. */
			if ((stage->since + HOUR > term->from && stage->since <= until) ||
				(is_given && stage->since <= until && end + HOUR > term->from))
				return true;
		}
	}
	return false;
}

/* Whether her key can have opened it, read or not. Only of what was wrapped again it is asked where it has
 * been: a transfer wraps it. */
static int was_hers(struct listing *listing, const struct alert *alert, const struct exposure_report *known,
	bool *ret_was, struct failure *failure)
{
	struct report_way way;

	*ret_was = was_sealed_to_her(listing, alert);
	if (known == NULL || (known->is_given && *ret_was))
		return 0;
	if (report_way(listing->officer, alert, &way, failure) != 0)
		return -1;
	if (way.count > 1 || known->is_given)
		*ret_was = was_on_its_way_to_her(listing, &way, alert, known->is_given);
	return 0;
}

static int show(struct listing *listing, const struct alert *alert, const struct exposure_report *read,
	struct failure *failure)
{
	const struct invocation *invocation = listing->officer->invocation;
	char accepted[TIME_SIZE], first[TIME_SIZE], last[TIME_SIZE];

	time_format(alert->accepted, accepted);
	if (read != NULL) {
		time_format(read->first, first);
		time_format(read->last, last);
	}
	listing->listed++;
	listing->read += read != NULL ? 1 : 0;
	if (!invocation->json) {
		say(invocation, "%s  %s  %-9s  %-8s  %s  %s%s%s%s\n", alert->report, alert->desk,
			urgency_word(alert->urgency), state_word(alert->state), accepted,
			read == NULL ? "sealed to her, no read is known" : "read ", read == NULL ? "" : first,
			read == NULL ? "" : " to ", read == NULL ? "" : last);
		return 0;
	}
	if (json_array_append_new(listing->reports,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:s?}", "report", alert->report, "desk",
			    alert->desk, "urgency", urgency_word(alert->urgency), "state",
			    state_word(alert->state), "accepted", accepted, "read", read != NULL, "first",
			    read == NULL ? NULL : first, "last", read == NULL ? NULL : last)) != 0)
		return failure_memory(failure);
	return 0;
}

static int judge(struct listing *listing, const struct alert *alert, struct failure *failure)
{
	const struct exposure_report *known = NULL;
	char text[AUDIT_SUBJECT_SIZE];
	uint8_t id[ID_BYTES], tag[SHA256_BYTES];
	bool was = false;

	if (hex_decode(alert->report, ID_SIZE - 1, id, sizeof id) != 0 || audit_report_tag(id, text) != 0 ||
		hex_decode(text, sizeof text - 1, tag, sizeof tag) != 0)
		return failure_set(failure, EX_PROTOCOL,
			"the server's list is malformed: tell your organisation's admin");
	known = exposure_find(listing->exposure, tag);
	if (known != NULL && known->times > 0)
		return show(listing, alert, known, failure);
	if (was_hers(listing, alert, known, &was, failure) != 0)
		return -1;
	return was ? show(listing, alert, NULL, failure) : 0;
}

/* --- all reports of her desks */

static int list_page(struct listing *listing, const char *desk, uint64_t *after, struct failure *failure)
{
	struct alert *alerts = NULL;
	size_t count = 0;
	int rc = desk_reports_page(listing->officer, desk, after, &alerts, &count, failure);

	for (size_t at = 0; rc == 0 && at < count; at++)
		rc = judge(listing, &alerts[at], failure);
	free(alerts);
	return rc;
}

static int list_desks(struct listing *listing, const struct roster_officer *me, struct failure *failure)
{
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	size_t count = me->desk_count;

	memcpy(desks, me->desks, sizeof desks); /* me is gone with the next refresh */
	for (size_t at = 0; at < count; at++) {
		uint64_t after = 0;

		if (take_old(listing, desks[at], failure) != 0)
			return -1;
		do {
			if (list_page(listing, desks[at], &after, failure) != 0)
				return -1;
		} while (after != 0);
	}
	return 0;
}

static uint64_t count_read(const struct exposure *exposure)
{
	uint64_t count = 0;

	for (size_t at = 0; at < exposure->report_count; at++)
		count += exposure->reports[at].times > 0 ? 1 : 0;
	return count;
}

static int say_end(const struct listing *listing, struct failure *failure)
{
	const struct exposure *exposure = listing->exposure;
	const struct invocation *invocation = listing->officer->invocation;
	uint64_t elsewhere = count_read(exposure) - listing->read;
	bool is_sure = exposure->is_whole && exposure->gap_count == 0 && exposure->unnamed == 0;

	say(invocation,
		translated_count("%" PRIu64 " report of your desks: %s has read %" PRIu64
				 ", and could open it.\n",
			"%" PRIu64 " reports of your desks: %s has read %" PRIu64 ", and could open all.\n",
			listing->listed),
		listing->listed, exposure->officer, listing->read);
	if (elsewhere > 0)
		say(invocation,
			translated_count("She has read %" PRIu64
					 " more, which is another desk's or destroyed: an officer of each of "
					 "her desks asks in the same way.\n",
				"She has read %" PRIu64
				" more, which are other desks' or destroyed: an officer of each of her desks "
				"asks in the same way.\n",
				elsewhere),
			elsewhere);
	if (!is_sure)
		say(invocation,
			"The audit log isn't complete: where no read is known, there may have been one.\n");
	return output_result(invocation,
		json_pack("{s:s, s:O, s:I, s:I, s:b}", "officer", exposure->officer, "reports",
			listing->reports, "read", (json_int_t)listing->read, "elsewhere",
			(json_int_t)elsewhere, "complete", is_sure),
		failure);
}

static int run(struct officer *officer, const struct exposure *exposure, struct failure *failure)
{
	struct listing listing = { .officer = officer, .exposure = exposure, .reports = json_array() };
	const struct roster_officer *me = NULL;
	int rc = -1;

	if (listing.reports == NULL)
		return failure_memory(failure);
	if (officer_me(officer, &me, failure) == 0 && list_desks(&listing, me, failure) == 0)
		rc = say_end(&listing, failure);
	json_decref(listing.reports);
	free(listing.old);
	return rc;
}

int verb_exposed(const struct invocation *invocation, struct failure *failure)
{
	struct buffer file = buffer_of(EXPOSURE_MAX);
	struct exposure *exposure = NULL;
	struct officer *officer = NULL;
	struct fault fault;
	int rc = -1;

	if (take_file(arguments_operand(invocation->arguments, 0), "the list", EXPOSURE_MAX, &file,
		    failure) != 0)
		goto cleanup;
	if (exposure_parse(file.data, file.len, &exposure, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	else if (officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, exposure, failure);
cleanup:
	officer_close(officer);
	exposure_free(exposure);
	buffer_free(&file);
	return rc;
}
