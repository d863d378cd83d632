#include "rewrap_one.h"

#include "history.h"
#include "readers.h"
#include "report_internal.h"
#include "view.h"

#include "proto/age_stream.h"
#include "proto/json.h"
#include "proto/report_schema.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE  128
#define PEEKED_MAX (AGE_HEADER_MAX + AGE_NONCE_BYTES + AGE_SEALED_CHUNK_BYTES)
#define TRIES      3 /* others may wrap it in the same moment */

/* As much of a report as is needed: header and first chunk, however large the evidence is. */
struct peek {
	const char *desk; /* whose it is; NULL for a look only */
	const char *also; /* a desk that is to read it too; NULL for none */
	bool is_offered;  /* so the server says: to which desk, the history tells */
	char offered[NAME_SIZE];
	bool is_ordered;       /* a new header is made however new the newest is */
	struct report *report; /* without file and opener */
	struct link_answer answer;
	struct age_header *newest;
	struct age_header *before;       /* the one that the newest replaced, where that is what opens */
	const struct age_header *header; /* of the two the one that is gone by */
	uint8_t *file_key;
	uint8_t *plaintext;  /* of the first chunk, in guarded memory */
	struct buffer first; /* the first header, where the newest isn't it */
	bool is_recovered;
	bool is_alarming; /* and that was somebody's doing */
};

static void peek_end(struct peek *peek)
{
	report_free(peek->report);
	link_answer_free(&peek->answer);
	age_header_free(peek->newest);
	age_header_free(peek->before);
	sodium_free(peek->file_key);
	sodium_free(peek->plaintext);
	buffer_free(&peek->first);
}

static int peek_begin(struct peek *peek, const char *desk, const char *id, struct failure *failure)
{
	*peek = (struct peek){ .desk = desk, .first = buffer_of(AGE_HEADER_MAX) };
	peek->report = report_new(id);
	peek->file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	peek->plaintext = sodium_malloc(AGE_CHUNK_BYTES);
	if (peek->report != NULL)
		peek->report->file_key = peek->file_key;
	return peek->report != NULL && peek->file_key != NULL && peek->plaintext != NULL
		       ? 0
		       : failure_memory(failure);
}

static int fetch(struct officer *officer, struct peek *peek, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = PEEKED_MAX };
	struct fault fault;
	bool cut_short;

	(void)snprintf(path, sizeof path, "reports/%s/header", peek->report->id);
	if (officer_call(officer, &request, NULL, &peek->answer, failure) != 0)
		return -1;
	if (peek->answer.status != 200)
		return link_refused(&peek->answer, "no header", failure);
	if (age_header_parse(
		    peek->answer.body.data, peek->answer.body.len, &peek->newest, &cut_short, &fault) != 0)
		return failure_set(failure, EX_DATAERR, "the report is damaged: %s", fault.text);
	peek->header = peek->newest;
	return 0;
}

/* Whether this key opens the first chunk. Alone it doesn't tell whether it is the last. */
static int open_chunk(const struct peek *peek, const uint8_t *file_key)
{
	const uint8_t *nonce = peek->answer.body.data + peek->newest->len;
	size_t len = peek->answer.body.len - peek->newest->len;
	int rc = -1;

	if (len <= AGE_NONCE_BYTES + AGE_TAG_BYTES || len > AGE_NONCE_BYTES + AGE_SEALED_CHUNK_BYTES)
		return -1;
	len -= AGE_NONCE_BYTES;
	for (int last = len == AGE_SEALED_CHUNK_BYTES ? 0 : 1; rc != 0 && last <= 1; last++) {
		struct age_stream *stream = age_stream_new(file_key, nonce);

		if (stream != NULL)
			rc = age_stream_open(
				stream, nonce + AGE_NONCE_BYTES, len, last == 1, peek->plaintext);
		age_stream_free(stream);
	}
	return rc;
}

static int read_text(struct peek *peek, struct failure *failure)
{
	size_t len = peek->answer.body.len - peek->newest->len - AGE_NONCE_BYTES - AGE_TAG_BYTES;
	struct report_text look;
	int rc = 0;

	if (report_text_begin(&look, &peek->report->text) != 0)
		return failure_memory(failure);
	if (report_text_take(&look, peek->plaintext, len) != 0)
		rc = failure_of(failure, EX_DATAERR, &look.fault);
	else if (!look.done)
		rc = failure_set(failure, EX_DATAERR, "there is no report.json inside: this isn't a report");
	report_text_end(&look);
	return rc;
}

