/* The receipt number: 28 random digits and two check digits (ISO 7064 MOD 97-10), in six groups of five. It
 * is all a defender needs to read her answers, from any device, so it is a secret. */
#ifndef PROTO_RECEIPT_H
#define PROTO_RECEIPT_H

#include "proto/age_recipient.h"
#include "proto/base.h"
#include "proto/encode.h"

#define RECEIPT_DIGITS     30
#define RECEIPT_SIZE       (RECEIPT_DIGITS + 5 + 1) /* five spaces and a NUL */
#define RECEIPT_SEED_BYTES 32
#define MAILBOX_KEY_BYTES  32

/* What the number stands for. In sodium_malloc memory. */
struct receipt_keys {
	uint8_t mailbox_key[MAILBOX_KEY_BYTES];
	char mailbox[33]; /* the id: first 16 bytes of SHA-256(mailbox_key), hex */
	struct age_identity replies;
	uint8_t hand_secret_key[64];
	uint8_t hand_key[ED25519_PUBLIC_BYTES];
};

/* A fresh number. ret_text is a secret: sodium_malloc memory. */
void receipt_new(char ret_text[RECEIPT_SIZE]);

/* Any grouping with spaces, hyphens or dashes, and Arabic-Indic or Persian digits too; invisible direction
 * marks, which copied right-to-left text carries, are passed over. ret_text is the canonical form. The fault
 * says whether there are too few or too many digits, something that is no digit, or a digit typed wrong. */
MUST_USE int receipt_parse(const char *text, size_t len, char ret_text[RECEIPT_SIZE], struct fault *fault);

/* Argon2id with libsodium's MODERATE limits: takes a good part of a second and 256 MiB, on purpose. text is
 * canonical; ret_seed is a secret. */
MUST_USE int receipt_stretch(const char text[RECEIPT_SIZE], uint8_t ret_seed[RECEIPT_SEED_BYTES]);

/* NULL where memory is short. */
MUST_USE struct receipt_keys *receipt_keys_of(const uint8_t seed[RECEIPT_SEED_BYTES]);
void receipt_keys_free(struct receipt_keys *keys);

#endif
