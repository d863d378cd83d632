#include "queue.h"

#include "proto/encode.h"
#include "proto/json.h"
#include "queue_json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_QUEUE    "queue"
#define ITEM_ACCEPTED "accepted"

struct queue {
	struct vault *vault;
	struct queued *entries[QUEUE_MAX];
	size_t count;
	json_t *accepted;              /* an array */
	struct receipt_ahead *receipt; /* sodium_malloc; NULL where there is none */
};

void queue_free(struct queue *queue)
{
	if (queue == NULL)
		return;
	for (size_t at = 0; at < queue->count; at++)
		free(queue->entries[at]);
	json_decref(queue->accepted);
	sodium_free(queue->receipt);
	free(queue);
}

size_t queue_count(const struct queue *queue)
{
	return queue->count;
}

const struct queued *queue_at(const struct queue *queue, size_t at)
{
	return at < queue->count ? queue->entries[at] : NULL;
}

static json_t *receipt_to_json(const struct receipt_ahead *receipt)
{
	char seed[HEX_CHARS(sizeof receipt->seed) + 1];
	json_t *json;

	if (receipt == NULL)
		return json_null();
	hex_encode(receipt->seed, sizeof receipt->seed, seed);
	json = json_pack("{s:s, s:s}", "number", receipt->number, "seed", seed);
	sodium_memzero(seed, sizeof seed);
	return json;
}

static int store(struct queue *queue, struct failure *failure)
{
	json_t *entries = json_array();
	json_t *document =
		json_pack("{s:o, s:o}", "entries", entries, "receipt", receipt_to_json(queue->receipt));
	int rc = 0;

	for (size_t at = 0; document != NULL && rc == 0 && at < queue->count; at++)
		rc = json_array_append_new(entries, queued_to_json(queue->entries[at]));
	if (document == NULL || rc != 0)
		rc = failure_memory(failure);
	else
		rc = json_store(queue->vault, ITEM_QUEUE, document, failure);
	json_decref(document);
	return rc;
}

static int damaged(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
}

static int load_receipt(struct queue *queue, const json_t *json, struct failure *failure)
{
	const char *number;
	size_t len;

	if (json_is_null(json))
		return 0;
	queue->receipt = sodium_malloc(sizeof *queue->receipt);
	if (queue->receipt == NULL)
		return failure_memory(failure);
	if (member_text(json, "number", &number, &len) != 0 || len >= sizeof queue->receipt->number ||
		member_hex(json, "seed", queue->receipt->seed, sizeof queue->receipt->seed) != 0)
		return damaged(failure);
	memcpy(queue->receipt->number, number, len + 1);
	return 0;
}

static int load_entries(struct queue *queue, const json_t *document, struct failure *failure)
{
	const json_t *entries = json_object_get(document, "entries");

	if (!json_is_array(entries) || json_array_size(entries) > QUEUE_MAX)
		return damaged(failure);
	for (size_t at = 0; at < json_array_size(entries); at++) {
		struct queued *entry = calloc(1, sizeof *entry);

		if (entry == NULL)
			return failure_memory(failure);
		queue->entries[queue->count++] = entry;
		if (queued_of_json(json_array_get(entries, at), entry) != 0)
			return damaged(failure);
	}
	return load_receipt(queue, json_object_get(document, "receipt"), failure);
}

static bool is_text(const json_t *json, const char *member, const char *value)
{
	const char *text = json_string_value(json_object_get(json, member));

	return text != NULL && strcmp(text, value) == 0;
}

static bool is_accepted(const struct queue *queue, const char *id)
{
	for (size_t at = 0; at < json_array_size(queue->accepted); at++)
		if (is_text(json_array_get(queue->accepted, at), "id", id))
			return true;
	return false;
}

static void forget(struct queue *queue, const struct queued *entry)
{
	for (size_t at = 0; at < queue->count; at++) {
		if (queue->entries[at] != entry)
			continue;
		free(queue->entries[at]);
		queue->count--;
		for (; at < queue->count; at++)
			queue->entries[at] = queue->entries[at + 1];
		return;
	}
}

int queue_drop(struct queue *queue, const struct queued *entry, struct failure *failure)
{
	if (vault_remove(queue->vault, entry->payload, failure) != 0)
		return -1;
	forget(queue, entry);
	return store(queue, failure);
}

/* After a crash: drafts, and what was accepted already. */
static int put_straight(struct queue *queue, struct failure *failure)
{
	for (size_t at = 0; at < queue->count;) {
		const struct queued *entry = queue->entries[at];

		/* A held report that waited would be released as it arrives. */
		if (entry->is_ready && !is_accepted(queue, entry->id) &&
			entry->destination.release[0] == '\0')
			at++;
		else if (queue_drop(queue, entry, failure) != 0)
			return -1;
	}
	return 0;
}

static int load_accepted(struct queue *queue, struct failure *failure)
{
	json_t *document = NULL;

	if (json_fetch(queue->vault, ITEM_ACCEPTED, &document, failure) != 0)
		return -1;
	queue->accepted =
		document == NULL ? json_array() : json_incref(json_object_get(document, "accepted"));
	json_decref(document);
	if (queue->accepted == NULL)
		return failure_memory(failure);
	return json_is_array(queue->accepted) ? 0 : damaged(failure);
}

