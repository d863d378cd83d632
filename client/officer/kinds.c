#include "kinds.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "report.h"
#include "report_text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_KINDS "looked"
#define KINDS_MAX  4000 /* the oldest are forgotten, and looked at again if they are still open */
#define PATH_SIZE  128
#define PEEKED_MAX (AGE_HEADER_MAX + AGE_NONCE_BYTES + AGE_SEALED_CHUNK_BYTES)

void kinds_free(struct kinds *kinds)
{
	free(kinds->list);
	*kinds = (struct kinds){ 0 };
}

struct known *kinds_find(const struct kinds *kinds, const char *id)
{
	for (size_t at = kinds->count; at > 0; at--) {
		if (strcmp(kinds->list[at - 1].id, id) == 0)
			return &kinds->list[at - 1];
	}
	return NULL;
}

bool kind_is_left_out(enum report_kind kind)
{
	return kind == REPORT_COVER || kind == REPORT_CANARY;
}

static struct known *add(struct kinds *kinds, const struct known *known)
{
	if (kinds->count == KINDS_MAX) {
		memmove(kinds->list, kinds->list + 1, (KINDS_MAX - 1) * sizeof *kinds->list);
		kinds->count--;
	}
	if (kinds->count == kinds->room) {
		size_t room = kinds->room * 2 + 64;
		struct known *grown = reallocarray(kinds->list, room, sizeof *grown);

		if (grown == NULL)
			return NULL;
		kinds->list = grown;
		kinds->room = room;
	}
	kinds->list[kinds->count] = *known;
	kinds->has_changed = true;
	return &kinds->list[kinds->count++];
}

/* Which reports are dummies or were sent under duress is nobody's business who finds her disk. */
static void key_of(const struct officer *officer, uint8_t ret_key[crypto_secretbox_KEYBYTES])
{
	static const uint8_t context[] = "looked/1";

	(void)crypto_generichash(ret_key, crypto_secretbox_KEYBYTES, context, sizeof context,
		officer->identity->signing_key, sizeof officer->identity->signing_key);
}

