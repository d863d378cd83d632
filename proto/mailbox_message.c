#include "proto/mailbox_message.h"

#include "proto/encode.h"
#include "proto/json.h"
#include "proto/padme.h"
#include "proto/text.h"
#include "proto/time.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SCHEMA 1
#define FIRST_LINE     "clarion-message/1\n"

static const char *const kind_words[] = {
	[MAILBOX_ANSWER] = "answer",
	[MAILBOX_STATE] = "state",
};

static bool text_is_sound(enum mailbox_kind kind, const char *text, size_t len)
{
	return len <= MAILBOX_TEXT_MAX && text_is_lines(text, len) && (len > 0 || kind == MAILBOX_STATE);
}

static json_t *via_json(const struct mailbox_message *message)
{
	json_t *list = json_array();

	for (size_t at = 0; at < message->via_count; at++) {
		if (json_array_append_new(list, delegation_json(&message->via[at])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The message without its signature. */
static json_t *json_of(const struct mailbox_message *message, const uint8_t keyid[ED25519_PUBLIC_BYTES])
{
	char key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1], sent[TIME_SIZE];
	json_t *object;

	base64_encode(BASE64_URL, keyid, ED25519_PUBLIC_BYTES, key);
	time_format(message->sent, sent);
	object = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "schema", MESSAGE_SCHEMA, "kind",
		kind_words[message->kind], "report", message->report, "mailbox", message->mailbox, "state",
		state_word(message->state), "text", message->text, "sent", sent, "roster",
		(json_int_t)message->roster, "keyid", key);
	if (message->via_count > 0 && json_object_set_new(object, "via", via_json(message)) != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int put_signed_lines(const json_t *unsigned_message, struct buffer *out)
{
	buffer_put_string(out, FIRST_LINE);
	return json_put(unsigned_message, out);
}

static int add_signature(json_t *object, const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(MAILBOX_PLAINTEXT_MAX);
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	char text[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];
	int rc = -1;

	if (put_signed_lines(object, &lines) != 0 ||
		crypto_sign_detached(signature, NULL, lines.data, lines.len, secret_key) != 0)
		goto cleanup;
	base64_encode(BASE64_PADDED, signature, sizeof(signature), text);
	rc = json_object_set_new(object, "signature", json_string(text));
cleanup:
	buffer_free(&lines);
	return rc;
}

/* Spaces behind the JSON, so that the sealed length tells next to nothing. */
static int pad(struct buffer *plaintext)
{
	size_t padded = (size_t)padme_length(plaintext->len);
	size_t len = plaintext->len;
	uint8_t *spaces = NULL;

	if (buffer_ok(plaintext) != 0)
		return -1;
	spaces = buffer_grow(plaintext, padded - len);
	if (spaces == NULL)
		return -1;
	memset(spaces, ' ', padded - len);
	return 0;
}

int mailbox_message_write(
	const struct mailbox_message *message, const uint8_t secret_key[64], struct buffer *out)
{
	struct buffer plaintext = buffer_of(MAILBOX_PLAINTEXT_MAX);
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	json_t *object = NULL;
	int rc = -1;

	if (!text_is_sound(message->kind, message->text, strlen(message->text)) || message->roster < 1 ||
		message->roster > INT64_MAX || crypto_sign_ed25519_sk_to_pk(keyid, secret_key) != 0)
		goto cleanup;
	object = json_of(message, keyid);
	if (object == NULL || add_signature(object, secret_key) != 0 || json_put(object, &plaintext) != 0 ||
		pad(&plaintext) != 0)
		goto cleanup;
	buffer_put(out, plaintext.data, plaintext.len);
	rc = buffer_ok(out);
cleanup:
	buffer_free(&plaintext);
	json_decref(object);
	return rc;
}

static int take_words(const json_t *object, struct mailbox_message *message)
{
	const char *text = NULL;
	size_t len = 0, kind = 0;

	if (member_text(object, "kind", &text, &len) != 0)
		return -1;
	while (kind < COUNT_OF(kind_words) && strcmp(kind_words[kind], text) != 0)
		kind++;
	if (kind == COUNT_OF(kind_words))
		return -1;
	message->kind = (enum mailbox_kind)kind;
	if (member_text(object, "state", &text, &len) != 0 || state_of(text, len, &message->state) != 0)
		return -1;
	if (member_text(object, "text", &text, &len) != 0 || !text_is_sound(message->kind, text, len))
		return -1;
	message->text = strdup(text);
	return message->text == NULL ? -1 : 0;
}

/* `via` is there where it has something in it. */
static int take_members(const json_t *object, struct mailbox_message *message)
{
	static const char *const members[] = { "keyid", "kind", "mailbox", "report", "roster", "schema",
		"sent", "signature", "state", "text", "via" };
	const json_t *via = json_object_get(object, "via"), *each;
	size_t at;

	if (via == NULL)
		return members_are(object, members, COUNT_OF(members) - 1);
	if (members_are(object, members, COUNT_OF(members)) != 0 || json_array_size(via) == 0 ||
		json_array_size(via) > DELEGATIONS_MAX)
		return -1;
	json_array_foreach(via, at, each)
	{
		if (delegation_parse(each, &message->via[at]) != 0)
			return -1;
	}
	message->via_count = json_array_size(via);
	return 0;
}

static int take_message(const json_t *object, struct mailbox_message *message)
{
	uint8_t report[ID_BYTES], mailbox[MAILBOX_ID_BYTES];
	uint64_t schema = 0;

	if (take_members(object, message) != 0 || member_number(object, "schema", &schema) != 0 ||
		schema != MESSAGE_SCHEMA || member_hex(object, "report", report, sizeof(report)) != 0 ||
		member_hex(object, "mailbox", mailbox, sizeof(mailbox)) != 0 ||
		member_time(object, "sent", &message->sent) != 0 ||
		member_number(object, "roster", &message->roster) != 0 || message->roster < 1 ||
		member_base64(object, "keyid", BASE64_URL, message->keyid, ED25519_PUBLIC_BYTES) != 0 ||
		member_base64(
			object, "signature", BASE64_PADDED, message->signature, ED25519_SIGNATURE_BYTES) != 0)
		return -1;
	hex_encode(report, sizeof(report), message->report);
	hex_encode(mailbox, sizeof(mailbox), message->mailbox);
	return take_words(object, message);
}

int mailbox_message_parse(
	const char *text, size_t len, struct mailbox_message **ret_message, struct fault *fault)
{
	struct mailbox_message *message = NULL;
	json_t *object = NULL;
	int rc = -1;

	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (json_parse(text, len, MAILBOX_PLAINTEXT_MAX, &object, fault) != 0)
		return -1;
	message = calloc(1, sizeof(*message));
	if (message == NULL || take_message(object, message) != 0) {
		rc = fault_set(fault, "the message does not follow the protocol");
		goto cleanup;
	}
	*ret_message = message;
	message = NULL;
	rc = 0;
cleanup:
	mailbox_message_free(message);
	json_decref(object);
	return rc;
}

void mailbox_message_free(struct mailbox_message *message)
{
	if (message == NULL)
		return;
	if (message->text != NULL)
		sodium_memzero(message->text, strlen(message->text));
	free(message->text);
	free(message);
}

static int verify(const struct mailbox_message *message)
{
	struct buffer lines = buffer_of(MAILBOX_PLAINTEXT_MAX);
	json_t *object = json_of(message, message->keyid);
	int rc = -1;

	if (object != NULL && put_signed_lines(object, &lines) == 0)
		rc = crypto_sign_verify_detached(message->signature, lines.data, lines.len, message->keyid);
	buffer_free(&lines);
	json_decref(object);
	return rc;
}

int mailbox_message_prove(const struct mailbox_message *message, const char *mailbox, const char *report,
	const struct roster *roster, const char *desk, const struct roster_officer **ret_officer)
{
	const struct roster_officer *officer = roster_officer_by_key(roster, message->keyid);

	if (strcmp(message->mailbox, mailbox) != 0 || strcmp(message->report, report) != 0 ||
		message->roster != roster->version || officer == NULL || !officer_serves(officer, desk) ||
		verify(message) != 0)
		return -1;
	*ret_officer = officer;
	return 0;
}