/* Opens the newest header, and proves it where it isn't the first. */
static int open_newest(struct officer *officer, struct peek *peek, struct failure *failure)
{
	const struct opened_header opened = { peek->report->id, peek->newest, peek->file_key, NULL };
	struct report *report = peek->report;
	struct fault fault;

	if (officer_unwrap(officer, peek->newest, peek->file_key, &report->reader, &fault) != 0)
		return failure_set(failure, EX_NOPERM,
			"you can't open it: %s; a colleague of the desk may wrap it again", fault.text);
	if (!report->is_wrapped)
		return 0;
	return wrapped_check(officer, &opened, report->wrapping.wrapping, &peek->first, &report->by, failure);
}

/* By the roster that the wrapping names she could have expected to be among its readers. */
static bool was_left_out(struct officer *officer, const struct peek *peek)
{
	const struct roster *roster = NULL;
	struct failure ignored;

	if (officer_roster_at(officer, peek->report->wrapping.wrapping->roster, &roster, &ignored) != 0)
		return false;
	for (const struct identity *one = officer->identities; one != NULL; one = one->older) {
		const struct roster_officer *me = roster_officer_by_key(roster, one->public_key);

		if (me != NULL && officer_serves(me, peek->desk))
			return true;
	}
	return false;
}

/* A colleague has wrapped it so that it doesn't open, or left this officer out: nobody else has confirmed
 * that, so that the header before is still there. */
static int open_before(struct officer *officer, struct peek *peek)
{
	const struct wrapping_state *state = &peek->report->wrapping;
	struct fault fault;
	bool cut_short;

	if (state->replaced == NULL ||
		age_header_parse(state->replaced, state->replaced_len, &peek->before, &cut_short, &fault) !=
			0 ||
		officer_unwrap(officer, peek->before, peek->file_key, &peek->report->reader, &fault) != 0 ||
		open_chunk(peek, peek->file_key) != 0)
		return -1;
	peek->header = peek->before;
	peek->is_recovered = true;
	peek->report->is_wrapped = false; /* what is said about the newest doesn't count */
	return 0;
}

static int open_header(struct officer *officer, struct peek *peek, struct failure *failure)
{
	struct report *report = peek->report;

	if (wrapped_fetch(officer, report->id, &report->wrapping, &report->is_wrapped, failure) != 0)
		return -1;
	if (open_newest(officer, peek, failure) == 0)
		return open_chunk(peek, peek->file_key) == 0
			       ? 0
			       : failure_set(failure, EX_DATAERR,
					 "the report is damaged: its first part doesn't open");
	if (failure->exit_code != EX_NOPERM && failure->exit_code != EX_PROTOCOL)
		return -1;
	if (!report->is_wrapped || open_before(officer, peek) != 0)
		return -1;
	peek->is_alarming =
		failure->exit_code == EX_PROTOCOL || (peek->desk != NULL && was_left_out(officer, peek));
	return 0;
}

/* Whatever its other fields are worth: who is excluded must be readable. */
static int read_json(struct report *report, struct failure *failure)
{
	const json_t *exclude, *name;
	struct fault fault;
	size_t at;

	if (json_parse((const char *)report->text.data, report->text.len, REPORT_JSON_MAX, &report->json,
		    &fault) != 0)
		return failure_of(failure, EX_DATAERR, &fault);
	exclude = json_object_get(report->json, "exclude");
	if (exclude != NULL && !json_is_array(exclude))
		return failure_set(failure, EX_DATAERR, "whom it excludes can't be read");
	json_array_foreach(exclude, at, name)
	{
		if (!json_is_string(name))
			return failure_set(failure, EX_DATAERR, "whom it excludes can't be read");
	}
	return 0;
}

/* The desk whose list named it is what it was sealed for, or what it was transferred to. */
static int check_desk(struct officer *officer, const struct peek *peek, struct failure *failure)
{
	struct history history;

	if (peek->desk == NULL || strcmp(peek->report->destination.desk, peek->desk) == 0)
		return 0;
	if (history_fetch(officer, peek->report, &history, failure) != 0)
		return -1;
	return strcmp(history.desk, peek->desk) == 0
		       ? 0
		       : failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "desk");
}

