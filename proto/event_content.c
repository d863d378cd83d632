#include "proto/event_content.h"

#include "proto/age_file.h"
#include "proto/delegation.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/padme.h"
#include "proto/receipt.h"
#include "proto/text.h"

#include <sodium.h>
#include <string.h>

#define READER_INFO       "notes/1"
#define CONTENT_PLAIN_MAX (96 * 1024)

const struct closure_reason closure_reasons[] = {
	{ "SAFE", "what she wanted was reached", false, false },
	{ "REQ", "she asked for it", false, false },
	{ "TRF", "another desk has it now", false, false },
	{ "LOST", "no contact, whatever was tried in her safe hours", true, false },
	{ "DUP", "another report tells the same", false, false },
	{ "OUT", "not ours; an alternative was given", false, false },
	{ "INSF", "too little is known to act", true, false },
	{ "DEAD", "the person has died", false, false },
	{ "FALSE", "it did not happen", true, true },
	{ "WITHDRAWN", "she took it back: it is to be destroyed", false, false },
	{ "EXP", "its time as a record is over", false, false },
};
const size_t closure_reason_count = COUNT_OF(closure_reasons);

static const char *const verifications[] = { "UNV", "PENDING", "CREDIBLE", "VERIFIED", "INSUFF", "REJECTED" };
static const char *const outcomes[] = { "REFERRED", "OWN", "ALREADY", "NA", "DECLINED", "UNAVAILABLE" };

static bool is_word_of(const char *const *words, size_t count, const char *word)
{
	for (size_t at = 0; at < count; at++)
		if (strcmp(words[at], word) == 0)
			return true;
	return false;
}

bool is_verification(const char *code)
{
	return is_word_of(verifications, COUNT_OF(verifications), code);
}

bool is_need_outcome(const char *code)
{
	return is_word_of(outcomes, COUNT_OF(outcomes), code);
}

const struct closure_reason *closure_reason(const char *code)
{
	for (size_t at = 0; at < closure_reason_count; at++)
		if (strcmp(closure_reasons[at].code, code) == 0)
			return &closure_reasons[at];
	return NULL;
}

/* One function a form: each says whether a member's value has it. */

static bool is_text(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= CONTENT_TEXT_MAX &&
	       text_is_lines(json_string_value(value), json_string_length(value));
}

static bool is_name(const json_t *value)
{
	char name[NAME_SIZE];

	return json_is_string(value) &&
	       name_of(json_string_value(value), json_string_length(value), name) == 0;
}

static bool is_report(const json_t *value)
{
	uint8_t id[ID_BYTES];

	return json_is_string(value) &&
	       hex_decode(json_string_value(value), json_string_length(value), id, sizeof id) == 0;
}

static bool is_receipt(const json_t *value)
{
	char number[RECEIPT_SIZE];
	struct fault fault;
	bool is = json_is_string(value) && json_string_length(value) == RECEIPT_SIZE - 1 &&
		  receipt_parse(json_string_value(value), RECEIPT_SIZE - 1, number, &fault) == 0;

	sodium_memzero(number, sizeof number);
	return is;
}

static bool is_reason(const json_t *value)
{
	return json_is_string(value) && closure_reason(json_string_value(value)) != NULL;
}

static bool is_urgency(const json_t *value)
{
	enum urgency urgency;

	return json_is_string(value) &&
	       urgency_of(json_string_value(value), json_string_length(value), &urgency) == 0;
}

static bool is_time(const json_t *value)
{
	int64_t seconds;

	return json_is_string(value) &&
	       time_parse(json_string_value(value), json_string_length(value), &seconds) == 0;
}

static bool is_degree(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= 5;
}

static bool is_verified_code(const json_t *value)
{
	return json_is_string(value) && is_verification(json_string_value(value));
}

