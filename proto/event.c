#include "proto/event.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Types, states, and the lines that are signed. The JSON stands in event_json.c. */

#define LINES_MAX 1024

static const char *const type_words[EVENT_TYPES] = {
	[EVENT_ACK] = "ack",
	[EVENT_ASSIGN] = "assign",
	[EVENT_NOTE] = "note",
	[EVENT_TRIAGE] = "triage",
	[EVENT_ACTIVATE] = "activate",
	[EVENT_WAIT] = "wait",
	[EVENT_MONITOR] = "monitor",
	[EVENT_HANDOVER] = "handover",
	[EVENT_REFER] = "refer",
	[EVENT_CLOSE] = "close",
	[EVENT_REOPEN] = "reopen",
	[EVENT_TRANSFER] = "transfer",
	[EVENT_ACCEPT] = "accept",
	[EVENT_REJECT] = "reject",
	[EVENT_CONTACT] = "contact",
};

#define IN(state) (1U << (state))
#define OPENED                                                                                               \
	(IN(STATE_ACK) | IN(STATE_TRIAGED) | IN(STATE_ACTIVE) | IN(STATE_WAITING) | IN(STATE_MONITOR) |      \
		IN(STATE_HANDOVER) | IN(STATE_REOPENED))
#define ANY (OPENED | IN(STATE_NEW) | IN(STATE_CLOSED))

/* DOMAIN 2.1, with two liberties: a further acknowledgement says that one more person has opened the report,
 * and whoever has acknowledged may close in one step. */
static const struct transition {
	enum event_type type;
	unsigned from;
	bool stays;
	enum report_state to;
} transitions[] = {
	{ EVENT_ACK, IN(STATE_NEW), false, STATE_ACK },
	{ EVENT_ACK, OPENED, true, STATE_ACK },
	{ EVENT_ASSIGN, OPENED | IN(STATE_NEW), true, STATE_ACK },
	{ EVENT_NOTE, ANY, true, STATE_ACK },
	{ EVENT_REFER, OPENED, true, STATE_ACK },
	{ EVENT_CONTACT, OPENED | IN(STATE_NEW), true, STATE_ACK },
	{ EVENT_TRIAGE, IN(STATE_ACK), false, STATE_TRIAGED },
	{ EVENT_ACTIVATE,
		IN(STATE_TRIAGED) | IN(STATE_WAITING) | IN(STATE_MONITOR) | IN(STATE_HANDOVER) |
			IN(STATE_REOPENED),
		false, STATE_ACTIVE },
	{ EVENT_WAIT, IN(STATE_TRIAGED) | IN(STATE_ACTIVE), false, STATE_WAITING },
	{ EVENT_MONITOR, IN(STATE_ACTIVE), false, STATE_MONITOR },
	{ EVENT_HANDOVER, IN(STATE_ACTIVE), false, STATE_HANDOVER },
	{ EVENT_CLOSE, OPENED & ~IN(STATE_HANDOVER), false, STATE_CLOSED },
	{ EVENT_REOPEN, IN(STATE_CLOSED), false, STATE_REOPENED },
	{ EVENT_TRANSFER, IN(STATE_ACTIVE), false, STATE_HANDOVER },
	{ EVENT_ACCEPT, IN(STATE_HANDOVER), false, STATE_ACTIVE },
	{ EVENT_REJECT, IN(STATE_HANDOVER), false, STATE_ACTIVE },
};

const char *event_type_word(enum event_type type)
{
	return type_words[type];
}

int event_type_of(const char *word, size_t len, enum event_type *ret_type)
{
	for (size_t i = 0; i < EVENT_TYPES; i++) {
		if (strlen(type_words[i]) == len && bytes_equal(type_words[i], word, len)) {
			*ret_type = (enum event_type)i;
			return 0;
		}
	}
	return -1;
}

