#include "proto/encode.h"
#include "proto/event.h"
#include "proto/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_SIZE (BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1)

static int put_content(const struct report_event *event, struct buffer *out)
{
	size_t chars = BASE64_CHARS(event->content_len);
	char *text = malloc(chars + 1);

	if (text == NULL)
		return -1;
	base64_encode(BASE64_PADDED, event->content, event->content_len, text);
	buffer_put_string(out, "{\"content\":\"");
	buffer_put(out, text, chars);
	free(text);
	return 0;
}

/* Members in the order of their names, as json_put would write them. */
int event_write(const struct report_event *event, struct buffer *out)
{
	char created[TIME_SIZE], header[HEX_CHARS(SHA256_BYTES) + 1], previous[HEX_CHARS(SHA256_BYTES) + 1];
	char keyid[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1], signature[SIGNATURE_SIZE],
		proof[SIGNATURE_SIZE] = "";

	time_format(event->created, created);
	hex_encode(event->header, SHA256_BYTES, header);
	hex_encode(event->previous, SHA256_BYTES, previous);
	base64_encode(BASE64_URL, event->keyid, ED25519_PUBLIC_BYTES, keyid);
	base64_encode(BASE64_PADDED, event->signature, ED25519_SIGNATURE_BYTES, signature);
	if (event->has_proof)
		base64_encode(BASE64_PADDED, event->proof, ED25519_SIGNATURE_BYTES, proof);
	if (put_content(event, out) != 0)
		return -1;
	buffer_put_format(out, "\",\"created\":\"%s\"", created);
	if (event->type == EVENT_TRANSFER)
		buffer_put_format(out, ",\"desk\":\"%s\"", event->desk);
	buffer_put_format(out, ",\"header\":\"%s\",\"keyid\":\"%s\",\"number\":%llu", header, keyid,
		(unsigned long long)event->number);
	buffer_put_format(out, ",\"previous\":\"%s\",\"proof\":\"%s\",\"roster\":%llu", previous, proof,
		(unsigned long long)event->roster);
	buffer_put_format(
		out, ",\"signature\":\"%s\",\"type\":\"%s\"}", signature, event_type_word(event->type));
	return buffer_ok(out);
}

static int take_content(const json_t *object, struct report_event *event)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_text(object, "content", &text, &len) != 0 || len > BASE64_CHARS(EVENT_CONTENT_MAX))
		return -1;
	if (len == 0)
		return 0;
	event->content = malloc(len);
	if (event->content == NULL)
		return -1;
	return base64_decode(
		BASE64_PADDED, text, len, event->content, EVENT_CONTENT_MAX, &event->content_len);
}

static int take_proof(const json_t *object, struct report_event *event)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_text(object, "proof", &text, &len) != 0)
		return -1;
	event->has_proof = len > 0;
	if (!event->has_proof)
		return 0;
	return base64_decode_fixed(BASE64_PADDED, text, len, event->proof, sizeof(event->proof));
}

static int take_type(const json_t *object, struct report_event *event)
{
	const char *text = NULL;
	size_t len = 0;

	return member_text(object, "type", &text, &len) == 0 ? event_type_of(text, len, &event->type) : -1;
}

/* A transfer says to which desk, and nothing else does. */
static int take_members(const json_t *object, struct report_event *event)
{
	static const char *const members[] = { "content", "created", "desk", "header", "keyid", "number",
		"previous", "proof", "roster", "signature", "type" };
	static const char *const usual[] = { "content", "created", "header", "keyid", "number", "previous",
		"proof", "roster", "signature", "type" };
	const char *desk = NULL;
	size_t len = 0;

	if (json_object_get(object, "desk") == NULL)
		return members_are(object, usual, COUNT_OF(usual));
	return members_are(object, members, COUNT_OF(members)) == 0 &&
			       member_text(object, "desk", &desk, &len) == 0
		       ? name_of(desk, len, event->desk)
		       : -1;
}

static int take_event(const json_t *object, struct report_event *event, struct fault *fault)
{
	if (take_members(object, event) != 0)
		return fault_set(fault, "the event has not exactly the members of the protocol");
	if (member_number(object, "number", &event->number) != 0 || event->number < 1 ||
		event->number > EVENT_NUMBER_MAX)
		return fault_set(fault, "the event's `number` must lie between 1 and %d", EVENT_NUMBER_MAX);
	if (member_hex(object, "previous", event->previous, SHA256_BYTES) != 0 ||
		(event->number == 1) != (sodium_is_zero(event->previous, SHA256_BYTES) == 1))
		return fault_set(fault, "the event's `previous` must be 64 zeros for number 1 and only then");
	if (take_type(object, event) != 0)
		return fault_set(fault, "the event's `type` is not one of the protocol");
	if ((event->type == EVENT_TRANSFER) != (event->desk[0] != '\0'))
		return fault_set(fault, "a transfer needs a `desk`, and no other event has one");
	if (member_hex(object, "header", event->header, SHA256_BYTES) != 0)
		return fault_set(fault, "the event's `header` must be 64 characters of hex");
	if (take_content(object, event) != 0)
		return fault_set(fault,
			"the event's `content` must be padded base64 of at most %d bytes, or \"\"",
			EVENT_CONTENT_MAX);
	if (member_time(object, "created", &event->created) != 0)
		return fault_set(fault, "the event's `created` must be a time in UTC");
	if (member_number(object, "roster", &event->roster) != 0 || event->roster < 1)
		return fault_set(fault, "the event's `roster` must be a version");
	if (member_base64(object, "keyid", BASE64_URL, event->keyid, ED25519_PUBLIC_BYTES) != 0)
		return fault_set(fault, "the event's `keyid` must be base64url of 32 bytes");
	if (member_base64(object, "signature", BASE64_PADDED, event->signature, ED25519_SIGNATURE_BYTES) !=
			0 ||
		take_proof(object, event) != 0)
		return fault_set(
			fault, "the event's `signature` and `proof` must be padded base64 of 64 bytes");
	return 0;
}

int event_parse(const char *json, size_t len, struct report_event **ret_event, struct fault *fault)
{
	json_t *object = NULL;
	struct report_event *event = NULL;
	int rc = -1;

	if (json_parse(json, len, EVENT_MAX, &object, fault) != 0)
		return -1;
	event = report_event_new();
	if (event == NULL) {
		rc = fault_set(fault, "there is not enough memory for the event");
		goto cleanup;
	}
	if (take_event(object, event, fault) != 0)
		goto cleanup;
	*ret_event = event;
	event = NULL;
	rc = 0;
cleanup:
	report_event_free(event);
	json_decref(object);
	return rc;
}