static bool is_need(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static bool is_outcome(const json_t *value)
{
	return json_is_string(value) && is_need_outcome(json_string_value(value));
}

static bool is_delegation(const json_t *value)
{
	struct delegation delegation;

	return delegation_parse(value, &delegation) == 0;
}

static const struct form {
	const char *name;
	bool (*is)(const json_t *value);
	const char *shown;
} forms[] = {
	{ "text", is_text, "plain UTF-8 text of at most 32 KiB" },
	{ "officer", is_name, "an officer's name" },
	{ "desk", is_name, "a desk's name" },
	{ "partner", is_name, "a partner's name" },
	{ "from", is_name, "an officer's name" },
	{ "report", is_report, "a report's 64 characters" },
	{ "receipt", is_receipt, "a receipt number" },
	{ "reason", is_reason, "one of the reasons to close" },
	{ "urgency", is_urgency, "immediate, urgent, priority, record or withheld" },
	{ "until", is_time, "a time in UTC" },
	{ "threat", is_degree, "a number from 1 to 5" },
	{ "vulnerability", is_degree, "a number from 1 to 5" },
	{ "capacity", is_degree, "a number from 1 to 5" },
	{ "verification", is_verified_code, "UNV, PENDING, CREDIBLE, VERIFIED, INSUFF or REJECTED" },
	{ "need", is_need, "one of the needs' codes" },
	{ "delegation", is_delegation, "an officer's signed word for another desk" },
	{ "follow_up", is_report, "a report's 64 characters" },
	{ "outcome", is_outcome, "REFERRED, OWN, ALREADY, NA, DECLINED or UNAVAILABLE" },
};

int event_content_check(const json_t *content, struct fault *fault)
{
	if (!json_is_object(content))
		return fault_set(fault, "an event's content must be a JSON object");
	for (size_t at = 0; at < COUNT_OF(forms); at++) {
		const json_t *value = json_object_get(content, forms[at].name);

		if (value != NULL && !forms[at].is(value))
			return fault_set(
				fault, "an event's `%s' must be %s", forms[at].name, forms[at].shown);
	}
	return 0;
}

struct age_identity *event_reader(const uint8_t file_key[AGE_FILE_KEY_BYTES])
{
	uint8_t *secret = sodium_malloc(crypto_box_SECRETKEYBYTES);
	struct age_identity *identity = NULL;

	if (secret != NULL && hkdf_sha256(file_key, AGE_FILE_KEY_BYTES, NULL, 0, READER_INFO, secret,
				      crypto_box_SECRETKEYBYTES) == 0)
		identity = age_identity_of(secret);
	sodium_free(secret);
	return identity;
}

/* Spaces behind the JSON: a note's length tells next to nothing. */
static int pad(struct buffer *plain)
{
	size_t len = plain->len, padded = (size_t)padme_length(len);
	uint8_t *spaces = buffer_grow(plain, padded - len);

	if (spaces == NULL)
		return -1;
	memset(spaces, ' ', padded - len);
	return 0;
}

int event_content_seal(struct report_event *event, const json_t *content,
	const uint8_t recipient[AGE_RECIPIENT_BYTES], struct fault *fault)
{
	struct buffer plain = buffer_of(CONTENT_PLAIN_MAX), sealed = buffer_of(EVENT_CONTENT_MAX);
	uint8_t recipients[1][AGE_RECIPIENT_BYTES];
	int rc = -1;

	memcpy(recipients[0], recipient, AGE_RECIPIENT_BYTES);
	if (event_content_check(content, fault) != 0)
		goto cleanup;
	if (json_put(content, &plain) != 0 || pad(&plain) != 0 ||
		age_file_seal(recipients, 1, plain.data, plain.len, &sealed) != 0 ||
		event_set_content(event, sealed.data, sealed.len) != 0)
		rc = fault_set(fault, "the text is too long for one event: write it in parts");
	else
		rc = 0;
cleanup:
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

int event_content_open(const struct report_event *event, const struct age_identity *reader,
	json_t **ret_content, struct fault *fault)
{
	uint8_t *plain = NULL;
	size_t len = 0;
	json_t *content = NULL;
	int rc = -1;

	if (event->content == NULL)
		return fault_set(fault, "the event has no content");
	if (age_file_open(event->content, event->content_len, reader, &plain, &len, fault) != 0)
		return -1;
	while (len > 0 && plain[len - 1] == ' ')
		len--;
	if (json_parse((const char *)plain, len, CONTENT_PLAIN_MAX, &content, fault) != 0 ||
		event_content_check(content, fault) != 0)
		goto cleanup;
	*ret_content = json_incref(content);
	rc = 0;
cleanup:
	json_decref(content);
	sodium_free(plain);
	return rc;
}
