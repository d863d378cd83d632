/* Acceptances, signed answers and cards: Ed25519 over lines (docs/protocol.md, "Signed objects"). Secret keys
 * are 64 bytes, libsodium's form. Events stand in proto/event.h. */
#ifndef PROTO_SIGNED_OBJECTS_H
#define PROTO_SIGNED_OBJECTS_H

#include "proto/age_recipient.h"
#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/proof.h"
#include "proto/time.h"
#include "proto/words.h"

#define ID_BYTES       32
#define ID_SIZE        (ID_BYTES * 2 + 1)
#define ACCEPTANCE_MAX 1024

/* What the daemon says once a report is durable. */
struct acceptance {
	char organisation[FINGERPRINT_SIZE]; /* of the roster version that the upload named */
	char id[ID_SIZE];
	char desk[NAME_SIZE];
	enum urgency urgency;
	char release[TIME_SIZE]; /* "" where it isn't held */
	char accepted[TIME_SIZE];
};

/* What travels: the rest is known to both sides. */
struct acceptance_answer {
	char id[ID_SIZE];
	char accepted[TIME_SIZE];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

MUST_USE int acceptance_sign(const struct acceptance *acceptance, const uint8_t secret_key[64],
	uint8_t ret_signature[ED25519_SIGNATURE_BYTES]);
MUST_USE int acceptance_verify(const struct acceptance *acceptance,
	const uint8_t receipt_key[ED25519_PUBLIC_BYTES], const uint8_t signature[ED25519_SIGNATURE_BYTES]);
MUST_USE int acceptance_write(const struct acceptance_answer *answer, struct buffer *out);
MUST_USE int acceptance_parse(
	const char *json, size_t len, struct acceptance_answer *ret_answer, struct fault *fault);

/* The answer to a signed request. content_digest is the field's value; text is `Answer-Signature`'s. */
#define ANSWER_SIGNATURE_SIZE 89 /* padded base64 of 64 bytes + NUL */

struct signed_answer {
	const char *nonce; /* of the request */
	unsigned status;
	const char *content_digest;
};

MUST_USE int answer_sign(const struct signed_answer *answer, const uint8_t secret_key[64],
	char ret_text[ANSWER_SIGNATURE_SIZE]);
MUST_USE int answer_verify(const struct signed_answer *answer,
	const uint8_t receipt_key[ED25519_PUBLIC_BYTES], const char *text, size_t len);

/* What an officer or admin hands to an admin: her name and public keys, signed by the new key and, where she
 * had one, by the old key. */
#define CARD_MAX              512
#define CARD_FINGERPRINT_SIZE FINGERPRINT_SIZE

struct card {
	char name[NAME_SIZE];
	uint8_t recipient[AGE_RECIPIENT_BYTES];
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	bool has_old_key;
	uint8_t old_key[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	uint8_t old_signature[ED25519_SIGNATURE_BYTES];
};

/* Fills in public_key, the old key and both signatures from the secret keys; old_secret_key may be NULL. name
 * and recipient are the caller's. */
MUST_USE int card_sign(struct card *card, const uint8_t secret_key[64], const uint8_t *old_secret_key);

/* The line without its LF. */
MUST_USE int card_write(const struct card *card, struct buffer *out);

/* One line; one LF at the end is taken. Refuses a card whose signatures don't verify. */
MUST_USE int card_parse(const char *text, size_t len, struct card *ret_card, struct fault *fault);

/* SHA-256 of the signed lines, base64url: what two people compare. */
MUST_USE int card_fingerprint(const struct card *card, char ret_text[CARD_FINGERPRINT_SIZE]);

#endif
