#include "history.h"

#include "event_pages.h"
#include "history_seen.h"

#include "keys/clock.h"
#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/event_content.h"
#include "proto/json.h"
#include "proto/route.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_PATH_SIZE 128
#define FORGED            "ALARM: the history of this report isn't what it was or what it says (%s): tell your admin"

/* Rosters that events name: mostly the same one again and again. */
struct past_roster {
	struct roster *roster;
	char fingerprint[FINGERPRINT_SIZE];
};

static int past_roster_at(
	struct officer *officer, uint64_t version, struct past_roster *past, struct failure *failure)
{
	struct roster *roster = NULL;

	if (past->roster != NULL && past->roster->version == version)
		return 0;
	if (organisation_roster_at(officer->organisation, version, &roster, failure) != 0)
		return failure->exit_code == EX_DATAERR ? failure_set(failure, EX_PROTOCOL, FORGED, "roster")
							: -1;
	roster_free(past->roster);
	past->roster = roster;
	return roster_fingerprint(roster, past->fingerprint) == 0 ? 0 : failure_memory(failure);
}

static int proof_key_of(const struct report *report, uint8_t **ret_secret,
	uint8_t ret_public[ED25519_PUBLIC_BYTES], struct failure *failure)
{
	uint8_t *secret;

	*ret_secret = NULL;
	if (!report->has_proof)
		return 0;
	secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (secret == NULL || proof_signing_key(report->file_key, secret, ret_public) != 0) {
		sodium_free(secret);
		return failure_memory(failure);
	}
	*ret_secret = secret;
	return 0;
}

/* A history on its way in. */
struct taking {
	struct officer *officer;
	const struct report *report;
	struct history history; /* so far */
	struct seen seen;
	struct past_roster past;
	struct age_identity *reader;
	history_each *each; /* may be NULL */
	void *context;
};

static int is_genuine(const struct report *report, const struct report_event *event,
	const struct event_subject *subject, bool *ret_genuine, struct failure *failure)
{
	uint8_t *proof_secret = NULL, proof_key[ED25519_PUBLIC_BYTES];

	if (proof_key_of(report, &proof_secret, proof_key, failure) != 0)
		return -1;
	*ret_genuine = event_verify(event, subject, report->has_proof ? proof_key : NULL) == 0;
	sodium_free(proof_secret);
	return 0;
}

/* Of a transfer: what is sealed and what the server sees name one desk. Of its acceptance: the desk that it
 * was offered to gives it. */
static bool desk_is_right(
	const struct history *history, const struct history_entry *entry, const json_t *content)
{
	const char *desk = json_string_value(json_object_get(content, "desk"));

	if (entry->event->type == EVENT_TRANSFER)
		return desk != NULL && strcmp(desk, entry->event->desk) == 0;
	if (entry->event->type == EVENT_ACCEPT || entry->event->type == EVENT_REJECT)
		return officer_serves(entry->officer, history->offered);
	return true;
}

/* A proven event into its place; what a colleague's tool wrote badly is her mistake, not an alarm. */
static int place_event(struct taking *taking, const struct history_entry *proven, struct failure *failure)
{
	struct history_entry entry = *proven;
	struct history *history = &taking->history;
	struct actor actor = actor_of(entry.officer);
	json_t *content = NULL;
	struct fault fault;
	int rc = 0;

	if (entry.event->content != NULL &&
		event_content_open(entry.event, taking->reader, &content, &fault) != 0)
		content = NULL;
	if (entry.event->number != history->count + 1 ||
		!bytes_equal(entry.event->previous, history->last, SHA256_BYTES) ||
		!desk_is_right(history, &entry, content) ||
		history_apply(history, entry.event->type, &actor, content) != 0)
		rc = failure_set(failure, EX_PROTOCOL, FORGED, "order");
	else if (event_digest(entry.event, entry.subject, history->last) != 0)
		rc = failure_memory(failure);
	if (rc == 0) {
		history->count++;
		entry.content = content;
		entry.state = history->state;
		rc = taking->each == NULL ? 0 : taking->each(taking->context, &entry, failure);
	}
	json_decref(content);
	return rc;
}

/* One event, proven and put in its place. */
static int take_event(void *context, const struct report_event *event, struct failure *failure)
{
	struct taking *taking = context;
	struct officer *officer = taking->officer;
	const struct report *report = taking->report;
	struct event_subject subject;
	struct history_entry entry = { .event = event, .subject = &subject };
	const struct roster_officer *by;
	bool is_right = false;

	if (past_roster_at(officer, event->roster, &taking->past, failure) != 0)
		return -1;
	memcpy(subject.organisation, taking->past.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, report->id, sizeof subject.report);
	if (is_genuine(report, event, &subject, &is_right, failure) != 0)
		return -1;
	by = roster_officer_by_key(taking->past.roster, event->keyid);
	if (!is_right || by == NULL)
		return failure_set(failure, EX_PROTOCOL, FORGED, "signature");
	entry.officer = by;
	entry.by = by->name;
	if (place_event(taking, &entry, failure) != 0)
		return -1;
	if (event->type == EVENT_ACK && officer_is_me(officer, event->keyid))
		taking->history.is_acknowledged_by_me = true;
	if (taking->history.count == taking->seen.count &&
		!bytes_equal(taking->history.last, taking->seen.digest, SHA256_BYTES))
		return failure_set(failure, EX_PROTOCOL, FORGED, "fork");
	return 0;
}

