/* The `proof` stanza of a sealed report: who can open it can act on it, and nobody on the way can change what
 * it is for.
 *
 * Its two arguments (canonical unpadded base64, as age writes them) are an Ed25519 public key whose seed is
 * HKDF-SHA-256(file key, info `open/1`), and the SHA-256 of
 * `to/1\n<organisation>\n<desk>\n<urgency>\n<release or ->\n<hold key or ->\n<salt, hex>\n`. The body is
 * empty. */
#ifndef PROTO_PROOF_H
#define PROTO_PROOF_H

#include "proto/age_header.h"
#include "proto/base.h"
#include "proto/time.h"
#include "proto/words.h"

#define SALT_BYTES        16
#define SALT_HEX_SIZE     (SALT_BYTES * 2 + 1)
#define FINGERPRINT_BYTES 32
#define FINGERPRINT_SIZE  44 /* base64url, 43 characters + NUL */

/* What a report is for: all that travels beside it in the clear, and is committed to inside. */
struct destination {
	char organisation[FINGERPRINT_SIZE]; /* of the roster version it was sealed to */
	char desk[NAME_SIZE];
	enum urgency urgency;
	char release[TIME_SIZE];         /* "" where it isn't held */
	char hold_key[FINGERPRINT_SIZE]; /* base64url Ed25519 public key, "" where it isn't held */
	uint8_t salt[SALT_BYTES];
};

MUST_USE int destination_commitment(
	const struct destination *destination, uint8_t ret_commitment[SHA256_BYTES]);

struct proof {
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	uint8_t commitment[SHA256_BYTES];
};

MUST_USE int proof_put_stanza(struct buffer *out, const uint8_t file_key[AGE_FILE_KEY_BYTES],
	const struct destination *destination);

/* *ret_found is false where the header has none (a file that stock age sealed). Two proof stanzas, or one
 * that is malformed, are refused. */
MUST_USE int proof_find(const struct age_header *header, struct proof *ret_proof, bool *ret_found);

/* 0 where the stanza commits to exactly this destination. Compared in constant time. */
MUST_USE int proof_matches(const struct proof *proof, const struct destination *destination);

/* The signing key of whoever can open the report: ret_secret_key is 64 bytes of sodium_malloc memory. */
MUST_USE int proof_signing_key(const uint8_t file_key[AGE_FILE_KEY_BYTES], uint8_t ret_secret_key[64],
	uint8_t ret_public_key[ED25519_PUBLIC_BYTES]);

#endif
