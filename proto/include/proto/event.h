/* What officers do with a report: a chain of signed events. The type is in the clear, because the state and
 * the clock follow from it; what an officer wrote is in `content`, sealed. */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/proof.h"
#include "proto/signed_objects.h"
#include "proto/time.h"
#include "proto/words.h"

#define EVENT_CONTENT_MAX (128 * 1024) /* a header for many recipients and a padded note */
#define EVENT_MAX         (256 * 1024) /* the JSON around it */
#define EVENT_NUMBER_MAX  1000000

enum event_type {
	EVENT_ACK,
	EVENT_ASSIGN,
	EVENT_NOTE,
	EVENT_TRIAGE,
	EVENT_ACTIVATE,
	EVENT_WAIT,
	EVENT_MONITOR,
	EVENT_HANDOVER,
	EVENT_REFER,
	EVENT_CLOSE,
	EVENT_REOPEN,
	/* To another desk, whose officers take it or don't. */
	EVENT_TRANSFER,
	EVENT_ACCEPT,
	EVENT_REJECT,
	/* Somebody has tried to reach the sender: in the clear, because a timer waits for the first. */
	EVENT_CONTACT,
};
#define EVENT_TYPES 15

const char *event_type_word(enum event_type type);
MUST_USE int event_type_of(const char *word, size_t len, enum event_type *ret_type);

/* The state behind an event; -1 where this event can't happen in that state. */
MUST_USE int event_next_state(enum report_state state, enum event_type type, enum report_state *ret_state);

/* Whether an event of this type is nothing without what its officer wrote: a note, to whom, why, until when.
 */
bool event_needs_content(enum event_type type);

struct report_event {
	uint64_t number;                /* 1 for a report's first */
	uint8_t previous[SHA256_BYTES]; /* event_digest of the one before; zeros for number 1 */
	enum event_type type;
	char desk[NAME_SIZE];         /* of a transfer: to which desk, so that it may look; "" else */
	uint8_t header[SHA256_BYTES]; /* SHA-256 of the report's newest age header */
	uint8_t *content;             /* an age file, or NULL */
	size_t content_len;
	int64_t created;
	uint64_t roster;
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	bool has_proof;
	uint8_t proof[ED25519_SIGNATURE_BYTES];
};

/* What an event is about: not in its JSON, but in the lines that are signed. */
struct event_subject {
	char organisation[FINGERPRINT_SIZE]; /* of roster version event->roster */
	char report[ID_SIZE];
};

/* NULL where memory is short. Free with report_event_free, which frees content too. */
MUST_USE struct report_event *report_event_new(void);
void report_event_free(struct report_event *event);
MUST_USE int event_set_content(struct report_event *event, const uint8_t *content, size_t len);

/* The lines that are signed, and their SHA-256, which the next event calls `previous`. */
MUST_USE int event_put_lines(
	const struct report_event *event, const struct event_subject *subject, struct buffer *out);
MUST_USE int event_digest(const struct report_event *event, const struct event_subject *subject,
	uint8_t ret_digest[SHA256_BYTES]);

/* Fills in keyid and the signatures. proof_secret_key is NULL for a report without a proof stanza. */
MUST_USE int event_sign(struct report_event *event, const struct event_subject *subject,
	const uint8_t secret_key[64], const uint8_t *proof_secret_key);

/* 0 where keyid has signed and, unless proof_key is NULL, the proof key has too. With NULL a proof is
 * refused. */
MUST_USE int event_verify(
	const struct report_event *event, const struct event_subject *subject, const uint8_t *proof_key);

MUST_USE int event_write(const struct report_event *event, struct buffer *out);
MUST_USE int event_parse(const char *json, size_t len, struct report_event **ret_event, struct fault *fault);

#endif