static json_t *known_to_json(const struct known *known)
{
	json_t *steps = json_array();
	json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:I, s:I, s:b, s:o}", "id", known->id, "desk",
		known->desk, "kind", (int)known->kind, "urgency", urgency_word(known->urgency), "accepted",
		(json_int_t)known->accepted, "refusals", (json_int_t)known->refusals, "planned",
		known->is_planned, "steps", steps);

	for (size_t at = 0; json != NULL && at < known->step_count; at++) {
		if (json_array_append_new(
			    steps, json_pack("{s:s, s:I}", "type", event_type_word(known->steps[at].type),
					   "at", (json_int_t)known->steps[at].at)) != 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static int steps_of_json(const json_t *list, struct known *known)
{
	const json_t *one;
	size_t at;

	json_array_foreach(list, at, one)
	{
		struct kinds_step *step = &known->steps[known->step_count];
		const char *type;
		uint64_t when;
		size_t len;

		if (known->step_count == KINDS_STEPS_MAX || member_text(one, "type", &type, &len) != 0 ||
			event_type_of(type, len, &step->type) != 0 || member_number(one, "at", &when) != 0)
			return -1;
		step->at = (int64_t)when;
		known->step_count++;
	}
	return 0;
}

static int known_of_json(const json_t *json, struct known *ret_known)
{
	const char *id, *desk, *urgency;
	size_t id_len, desk_len, urgency_len;
	uint64_t kind, accepted;

	*ret_known = (struct known){ 0 };
	if (member_text(json, "id", &id, &id_len) != 0 || id_len != ID_SIZE - 1 ||
		member_text(json, "desk", &desk, &desk_len) != 0 ||
		name_of(desk, desk_len, ret_known->desk) != 0 ||
		member_text(json, "urgency", &urgency, &urgency_len) != 0 ||
		urgency_of(urgency, urgency_len, &ret_known->urgency) != 0 ||
		member_number(json, "kind", &kind) != 0 || kind > REPORT_DURESS ||
		member_number(json, "accepted", &accepted) != 0 ||
		member_number(json, "refusals", &ret_known->refusals) != 0)
		return -1;
	memcpy(ret_known->id, id, ID_SIZE);
	ret_known->kind = (enum report_kind)kind;
	ret_known->accepted = (int64_t)accepted;
	ret_known->is_planned = json_is_true(json_object_get(json, "planned"));
	return steps_of_json(json_object_get(json, "steps"), ret_known);
}

static int read_list(const char *text, size_t len, struct kinds *kinds)
{
	json_t *document = NULL;
	const json_t *one;
	struct fault fault;
	struct known known;
	size_t at;
	int rc = json_parse(text, len, ITEM_MAX, &document, &fault);

	json_array_foreach(json_object_get(document, "reports"), at, one)
	{
		if (rc != 0 || known_of_json(one, &known) != 0 || add(kinds, &known) == NULL) {
			rc = -1;
			break;
		}
	}
	json_decref(document);
	return rc;
}

int kinds_load(struct officer *officer, struct kinds *ret_kinds, struct failure *failure)
{
	struct buffer sealed = buffer_of(ITEM_MAX);
	uint8_t key[crypto_secretbox_KEYBYTES];
	bool found = false;
	int rc = items_get(&officer->items, ITEM_KINDS, &sealed, &found, failure);

	*ret_kinds = (struct kinds){ 0 };
	key_of(officer, key);
	if (rc == 0 && found && sealed.len > crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES) {
		uint8_t *text = sealed.data + crypto_secretbox_NONCEBYTES;
		size_t len = sealed.len - crypto_secretbox_NONCEBYTES;

		if (crypto_secretbox_open_easy(text, text, len, sealed.data, key) != 0 ||
			read_list((const char *)text, len - crypto_secretbox_MACBYTES, ret_kinds) != 0)
			kinds_free(ret_kinds);
	}
	ret_kinds->has_changed = false;
	sodium_memzero(key, sizeof key);
	buffer_free(&sealed);
	return rc;
}

static int seal_list(const struct officer *officer, const json_t *document, struct buffer *sealed)
{
	struct buffer text = buffer_of(ITEM_MAX / 2);
	uint8_t key[crypto_secretbox_KEYBYTES], nonce[crypto_secretbox_NONCEBYTES];
	uint8_t *box = NULL;
	int rc = document == NULL ? -1 : json_put(document, &text);

	if (rc == 0)
		box = malloc(text.len + crypto_secretbox_MACBYTES);
	if (box != NULL) {
		key_of(officer, key);
		randombytes_buf(nonce, sizeof nonce);
		(void)crypto_secretbox_easy(box, text.data, text.len, nonce, key);
		buffer_put(sealed, nonce, sizeof nonce);
		buffer_put(sealed, box, text.len + crypto_secretbox_MACBYTES);
		sodium_memzero(key, sizeof key);
	}
	rc = box != NULL ? buffer_ok(sealed) : -1;
	free(box);
	buffer_free(&text);
	return rc;
}

int kinds_save(struct officer *officer, struct kinds *kinds, struct failure *failure)
{
	struct buffer sealed = buffer_of(ITEM_MAX);
	json_t *list = json_array(), *document = json_pack("{s:o}", "reports", list);
	int rc = document == NULL ? -1 : 0;

	for (size_t at = 0; kinds->has_changed && rc == 0 && at < kinds->count; at++)
		rc = json_array_append_new(list, known_to_json(&kinds->list[at]));
	if (kinds->has_changed && (rc != 0 || seal_list(officer, document, &sealed) != 0))
		rc = failure_memory(failure);
	else if (kinds->has_changed)
		rc = items_put(&officer->items, ITEM_KINDS, sealed.data, sealed.len, failure);
	else
		rc = 0;
	if (rc == 0)
		kinds->has_changed = false;
	json_decref(document);
	buffer_free(&sealed);
	return rc;
}

/* report.json out of the first chunk. */
static int read_first(
	struct officer *officer, const struct buffer *bytes, struct buffer *text, struct failure *failure)
{
	const struct age_identity *reader = NULL;
	struct age_header *header = NULL;
	struct report_opener *opener = NULL;
	struct report_text look;
	uint8_t id[REPORT_ID_BYTES], behind = 0;
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct fault fault = { "it isn't sealed to you" };
	bool is_short;
	int rc = -1;

	if (report_text_begin(&look, text) != 0) {
		sodium_free(file_key);
		return failure_memory(failure);
	}
	if (file_key == NULL || age_header_parse(bytes->data, bytes->len, &header, &is_short, &fault) != 0 ||
		officer_unwrap(officer, header, file_key, &reader, &fault) != 0 ||
		(opener = report_opener_new(reader, report_text_take, &look)) == NULL ||
		report_opener_feed(opener, bytes->data, bytes->len, &fault) != 0)
		goto cleanup;
	/* The chunk is the report's last, or something comes behind it: a byte shows which. */
	if (!look.done && bytes->len - header->len == AGE_NONCE_BYTES + AGE_SEALED_CHUNK_BYTES &&
		report_opener_feed(opener, &behind, 1, &fault) != 0)
		goto cleanup;
	if (!look.done && report_opener_finish(opener, id, &fault) != 0)
		goto cleanup;
	rc = look.done ? 0 : -1;
cleanup:
	if (rc != 0)
		rc = failure_set(failure, EX_NOPERM, "it can't be looked at: %s", fault.text);
	report_text_end(&look);
	report_opener_free(opener);
	age_header_free(header);
	sodium_free(file_key);
	return rc;
}

static enum report_kind kind_of_text(const struct buffer *text)
{
	enum report_kind kind = REPORT_ORDINARY;
	json_t *json = NULL;
	struct fault fault;

	if (json_parse((const char *)text->data, text->len, REPORT_JSON_MAX, &json, &fault) == 0)
		kind = report_kind(json);
	json_decref(json);
	return kind;
}

/* What the whole report says, once all is proven that a reader proves. */
static int prove_kind(
	struct officer *officer, const char *id, enum report_kind *ret_kind, struct failure *failure)
{
	struct report *report = NULL;
	int rc = report_take(officer, id, &report, failure);

	if (rc == 0)
		*ret_kind = report_kind(report->json);
	report_free(report);
	return rc;
}

static int look(struct officer *officer, const char *id, enum report_kind *ret_kind, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = PEEKED_MAX };
	struct link_answer answer = { 0 };
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	uint8_t digest[SHA256_BYTES], expected[ID_BYTES];
	int rc = -1;

	(void)snprintf(path, sizeof path, "reports/%s/header", id);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		goto cleanup;
	if (answer.status != 200) {
		rc = link_refused(&answer, "no report", failure);
		goto cleanup;
	}
	if (read_first(officer, &answer.body, &text, failure) != 0)
		goto cleanup;
	*ret_kind = kind_of_text(&text);
	rc = 0;
	if (*ret_kind != REPORT_ORDINARY && *ret_kind != REPORT_DURESS &&
		(sha256_once(answer.body.data, answer.body.len, digest) != 0 ||
			hex_decode(id, ID_SIZE - 1, expected, sizeof expected) != 0 ||
			!bytes_equal(digest, expected, sizeof digest)))
		rc = prove_kind(officer, id, ret_kind, failure);
cleanup:
	buffer_free(&text);
	link_answer_free(&answer);
	return rc;
}

int kinds_look(struct officer *officer, struct kinds *kinds, const struct alert *alert,
	struct known **ret_known, struct failure *failure)
{
	struct known known = { .urgency = alert->urgency, .accepted = alert->accepted };

	memcpy(known.id, alert->report, sizeof known.id);
	memcpy(known.desk, alert->desk, sizeof known.desk);
	if (look(officer, alert->report, &known.kind, failure) != 0)
		return -1;
	*ret_known = add(kinds, &known);
	return *ret_known != NULL ? 0 : failure_memory(failure);
}

void kinds_remember(struct officer *officer, const struct report *report)
{
	struct known known = { .kind = report_kind(report->json), .urgency = report->destination.urgency };
	struct kinds kinds = { 0 };
	struct failure ignored;

	if (known.kind == REPORT_ORDINARY || !report->has_proof || kinds_load(officer, &kinds, &ignored) != 0)
		return;
	memcpy(known.id, report->id, sizeof known.id);
	memcpy(known.desk, report->destination.desk, sizeof known.desk);
	if (kinds_find(&kinds, report->id) == NULL && add(&kinds, &known) != NULL &&
		kinds_save(officer, &kinds, &ignored) != 0)
		kinds.has_changed = false;
	kinds_free(&kinds);
}
