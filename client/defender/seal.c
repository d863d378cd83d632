#include "seal.h"

#include "client/progress.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/report_schema.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Big reads: evidence is long. A whole number of age's chunks. */
#define READ_BYTES (16 * AGE_CHUNK_BYTES)

/* The sealer's sink: counts, and keeps the reason of what stopped it. */
struct outlet {
	const struct seal_outlet *to;
	uint64_t length;
	struct failure *failure;
	bool has_failed;
};

static int take_sealed(void *context, const uint8_t *data, size_t len)
{
	struct outlet *outlet = context;

	if (outlet->to->put(outlet->to->owner, data, len, outlet->failure) != 0) {
		outlet->has_failed = true;
		return -1;
	}
	outlet->length += len;
	return 0;
}

/* The outlet's own reason where it had one. */
static int not_sealed(const struct outlet *outlet)
{
	return outlet->has_failed
		       ? -1
		       : failure_set(outlet->failure, EX_SOFTWARE, "the report can't be sealed: try again");
}

static json_t *envelope_of(const struct sealing *sealing, const struct queued *entry)
{
	const struct destination *to = &entry->destination;
	char salt[SALT_HEX_SIZE], hand_key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1],
		recipient[AGE_RECIPIENT_SIZE];

	hex_encode(to->salt, SALT_BYTES, salt);
	base64_encode(BASE64_URL, sealing->keys->hand_key, ED25519_PUBLIC_BYTES, hand_key);
	age_recipient_text(sealing->keys->replies.recipient, recipient);
	return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:I, s:{s:s, s:s, s:s}}", "organisation",
		to->organisation, "desk", to->desk, "urgency", urgency_word(to->urgency), "release",
		to->release[0] == '\0' ? NULL : to->release, "hold_key",
		to->hold_key[0] == '\0' ? NULL : to->hold_key, "salt", salt, "roster",
		(json_int_t)entry->roster, "mailbox", "id", sealing->keys->mailbox, "recipient", recipient,
		"hand_key", hand_key);
}

static void address(const struct sealing *sealing, struct queued *entry)
{
	struct destination *to = &entry->destination;

	memcpy(to->organisation, sealing->organisation, strlen(sealing->organisation) + 1);
	memcpy(to->desk, sealing->composed->desk, sizeof to->desk);
	to->urgency = sealing->composed->urgency;
	randombytes_buf(to->salt, sizeof to->salt);
	entry->has_salt = true;
	if (sealing->hold != NULL) {
		memcpy(to->release, sealing->hold->release, sizeof to->release);
		memcpy(to->hold_key, sealing->hold->hold_key, sizeof to->hold_key);
	}
	entry->is_cover = sealing->is_cover;
	entry->is_prepared = sealing->is_prepared;
	entry->not_before = sealing->not_before;
	entry->excluded_count = 0;
	/* All dummies look alike to whoever opens the home. */
	for (size_t at = 0; !sealing->is_cover && at < sealing->composed->excluded_count; at++) {
		const char *name = sealing->composed->excluded[at];

		if (name_of(name, strlen(name), entry->excluded[entry->excluded_count]) == 0)
			entry->excluded_count++;
	}
	if (sealing->after != NULL)
		memcpy(entry->after, sealing->after, sizeof entry->after);
	entry->roster = sealing->roster->version;
	if (!sealing->is_cover)
		memcpy(entry->mailbox, sealing->keys->mailbox, sizeof entry->mailbox);
}

/* The report's JSON with its envelope; a secret, in a buffer that wipes itself. */
static int write_json(const struct sealing *sealing, const struct queued *entry, struct buffer *text,
	struct failure *failure)
{
	json_t *report = sealing->composed->report;
	struct fault fault;

	if (json_object_set_new(report, "envelope", envelope_of(sealing, entry)) != 0)
		return failure_memory(failure);
	if (sealing->follows != NULL &&
		hand_sign(report, sealing->follows, sealing->keys->hand_secret_key) != 0)
		return failure_memory(failure);
	if (report_schema_check_value(report, &fault) != 0)
		return failure_of(failure, EX_DATAERR, &fault);
	if (json_put(report, text) != 0)
		return failure_set(failure, EX_DATAERR, "the report is longer than %d bytes: shorten it",
			REPORT_JSON_MAX);
	return 0;
}