int queue_load(struct vault *vault, struct queue **ret_queue, struct failure *failure)
{
	struct queue *queue = calloc(1, sizeof *queue);
	json_t *document = NULL;
	int rc = -1;

	if (queue == NULL)
		return failure_memory(failure);
	queue->vault = vault;
	if (json_fetch(vault, ITEM_QUEUE, &document, failure) != 0 || load_accepted(queue, failure) != 0)
		goto cleanup;
	if (document != NULL &&
		(load_entries(queue, document, failure) != 0 || put_straight(queue, failure) != 0))
		goto cleanup;
	*ret_queue = queue;
	queue = NULL;
	rc = 0;
cleanup:
	json_decref(document);
	queue_free(queue);
	return rc;
}

struct queued *queue_find(const struct queue *queue, const char *id)
{
	for (size_t at = 0; at < queue->count; at++)
		if (strcmp(queue->entries[at]->id, id) == 0)
			return queue->entries[at];
	return NULL;
}

int queue_save(struct queue *queue, struct failure *failure)
{
	return store(queue, failure);
}

bool queue_has_accepted(const struct queue *queue, const char *id)
{
	return is_accepted(queue, id);
}

int queue_add(struct queue *queue, struct queued **ret_entry, struct failure *failure)
{
	uint8_t name[(PAYLOAD_SIZE - 1) / 2];
	struct queued *entry;

	if (queue->count == QUEUE_MAX)
		return failure_set(failure, EX_CANTCREAT,
			"%d reports are waiting to be sent already: send them before writing more",
			QUEUE_MAX);
	entry = calloc(1, sizeof *entry);
	if (entry == NULL)
		return failure_memory(failure);
	randombytes_buf(name, sizeof name);
	hex_encode(name, sizeof name, entry->payload);
	randombytes_buf(entry->upload_key, sizeof entry->upload_key);
	queue->entries[queue->count++] = entry;
	if (store(queue, failure) != 0) {
		forget(queue, entry);
		return -1;
	}
	*ret_entry = entry;
	return 0;
}

int queue_ready(struct queue *queue, struct queued *entry, struct failure *failure)
{
	entry->is_ready = true;
	return store(queue, failure);
}

int queue_accepted(struct queue *queue, const struct queued *entry, const struct acceptance_answer *answer,
	uint64_t signed_by, struct failure *failure)
{
	json_t *document;
	int rc;

	if (entry->is_cover)
		return queue_drop(queue, entry, failure);
	if (!is_accepted(queue, entry->id) &&
		json_array_append_new(queue->accepted, accepted_to_json(entry, answer, signed_by)) != 0)
		return failure_memory(failure);
	document = json_pack("{s:O}", "accepted", queue->accepted);
	rc = document == NULL ? failure_memory(failure)
			      : json_store(queue->vault, ITEM_ACCEPTED, document, failure);
	json_decref(document);
	return rc == 0 ? queue_drop(queue, entry, failure) : -1;
}

bool queue_take_receipt(struct queue *queue, struct receipt_ahead *ret_receipt)
{
	if (queue->receipt == NULL)
		return false;
	*ret_receipt = *queue->receipt;
	sodium_free(queue->receipt);
	queue->receipt = NULL;
	return true;
}

int queue_put_receipt(struct queue *queue, const struct receipt_ahead *receipt, struct failure *failure)
{
	if (queue->receipt == NULL)
		queue->receipt = sodium_malloc(sizeof *queue->receipt);
	if (queue->receipt == NULL)
		return failure_memory(failure);
	*queue->receipt = *receipt;
	return store(queue, failure);
}

bool queue_has_receipt(const struct queue *queue)
{
	return queue->receipt != NULL;
}

/* Copies a text that this program wrote itself. */
static void copy_member(const json_t *json, const char *name, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(json, name));
	size_t len = text == NULL ? 0 : strlen(text);

	memcpy(ret_text, len < size && text != NULL ? text : "", len < size ? len + 1 : 1);
}

/* id NULL: the first of the mailbox. Accepted ones come before those that wait. */
static int find_known(
	const struct queue *queue, const char *mailbox, const char *id, struct known_report *ret_report)
{
	*ret_report = (struct known_report){ 0 };
	for (size_t at = 0; at < json_array_size(queue->accepted); at++) {
		const json_t *one = json_array_get(queue->accepted, at);

		if (!is_text(one, "mailbox", mailbox) || (id != NULL && !is_text(one, "id", id)))
			continue;
		copy_member(one, "id", ret_report->id, sizeof ret_report->id);
		copy_member(one, "desk", ret_report->desk, sizeof ret_report->desk);
		copy_member(one, "accepted", ret_report->accepted, sizeof ret_report->accepted);
		ret_report->excluded_count = excluded_of_json(one, ret_report->excluded);
		return 0;
	}
	for (size_t at = 0; at < queue->count; at++) {
		const struct queued *entry = queue->entries[at];

		if (strcmp(entry->mailbox, mailbox) != 0 || (id != NULL && strcmp(entry->id, id) != 0))
			continue;
		memcpy(ret_report->id, entry->id, sizeof ret_report->id);
		memcpy(ret_report->desk, entry->destination.desk, sizeof ret_report->desk);
		memcpy(ret_report->excluded, entry->excluded, sizeof ret_report->excluded);
		ret_report->excluded_count = entry->excluded_count;
		return 0;
	}
	return -1;
}

int queue_find_mailbox(const struct queue *queue, const char *mailbox, struct known_report *ret_report)
{
	return find_known(queue, mailbox, NULL, ret_report);
}

int queue_find_report(
	const struct queue *queue, const char *mailbox, const char *id, struct known_report *ret_report)
{
	return find_known(queue, mailbox, id, ret_report);
}
