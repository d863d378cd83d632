/* age's X25519 recipients and identities, as bytes and as their Bech32 text (`age1…`, `AGE-SECRET-KEY-1…`).
 */
#ifndef PROTO_AGE_RECIPIENT_H
#define PROTO_AGE_RECIPIENT_H

#include "proto/base.h"

#define AGE_RECIPIENT_BYTES 32
#define AGE_RECIPIENT_SIZE  63 /* `age1` + 58 characters + NUL */
#define AGE_IDENTITY_SIZE   75 /* `AGE-SECRET-KEY-1` + 58 characters + NUL */
#define AGE_SCRYPT_WORK_MAX 22

/* A secret X25519 scalar with its public half; secret_key lies in memory that age_identity_new guards. */
struct age_identity {
	uint8_t secret_key[32];
	uint8_t recipient[AGE_RECIPIENT_BYTES];
};

/* A fresh identity, or one from 32 secret bytes, in sodium_malloc memory; NULL where memory is short. */
MUST_USE struct age_identity *age_identity_new(void);
MUST_USE struct age_identity *age_identity_of(const uint8_t secret_key[32]);
void age_identity_free(struct age_identity *identity);

void age_recipient_text(const uint8_t recipient[AGE_RECIPIENT_BYTES], char ret_text[AGE_RECIPIENT_SIZE]);
/* Refuses mixed case, a wrong checksum, another prefix, and low-order points. */
MUST_USE int age_recipient_parse(const char *text, size_t len, uint8_t ret_recipient[AGE_RECIPIENT_BYTES]);

/* The text is a secret: the caller keeps it in sodium_malloc memory of AGE_IDENTITY_SIZE. */
void age_identity_text(const struct age_identity *identity, char ret_text[AGE_IDENTITY_SIZE]);
MUST_USE int age_identity_parse(const char *text, size_t len, struct age_identity **ret_identity);

#endif