static int seal_attachment(struct report_sealer *sealer, const struct attachment *attachment, uint8_t *bytes,
	const struct outlet *outlet)
{
	uint64_t left = attachment->size;

	if (report_sealer_entry(sealer, attachment->name, attachment->size) != 0)
		return not_sealed(outlet);
	while (left > 0) {
		size_t len, wish = left < READ_BYTES ? (size_t)left : READ_BYTES;

		if (attachment_read(attachment, bytes, wish, &len, outlet->failure) != 0)
			return -1;
		if (len == 0)
			break;
		if (report_sealer_content(sealer, bytes, len) != 0)
			return not_sealed(outlet);
		left -= len;
		progress_at(outlet->length);
	}
	if (left > 0)
		return failure_set(outlet->failure, EX_DATAERR,
			"an attachment changed while it was read: copy it, then report again");
	return attachment_unchanged(attachment, outlet->failure);
}

static int seal_content(const struct sealing *sealing, struct report_sealer *sealer,
	const struct buffer *text, const struct outlet *outlet)
{
	const struct attachments *attachments = &sealing->composed->attachments;
	uint8_t *bytes;
	int rc = 0;

	if (report_sealer_entry(sealer, ARCHIVE_REPORT, text->len) != 0 ||
		report_sealer_content(sealer, text->data, text->len) != 0)
		return not_sealed(outlet);
	if (attachments->count == 0)
		return 0;
	bytes = sodium_malloc(READ_BYTES);
	if (bytes == NULL)
		return failure_memory(outlet->failure);
	progress_begin(PROGRESS_SEALING, attachments_size(attachments));
	for (size_t at = 0; rc == 0 && at < attachments->count; at++)
		rc = seal_attachment(sealer, &attachments->list[at], bytes, outlet);
	progress_end();
	sodium_free(bytes);
	return rc;
}

static int seal_payload(
	const struct sealing *sealing, struct queued *entry, const struct buffer *text, struct outlet *outlet)
{
	struct report_sealer *sealer = NULL;
	struct report_sealer_options options = { .recipients = sealing->recipients->keys,
		.recipient_count = sealing->recipients->count,
		.destination = &entry->destination,
		.sink = take_sealed,
		.sink_context = outlet };
	uint8_t id[REPORT_ID_BYTES];
	int rc = -1;

	if (report_sealer_new(&options, &sealer) != 0) {
		rc = not_sealed(outlet);
		goto cleanup;
	}
	if (seal_content(sealing, sealer, text, outlet) != 0)
		goto cleanup;
	if (report_sealer_finish(sealer, id) != 0) {
		rc = not_sealed(outlet);
		goto cleanup;
	}
	hex_encode(id, sizeof id, entry->id);
	entry->length = outlet->length;
	rc = 0;
cleanup:
	report_sealer_free(sealer);
	return rc;
}

int seal_stream(const struct sealing *sealing, struct queued *entry, const struct seal_outlet *to,
	struct failure *failure)
{
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	struct outlet outlet = { .to = to, .failure = failure };
	int rc;

	address(sealing, entry);
	rc = write_json(sealing, entry, &text, failure);
	if (rc == 0)
		rc = seal_payload(sealing, entry, &text, &outlet);
	buffer_free(&text);
	return rc;
}

static int put_in_vault(void *owner, const uint8_t *bytes, size_t len, struct failure *failure)
{
	return vault_writer_put(owner, bytes, len, failure);
}

static int seal_in_vault(
	const struct sealing *sealing, struct vault *vault, struct queued *entry, struct failure *failure)
{
	struct seal_outlet outlet = { put_in_vault, NULL };
	struct vault_writer *writer = NULL;
	int rc = vault_writer_new(vault, entry->payload, &writer, failure);

	outlet.owner = writer;
	if (rc == 0)
		rc = seal_stream(sealing, entry, &outlet, failure);
	if (rc == 0)
		rc = vault_writer_end(writer, failure);
	vault_writer_free(writer);
	return rc;
}

int seal_report(const struct sealing *sealing, struct vault *vault, struct queue *queue,
	const struct queued **ret_entry, struct failure *failure)
{
	struct failure ignored;
	struct queued *entry;
	int rc = -1;

	if (queue_add(queue, &entry, failure) != 0)
		return -1;
	if (seal_in_vault(sealing, vault, entry, failure) == 0)
		rc = queue_ready(queue, entry, failure);
	if (rc == 0)
		*ret_entry = entry;
	else if (queue_drop(queue, entry, &ignored) != 0)
		entry = NULL; /* the next queue_load drops what isn't ready */
	return rc;
}
