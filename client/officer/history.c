#include "history.h"

#include "keys/clock.h"
#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/route.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_PAGE_MAX  (4 * 1024 * 1024) /* twice what the store puts into one answer */
#define HISTORY_PATH_SIZE 128
#define SEEN_ITEM_SIZE    80
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
	if (secret == NULL ||
		proof_signing_key(report_opener_file_key(report->opener), secret, ret_public) != 0) {
		sodium_free(secret);
		return failure_memory(failure);
	}
	*ret_secret = secret;
	return 0;
}

/* What was seen last time, as an item: `<count> <digest, hex>`. */
static void seen_name(const struct report *report, char ret_name[SEEN_ITEM_SIZE])
{
	(void)snprintf(ret_name, SEEN_ITEM_SIZE, "events-%s", report->id);
}

static int remember(struct officer *officer, const struct report *report, const struct history *history,
	struct failure *failure)
{
	char name[SEEN_ITEM_SIZE], text[SHA256_HEX_CHARS + 24], digest[SHA256_HEX_CHARS + 1];

	seen_name(report, name);
	hex_encode(history->last, sizeof history->last, digest);
	(void)snprintf(text, sizeof text, "%" PRIu64 " %s", history->count, digest);
	return items_put(&officer->items, name, text, strlen(text), failure);
}

struct seen {
	uint64_t count; /* 0 where nothing was seen */
	uint8_t digest[SHA256_BYTES];
};

static int recall(
	struct officer *officer, const struct report *report, struct seen *ret_seen, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	char name[SEEN_ITEM_SIZE];
	struct reader reader;
	bool found = false;
	int rc = -1;

	*ret_seen = (struct seen){ 0 };
	seen_name(report, name);
	if (items_get(&officer->items, name, &text, &found, failure) != 0)
		goto cleanup;
	reader = reader_of(text.data, text.len);
	if (!found)
		rc = 0;
	else if (reader_decimal(&reader, &ret_seen->count) != 0 || reader_literal(&reader, " ") != 0 ||
		 hex_decode((const char *)reader.at, reader.left, ret_seen->digest, SHA256_BYTES) != 0)
		rc = failure_set(
			failure, EX_CONFIG, "a file of the home is damaged: remove %.20s… from it", name);
	else
		rc = 0;
cleanup:
	buffer_free(&text);
	return rc;
}

/* A history on its way in. */
struct taking {
	struct history history; /* so far */
	struct seen seen;
	struct past_roster past;
};

/* One event in its place. */
static int take_event(struct officer *officer, const struct report *report, const struct report_event *event,
	struct taking *taking, struct failure *failure)
{
	struct history *history = &taking->history;
	struct event_subject subject;
	const struct roster_officer *by;
	uint8_t *proof_secret = NULL, proof_key[ED25519_PUBLIC_BYTES];
	int verified;

	if (past_roster_at(officer, event->roster, &taking->past, failure) != 0 ||
		proof_key_of(report, &proof_secret, proof_key, failure) != 0)
		return -1;
	memcpy(subject.organisation, taking->past.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, report->id, sizeof subject.report);
	verified = event_verify(event, &subject, report->has_proof ? proof_key : NULL);
	sodium_free(proof_secret);
	by = roster_officer_by_key(taking->past.roster, event->keyid);
	if (verified != 0 || by == NULL)
		return failure_set(failure, EX_PROTOCOL, FORGED, "signature");
	if (event->number != history->count + 1 ||
		!bytes_equal(event->previous, history->last, SHA256_BYTES) ||
		event_next_state(history->state, event->type, &history->state) != 0)
		return failure_set(failure, EX_PROTOCOL, FORGED, "order");
	if (event->type == EVENT_ACK) {
		if (history->owner[0] == '\0')
			memcpy(history->owner, by->name, NAME_SIZE);
		if (bytes_equal(event->keyid, officer->identity->public_key, ED25519_PUBLIC_BYTES))
			history->is_acknowledged_by_me = true;
	}
	history->count++;
	if (event_digest(event, &subject, history->last) != 0)
		return failure_memory(failure);
	if (history->count == taking->seen.count &&
		!bytes_equal(history->last, taking->seen.digest, SHA256_BYTES))
		return failure_set(failure, EX_PROTOCOL, FORGED, "fork");
	return 0;
}