int event_next_state(enum report_state state, enum event_type type, enum report_state *ret_state)
{
	for (size_t i = 0; i < COUNT_OF(transitions); i++) {
		if (transitions[i].type == type && (transitions[i].from & IN(state)) != 0) {
			*ret_state = transitions[i].stays ? state : transitions[i].to;
			return 0;
		}
	}
	return -1;
}

bool event_needs_content(enum event_type type)
{
	return type != EVENT_ACK && type != EVENT_ACTIVATE && type != EVENT_REOPEN && type != EVENT_ACCEPT;
}

struct report_event *report_event_new(void)
{
	return calloc(1, sizeof(struct report_event));
}

void report_event_free(struct report_event *event)
{
	if (event == NULL)
		return;
	free(event->content);
	free(event);
}

int event_set_content(struct report_event *event, const uint8_t *content, size_t len)
{
	uint8_t *copy = NULL;

	if (len == 0 || len > EVENT_CONTENT_MAX)
		return -1;
	copy = malloc(len);
	if (copy == NULL)
		return -1;
	memcpy(copy, content, len);
	free(event->content);
	event->content = copy;
	event->content_len = len;
	return 0;
}

int event_put_lines(const struct report_event *event, const struct event_subject *subject, struct buffer *out)
{
	char previous[HEX_CHARS(SHA256_BYTES) + 1], header[HEX_CHARS(SHA256_BYTES) + 1];
	char content[HEX_CHARS(SHA256_BYTES) + 1], created[TIME_SIZE];
	uint8_t digest[SHA256_BYTES];

	if (sha256_once(event->content, event->content_len, digest) != 0)
		return -1;
	hex_encode(event->previous, SHA256_BYTES, previous);
	hex_encode(event->header, SHA256_BYTES, header);
	hex_encode(digest, SHA256_BYTES, content);
	time_format(event->created, created);
	buffer_put_format(out, "clarion-event/1\n%s\n%s\n%llu\n%llu\n%s\n%s\n%s\n%s\n%s\n",
		subject->organisation, subject->report, (unsigned long long)event->roster,
		(unsigned long long)event->number, previous, event_type_word(event->type), header, content,
		created);
	if (event->type == EVENT_TRANSFER)
		buffer_put_format(out, "%s\n", event->desk);
	return buffer_ok(out);
}

int event_digest(const struct report_event *event, const struct event_subject *subject,
	uint8_t ret_digest[SHA256_BYTES])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (event_put_lines(event, subject, &lines) == 0)
		rc = sha256_once(lines.data, lines.len, ret_digest);
	buffer_free(&lines);
	return rc;
}

int event_sign(struct report_event *event, const struct event_subject *subject, const uint8_t secret_key[64],
	const uint8_t *proof_secret_key)
{
	uint8_t keyid[ED25519_PUBLIC_BYTES], signature[ED25519_SIGNATURE_BYTES];
	uint8_t proof[ED25519_SIGNATURE_BYTES] = { 0 };
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (event_put_lines(event, subject, &lines) != 0 ||
		crypto_sign_ed25519_sk_to_pk(keyid, secret_key) != 0 ||
		crypto_sign_detached(signature, NULL, lines.data, lines.len, secret_key) != 0)
		goto cleanup;
	if (proof_secret_key != NULL &&
		crypto_sign_detached(proof, NULL, lines.data, lines.len, proof_secret_key) != 0)
		goto cleanup;
	memcpy(event->keyid, keyid, sizeof(keyid));
	memcpy(event->signature, signature, sizeof(signature));
	memcpy(event->proof, proof, sizeof(proof));
	event->has_proof = proof_secret_key != NULL;
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

int event_verify(
	const struct report_event *event, const struct event_subject *subject, const uint8_t *proof_key)
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = -1;

	if (event->has_proof != (proof_key != NULL) || event_put_lines(event, subject, &lines) != 0 ||
		crypto_sign_verify_detached(event->signature, lines.data, lines.len, event->keyid) != 0)
		goto cleanup;
	if (proof_key != NULL &&
		crypto_sign_verify_detached(event->proof, lines.data, lines.len, proof_key) != 0)
		goto cleanup;
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}