static int look(struct officer *officer, struct peek *peek, struct failure *failure)
{
	struct report *report = peek->report;
	const char *urgency;

	if (open_header(officer, peek, failure) != 0 || read_text(peek, failure) != 0 ||
		read_json(report, failure) != 0)
		return -1;
	report->header = peek->header;
	if (report_check(officer, report, failure) != 0)
		return -1;
	if (report->has_proof)
		return check_desk(officer, peek, failure);
	if (peek->desk == NULL)
		return 0;
	/* Sealed by other means: the desk is where it was sent, the urgency what it says. */
	urgency = json_string_value(json_object_get(report->json, "urgency"));
	memcpy(report->destination.desk, peek->desk, NAME_SIZE);
	return urgency != NULL && urgency_of(urgency, strlen(urgency), &report->destination.urgency) == 0
		       ? 0
		       : failure_set(failure, EX_DATAERR, "the report says no urgency");
}

/* The server's word alone gives a report to nobody: an officer has signed the offer. */
static int find_offer(struct officer *officer, struct peek *peek, struct failure *failure)
{
	struct history history;

	if (history_fetch(officer, peek->report, &history, failure) != 0)
		return -1;
	memcpy(peek->offered, history.offered, sizeof peek->offered);
	if (peek->offered[0] != '\0')
		peek->also = peek->offered;
	return 0;
}

/* Where she is among the new readers, her key out of the new header opens the same chunk. */
static int check_made(const struct officer *officer, const struct peek *peek,
	const struct recipients *readers, const struct buffer *made)
{
	const struct age_identity *reader = NULL;
	struct age_header *header = NULL;
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct fault fault;
	bool cut_short, is_reader = false;
	int rc = -1;

	for (size_t at = 0; at < readers->count; at++)
		is_reader = is_reader || bytes_equal(readers->keys[at], officer->identity->age->recipient,
						 AGE_RECIPIENT_BYTES);
	if (file_key == NULL || age_header_parse(made->data, made->len, &header, &cut_short, &fault) != 0 ||
		header->len != made->len || age_header_verify(header, peek->file_key) != 0)
		goto cleanup;
	if (!is_reader)
		rc = 0;
	else if (officer_unwrap(officer, header, file_key, &reader, &fault) == 0)
		rc = open_chunk(peek, file_key);
cleanup:
	age_header_free(header);
	sodium_free(file_key);
	return rc;
}

/* The first header travels as it was sealed once. Where that isn't there, or not one, what was opened is the
 * first. */
static int set_first(const struct peek *peek, struct wrapping *wrapping)
{
	const struct wrapping *before = peek->report->wrapping.wrapping;
	struct buffer sealed = buffer_of(FIRST_HEADER_MAX), first = buffer_of(AGE_HEADER_MAX);
	int rc = -1;

	if (before != NULL && (!peek->is_recovered || first_header_open(peek->file_key, before->first,
							      before->first_len, &first) == 0))
		rc = wrapping_set_first(wrapping, before->first, before->first_len);
	else if (first_header_seal(peek->file_key, peek->header->text, peek->header->len, &sealed) == 0)
		rc = wrapping_set_first(wrapping, sealed.data, sealed.len);
	buffer_free(&sealed);
	buffer_free(&first);
	return rc;
}

/* Those of its desk, and of the one that is to read it too. */
static int choose(const struct officer *officer, const struct peek *peek, struct recipients *readers,
	struct failure *failure)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	struct destination to = peek->report->destination;
	struct recipients more;

	memcpy(to.desk, peek->desk, strlen(peek->desk) + 1);
	if (readers_choose(roster, peek->report->json, NULL, &to, readers, failure) != 0)
		return -1;
	if (peek->also == NULL)
		return 0;
	memcpy(to.desk, peek->also, strlen(peek->also) + 1);
	if (readers_choose(
		    roster, peek->report->json, view_agreed(peek->report->json), &to, &more, failure) == 0)
		return recipients_join(readers, &more, failure);
	/* An offer that nobody there may read any more keeps its own desk from nothing. */
	return peek->is_ordered ? -1 : 0;
}

static int make(const struct officer *officer, const struct peek *peek, struct wrapping *wrapping,
	struct failure *failure)
{
	struct recipients readers;
	struct buffer made = buffer_of(AGE_HEADER_MAX);
	int rc = -1;

