/* How an officer wants to be woken, as it travels: sealed, because the network-facing process isn't to know
 * her address. To the store it is sealed to the roster's receipt key (its X25519 form, as age does with
 * ssh-ed25519 keys), back to the officer's own recipient. */
#ifndef PROTO_WAKE_LETTER_H
#define PROTO_WAKE_LETTER_H

#include "proto/age_recipient.h"
#include "proto/wake_way.h"
#include "proto/words.h"

/* Its JSON is filled up with spaces to exactly this, so that its length says nothing. */
#define WAKE_PLAIN_BYTES  2048
#define WAKE_SEALED_BYTES (WAKE_PLAIN_BYTES + 1024) /* at most, as an age file with one recipient */

/* What is sealed and sent, to the store and back from it. */
struct wake_letter {
	char officer[NAME_SIZE]; /* whose way it is: nobody can make another's letter hers */
	struct wake_way way;
	uint32_t waiting; /* from the store: how many wake-ups haven't been delivered yet */
};

/* The JSON of docs/protocol.md, filled up. */
MUST_USE int wake_letter_write(const struct wake_letter *letter, struct buffer *out);
MUST_USE int wake_letter_read(
	const uint8_t *data, size_t len, struct wake_letter *ret_letter, struct fault *fault);

/* A whole age file, appended. */
MUST_USE int wake_letter_seal(
	const struct wake_letter *letter, const uint8_t recipient[AGE_RECIPIENT_BYTES], struct buffer *out);
MUST_USE int wake_letter_open(const uint8_t *file, size_t len, const struct age_identity *identity,
	struct wake_letter *ret_letter, struct fault *fault);

/* The X25519 halves of a receipt key. The identity is freed with age_identity_free; NULL where it can't be
 * made.
 */
MUST_USE int wake_recipient(
	const uint8_t receipt_key[ED25519_PUBLIC_BYTES], uint8_t ret_recipient[AGE_RECIPIENT_BYTES]);
MUST_USE struct age_identity *wake_identity(const uint8_t receipt_secret_key[64]);

#endif
