/* What an officer leaves in a defender's mailbox: signed JSON, padded, sealed by the caller with
 * proto/age_file.h. */
#ifndef PROTO_MAILBOX_MESSAGE_H
#define PROTO_MAILBOX_MESSAGE_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/delegation.h"
#include "proto/roster.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#define MAILBOX_ID_BYTES      16
#define MAILBOX_ID_SIZE       (MAILBOX_ID_BYTES * 2 + 1)
#define MAILBOX_TEXT_MAX      (64 * 1024)
#define MAILBOX_PLAINTEXT_MAX (192 * 1024) /* the sealed file may be 256 KiB */

enum mailbox_kind { MAILBOX_ANSWER, MAILBOX_STATE };

struct mailbox_message {
	enum mailbox_kind kind;
	char report[ID_SIZE];
	char mailbox[MAILBOX_ID_SIZE];
	enum report_state state; /* of the report, as the officer knows it */
	char *text;              /* lines; "" only for MAILBOX_STATE */
	int64_t sent;
	uint64_t roster;
	/* Where the report was handed to another desk: from the first desk to the one that writes. */
	struct delegation via[DELEGATIONS_MAX];
	size_t via_count;
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

/* Signs and appends the padded plaintext (Padmé, at least 16 KiB, filled with spaces). keyid and signature of
 * the message are not read: they come from secret_key. */
MUST_USE int mailbox_message_write(
	const struct mailbox_message *message, const uint8_t secret_key[64], struct buffer *out);

/* Form only; free with mailbox_message_free. */
MUST_USE int mailbox_message_parse(
	const char *text, size_t len, struct mailbox_message **ret_message, struct fault *fault);
void mailbox_message_free(struct mailbox_message *message);

/* *ret_officer is who proved herself: the signature verifies, the message is for this mailbox and report,
 * `roster` is the roster of version message->roster, and keyid is an officer of this desk there. -1: not
 * proven. */
MUST_USE int mailbox_message_prove(const struct mailbox_message *message, const char *mailbox,
	const char *report, const struct roster *roster, const char *desk,
	const struct roster_officer **ret_officer);

#endif