/* One page of them. */
static int take_events(struct officer *officer, const struct report *report, const json_t *list,
	struct taking *taking, struct failure *failure)
{
	size_t at;
	json_t *value;

	json_array_foreach(list, at, value)
	{
		struct buffer text = buffer_of(EVENT_MAX);
		struct report_event *event = NULL;
		struct fault fault;
		int rc = json_put(value, &text) != 0 ? failure_memory(failure)
			 : event_parse((const char *)text.data, text.len, &event, &fault) != 0
				 ? failure_of(failure, EX_PROTOCOL, &fault)
				 : take_event(officer, report, event, taking, failure);

		report_event_free(event);
		buffer_free(&text);
		if (rc != 0)
			return -1;
	}
	return 0;
}

/* *ret_more: the server has events behind these. */
static int take_page(struct officer *officer, const struct report *report, struct taking *taking,
	bool *ret_more, struct failure *failure)
{
	char path[HISTORY_PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = HISTORY_PAGE_MAX };
	struct link_answer answer = { 0 };
	uint64_t before = taking->history.count;
	json_t *json = NULL;
	struct fault fault;
	int rc = -1;

	(void)snprintf(path, sizeof path, "reports/%s/events?after=%" PRIu64, report->id, before);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (answer.status != 200)
		rc = link_refused(&answer, "no history", failure);
	else if (json_parse((const char *)answer.body.data, answer.body.len, HISTORY_PAGE_MAX, &json,
			 &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	else if (!json_is_array(json_object_get(json, "events")))
		rc = failure_set(failure, EX_PROTOCOL, FORGED, "form");
	else
		rc = take_events(officer, report, json_object_get(json, "events"), taking, failure);
	*ret_more = json_is_true(json_object_get(json, "more"));
	if (rc == 0 && *ret_more && taking->history.count == before)
		rc = failure_set(failure, EX_PROTOCOL, FORGED, "an empty page");
	json_decref(json);
	link_answer_free(&answer);
	return rc;
}

int history_fetch(struct officer *officer, const struct report *report, struct history *ret_history,
	struct failure *failure)
{
	struct taking taking = { .history.state = STATE_NEW };
	bool more = true;
	int rc = recall(officer, report, &taking.seen, failure);

	while (rc == 0 && more)
		rc = take_page(officer, report, &taking, &more, failure);
	if (rc == 0 && taking.history.count < taking.seen.count)
		rc = failure_set(failure, EX_PROTOCOL, FORGED, "events are missing");
	if (rc == 0)
		rc = remember(officer, report, &taking.history, failure);
	if (rc == 0)
		*ret_history = taking.history;
	roster_free(taking.past.roster);
	return rc;
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
		rc = officer_post(officer, path, &body, "not acknowledged", failure);
	buffer_free(&body);
	return rc;
}

int history_add(struct officer *officer, const struct report *report, enum event_type type,
	struct history *history, struct failure *failure)
{
	struct report_event *event = report_event_new();
	struct history next = *history;
	struct event_subject subject;
	uint8_t *proof_secret = NULL, proof_key[ED25519_PUBLIC_BYTES];
	int rc = -1;

	if (event == NULL)
		return failure_memory(failure);
	memcpy(subject.organisation, organisation_fingerprint(officer->organisation), FINGERPRINT_SIZE);
	memcpy(subject.report, report->id, sizeof subject.report);
	event->number = history->count + 1;
	memcpy(event->previous, history->last, SHA256_BYTES);
	event->type = type;
	memcpy(event->header, report->header_digest, SHA256_BYTES);
	event->created = clock_wall_ms() / 1000;
	event->roster = organisation_roster(officer->organisation)->version;
	if (event_next_state(history->state, type, &next.state) != 0) {
		rc = failure_set(failure, EX_DATAERR, "that can't be done with a report that is `%s'",
			state_word(history->state));
		goto cleanup;
	}
	if (proof_key_of(report, &proof_secret, proof_key, failure) != 0)
		goto cleanup;
	if (event_sign(event, &subject, officer->identity->signing_key, proof_secret) != 0 ||
		event_digest(event, &subject, next.last) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	next.count = event->number;
	if (post(officer, report, event, failure) != 0 || remember(officer, report, &next, failure) != 0)
		goto cleanup;
	*history = next;
	rc = 0;
cleanup:
	sodium_free(proof_secret);
	report_event_free(event);
	return rc;
}
