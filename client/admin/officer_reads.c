#include "officer_reads.h"

#include "audit_log.h"

#include "keys/roster_folder.h"
#include "proto/cursor.h"
#include "proto/encode.h"

#include <errno.h>
#include <string.h>

struct collecting {
	const char *officer;
	struct exposure *exposure;
	int64_t before;   /* the entry before this one */
	uint64_t version; /* of the roster in force, as the log goes on; 0 before it says one */
};

/* --- terms of service, from the rosters */

static bool is_fallback_of(const struct roster_desk *desk, const struct roster_officer *her)
{
	return desk->fallback[0] != '\0' && officer_serves(her, desk->fallback);
}

/* Each desk whose reports this roster seals to her. */
static struct exposure_desk *open_term(struct exposure *exposure, const char *desk, bool is_fallback)
{
	for (size_t at = 0; at < exposure->desk_count; at++) {
		struct exposure_desk *term = &exposure->desks[at];

		if (term->end == 0 && term->is_fallback == is_fallback && strcmp(term->desk, desk) == 0)
			return term;
	}
	return NULL;
}

static bool seals_to(
	const struct roster *roster, const struct roster_officer *her, const char *name, bool is_fallback)
{
	const struct roster_desk *desk = roster_desk(roster, name);

	if (her == NULL || desk == NULL)
		return false;
	if (officer_serves(her, name))
		return !is_fallback;
	return is_fallback && is_fallback_of(desk, her);
}

static int add_roster(struct exposure *exposure, const struct roster *roster, struct failure *failure)
{
	const struct roster_officer *her = roster_officer(roster, exposure->officer);

	for (size_t at = 0; at < exposure->desk_count; at++) {
		struct exposure_desk *term = &exposure->desks[at];

		if (term->end == 0 && !seals_to(roster, her, term->desk, term->is_fallback)) {
			term->end = roster->version;
			term->until = roster->issued;
		}
	}
	for (size_t at = 0; her != NULL && at < roster->desk_count; at++) {
		const struct roster_desk *desk = &roster->desks[at];
		struct exposure_desk term = { .first = roster->version, .from = roster->issued };

		term.is_fallback = !officer_serves(her, desk->name);
		if ((term.is_fallback && !is_fallback_of(desk, her)) ||
			open_term(exposure, desk->name, term.is_fallback) != NULL)
			continue;
		memcpy(term.desk, desk->name, sizeof term.desk);
		if (exposure_add_desk(exposure, &term) != 0)
			return failure_memory(failure);
	}
	return 0;
}

/* The chain lies in the home; what is missing of it is fetched and proven. */
static int take_rosters(
	const struct admin *admin, struct server *server, struct exposure *exposure, struct failure *failure)
{
	uint64_t newest = organisation_roster(server->organisation)->version;
	char folder[PATH_MAX];
	int rc = admin_path(admin->home, ROSTER_FOLDER, folder, failure);

	for (uint64_t version = 1; rc == 0 && version <= newest; version++) {
		struct roster *roster = NULL;
		struct fault fault;

		if (roster_folder_get(folder, version, &roster, &fault) != 0)
			rc = errno == ENOENT
				     ? organisation_roster_at(server->organisation, version, &roster, failure)
				     : admin_file_failure(failure, errno, &fault);
		if (rc == 0)
			rc = add_roster(exposure, roster, failure);
		roster_free(roster);
	}
	if (rc == 0 && exposure->desk_count == 0)
		rc = failure_set(failure, EX_NOINPUT,
			"no roster has ever named an officer %s: `roster show' lists them",
			exposure->officer);
	return rc;
}

/* --- reads, from the log */

/* `N more while the disk was full': reads that were given without an entry of their own. */
static void count_unnamed(struct exposure *exposure, const char *details)
{
	struct reader in = reader_of(details, strlen(details));
	uint64_t count = 0;

	if (reader_decimal(&in, &count) == 0)
		exposure->unnamed += count;
}

/* Whoever wraps a report again seals it to all officers of its desk by the roster in force: that it was hers
 * too, only the desk's officers know. */
static bool was_officer(const struct collecting *collecting)
{
	for (size_t at = 0; at < collecting->exposure->desk_count; at++) {
		const struct exposure_desk *term = &collecting->exposure->desks[at];

		if (collecting->version >= term->first && (term->end == 0 || collecting->version < term->end))
			return true;
	}
	return false;
}

/* A draft is dated when it is made, and may wait for signatures: what counts is when it came into force. */
static void take_in_force(struct collecting *collecting, const struct audit_entry *entry)
{
	const int64_t minute = 60; /* entries are cut to it */
	struct reader in = reader_of(entry->subject, strlen(entry->subject));

	if (reader_decimal(&in, &collecting->version) != 0)
		return;
	for (size_t at = 0; at < collecting->exposure->desk_count; at++) {
		struct exposure_desk *term = &collecting->exposure->desks[at];

		if (term->first == collecting->version && entry->time > term->from)
			term->from = entry->time;
		if (term->end == collecting->version && entry->time + minute > term->until)
			term->until = entry->time + minute;
	}
}

static int take_report(struct collecting *collecting, const struct audit_entry *entry, bool is_read)
{
	struct exposure_report report = { .is_given = !is_read && was_officer(collecting) };

	if (hex_decode(entry->subject, strlen(entry->subject), report.tag, sizeof report.tag) != 0)
		return 0;
	if (is_read) {
		report.times = 1;
		report.first = entry->time;
		report.last = entry->time;
	}
	return exposure_add_report(collecting->exposure, &report);
}

static int take_entry(void *context, const struct audit_entry *entry, struct failure *failure)
{
	struct collecting *collecting = context;
	struct exposure *exposure = collecting->exposure;
	bool is_read = strcmp(entry->kind, "read") == 0;
	int rc = 0;

	if (is_read && strcmp(entry->actor, collecting->officer) == 0)
		rc = take_report(collecting, entry, true);
	else if (is_read && entry->actor[0] == '\0')
		count_unnamed(exposure, entry->details);
	else if (strcmp(entry->kind, "rewrap") == 0)
		rc = take_report(collecting, entry, false);
	else if (strcmp(entry->kind, "roster") == 0)
		take_in_force(collecting, entry);
	else if (strcmp(entry->kind, "restored") == 0)
		rc = exposure_add_gap(exposure, &(struct exposure_gap){ collecting->before, entry->time });
	collecting->before = entry->time;
	return rc == 0 ? 0 : failure_memory(failure);
}

int officer_reads_collect(const struct admin *admin, struct server *server, const char *officer,
	struct exposure **ret_exposure, struct failure *ret_alarm, struct failure *failure)
{
	struct exposure *exposure = exposure_new();
	struct collecting collecting = { .officer = officer, .exposure = exposure };
	struct audit_head head;
	int rc = -1;

	ret_alarm->exit_code = 0;
	if (exposure == NULL)
		return failure_memory(failure);
	memcpy(exposure->officer, officer, strlen(officer) + 1);
	if (take_rosters(admin, server, exposure, failure) != 0)
		goto cleanup;
	rc = audit_log_read(admin, server, take_entry, &collecting, &head, failure);
	exposure->is_whole = rc == 0;
	if (rc != 0 && failure->exit_code == EX_PROTOCOL) {
		*ret_alarm = *failure;
		rc = 0;
	}
	if (rc != 0)
		goto cleanup;
	exposure->number = head.number;
	exposure->signed_at = head.time;
	exposure_settle(exposure);
	*ret_exposure = exposure;
	exposure = NULL;
cleanup:
	exposure_free(exposure);
	return rc;
}