	if (choose(officer, peek, &readers, failure) != 0)
		return -1;
	if (wrapping_make_header(peek->header, peek->file_key,
		    (const uint8_t(*)[AGE_RECIPIENT_BYTES])readers.keys, readers.count, &made) != 0 ||
		set_first(peek, wrapping) != 0 || wrapping_set_header(wrapping, made.data, made.len) != 0)
		rc = failure_memory(failure);
	else if (check_made(officer, peek, &readers, &made) != 0)
		rc = failure_set(failure, EX_SOFTWARE,
			"the new header doesn't open the report: tell who maintains this");
	else
		rc = 0;
	buffer_free(&made);
	return rc;
}

static int wrap(struct officer *officer, const struct peek *peek, struct failure *failure)
{
	const struct opened_header opened = { peek->report->id, peek->header, peek->file_key, peek->newest };
	struct wrapping *wrapping = wrapping_new();
	int rc = -1;

	if (wrapping == NULL)
		rc = failure_memory(failure);
	else if (make(officer, peek, wrapping, failure) == 0)
		rc = wrapped_put(officer, &opened, wrapping, failure);
	wrapping_free(wrapping);
	return rc;
}

/* What is left to do with a report that she has opened. */
static int settle(struct officer *officer, const struct peek *peek, struct failure *failure)
{
	const struct opened_header opened = { peek->report->id, peek->newest, peek->file_key, NULL };
	const struct wrapping_state *state = &peek->report->wrapping;

	if (peek->is_recovered || peek->is_ordered || state->wrapping == NULL)
		return wrap(officer, peek, failure);
	if (!state->is_confirmed && !officer_is_me(officer, state->wrapping->keyid) &&
		wrapped_confirm(officer, &opened, failure) != 0)
		return -1;
	return state->wrapping->roster < organisation_roster(officer->organisation)->version
		       ? wrap(officer, peek, failure)
		       : 0;
}

static int try_once(struct officer *officer, const struct peek *order, const char *id, bool *ret_is_alarming,
	struct failure *failure)
{
	struct peek peek;
	int rc = -1;

	if (peek_begin(&peek, order->desk, id, failure) == 0) {
		peek.also = order->also;
		peek.is_ordered = order->is_ordered;
		if (fetch(officer, &peek, failure) == 0 && look(officer, &peek, failure) == 0 &&
			(!order->is_offered || find_offer(officer, &peek, failure) == 0))
			rc = settle(officer, &peek, failure);
	}
	*ret_is_alarming = peek.is_alarming;
	peek_end(&peek);
	return rc;
}

static int try_often(struct officer *officer, const struct peek *order, const char *id, bool *ret_is_alarming,
	struct failure *failure)
{
	for (int try = 1;; try++) {
		int rc = try_once(officer, order, id, ret_is_alarming, failure);

		if (rc == 0 || failure->exit_code != EX_TEMPFAIL || try == TRIES)
			return rc;
		if (organisation_refresh(officer->organisation, NULL, failure) != 0)
			return -1;
	}
}

int rewrap_one(struct officer *officer, const char *desk, const struct header_entry *entry,
	bool *ret_is_alarming, struct failure *failure)
{
	const struct peek order = { .desk = desk, .is_offered = entry->offered[0] != '\0' };

	return try_often(officer, &order, entry->report, ret_is_alarming, failure);
}

int rewrap_for(struct officer *officer, const char *report, const char *desk, const char *also,
	struct failure *failure)
{
	const struct peek order = { .desk = desk, .also = also, .is_ordered = true };
	bool is_alarming;

	return try_often(officer, &order, report, &is_alarming, failure);
}

int report_glance_with(
	struct officer *officer, const char *report, report_use *use, void *context, struct failure *failure)
{
	struct peek peek;
	int rc = -1;

	if (peek_begin(&peek, NULL, report, failure) == 0 && fetch(officer, &peek, failure) == 0 &&
		look(officer, &peek, failure) == 0)
		rc = use(context, peek.report, failure);
	peek_end(&peek);
	return rc;
}

static int keep_json(void *context, const struct report *report, struct failure *failure)
{
	json_t **ret_json = context;

	(void)failure;
	*ret_json = json_incref(report->json);
	return 0;
}

int report_glance(struct officer *officer, const char *report, json_t **ret_json, struct failure *failure)
{
	return report_glance_with(officer, report, keep_json, ret_json, failure);
}