static int keep_in_mind(struct officer *officer, const struct report *report, const struct history *history,
	struct failure *failure)
{
	struct seen seen = { .count = history->count };

	memcpy(seen.digest, history->last, sizeof seen.digest);
	memcpy(seen.owner, history->owner, sizeof seen.owner);
	return seen_put(&officer->items, report->id, &seen, failure);
}

int history_read(struct officer *officer, const struct report *report, history_each *each, void *context,
	struct history *ret_history, struct failure *failure)
{
	struct taking taking = { .officer = officer,
		.report = report,
		.history = history_of(report->json),
		.reader = event_reader(report->file_key),
		.each = each,
		.context = context };
	int rc;

	memcpy(taking.history.desk, report->destination.desk, sizeof taking.history.desk);
	rc = taking.reader == NULL ? failure_memory(failure)
				   : seen_get(&officer->items, report->id, &taking.seen, failure);

	if (rc == 0)
		rc = event_pages(officer, report->id, take_event, &taking, failure);
	if (rc == 0 && taking.history.count < taking.seen.count)
		rc = failure_set(failure, EX_PROTOCOL, FORGED, "events are missing");
	if (rc == 0)
		rc = keep_in_mind(officer, report, &taking.history, failure);
	if (rc == 0)
		*ret_history = taking.history;
	age_identity_free(taking.reader);
	roster_free(taking.past.roster);
	return rc;
}

int history_fetch(struct officer *officer, const struct report *report, struct history *ret_history,
	struct failure *failure)
{
	return history_read(officer, report, NULL, NULL, ret_history, failure);
}

/* Sends a signed event. */
static int post(struct officer *officer, const struct report *report, const struct report_event *event,
	struct failure *failure)
{
	struct buffer body = buffer_of(EVENT_MAX);
	char path[HISTORY_PATH_SIZE];
	int rc;

	(void)snprintf(path, sizeof path, "reports/%s/events", report->id);
	if (event_write(event, &body) != 0)
		rc = failure_memory(failure);
	else
		rc = officer_post(officer, path, &body, "the event was not taken", failure);
	buffer_free(&body);
	return rc;
}

/* Filled in but not signed: the next link of the chain. next is history with this event in it, but for its
 * digest. */
static int fill_event(struct officer *officer, const struct report *report, const struct history *next,
	const json_t *content, struct report_event *event, struct failure *failure)
{
	struct age_identity *reader = NULL;
	struct fault fault;
	int rc = 0;

	event->number = next->count;
	memcpy(event->previous, next->last, SHA256_BYTES);
	memcpy(event->header, report->header_digest, SHA256_BYTES);
	event->created = clock_wall_ms() / 1000;
	event->roster = organisation_roster(officer->organisation)->version;
	if (event->type == EVENT_TRANSFER)
		memcpy(event->desk, next->offered, sizeof event->desk);
	if (content == NULL)
		return 0;
	reader = event_reader(report->file_key);
	if (reader == NULL)
		rc = failure_memory(failure);
	else if (event_content_seal(event, content, reader->recipient, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	age_identity_free(reader);
	return rc;
}

/* next is history with this event in it. */
static int sign_and_post(struct officer *officer, const struct report *report, struct report_event *event,
	struct history *next, struct failure *failure)
{
	struct event_subject subject;
	uint8_t *proof_secret = NULL, proof_key[ED25519_PUBLIC_BYTES];
	int rc = -1;

	memcpy(subject.organisation, organisation_fingerprint(officer->organisation), FINGERPRINT_SIZE);
	memcpy(subject.report, report->id, sizeof subject.report);
	if (proof_key_of(report, &proof_secret, proof_key, failure) != 0)
		return -1;
	if (event_sign(event, &subject, officer->identity->signing_key, proof_secret) != 0 ||
		event_digest(event, &subject, next->last) != 0)
		rc = failure_memory(failure);
	else if (post(officer, report, event, failure) == 0 &&
		 keep_in_mind(officer, report, next, failure) == 0)
		rc = 0;
	sodium_free(proof_secret);
	return rc;
}

int history_add(struct officer *officer, const struct report *report, enum event_type type,
	const json_t *content, struct history *history, struct failure *failure)
{
	struct report_event *event = report_event_new();
	struct history next = *history;
	const struct roster_officer *me;
	struct actor actor;
	int rc = -1;

	if (event == NULL)
		return failure_memory(failure);
	event->type = type;
	if (officer_me(officer, &me, failure) != 0)
		goto cleanup;
	actor = actor_of(me);
	if (history_apply(&next, type, &actor, content) != 0) {
		rc = failure_set(failure, EX_DATAERR, "that can't be done with a report that is `%s': %s",
			state_word(history->state),
			history->state == STATE_NEW ? "acknowledge it first" : "look at its history");
		goto cleanup;
	}
	next.count++;
	if (fill_event(officer, report, &next, content, event, failure) != 0 ||
		sign_and_post(officer, report, event, &next, failure) != 0)
		goto cleanup;
	next.is_acknowledged_by_me = next.is_acknowledged_by_me || type == EVENT_ACK;
	*history = next;
	rc = 0;
cleanup:
	report_event_free(event);
	return rc;
}
