/* Who an officer or admin is: a name, an age identity to read with, and an Ed25519 key to sign with.
 *
 * Kept as an age identity file, so that stock age can use it:
 *
 *     # name: amina
 *     # public key: age1…
 *     # signing-key: <the 32-byte seed, base64>
 *     AGE-SECRET-KEY-1…
 *
 * or, with a passphrase, as an age scrypt file of that text. Whoever has rotated her keys has the same lines
 * of the identities before behind them: stock age opens with each. */
#ifndef KEYS_IDENTITY_H
#define KEYS_IDENTITY_H

#include "proto/age_recipient.h"
#include "proto/base.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#define IDENTITY_FILE_MAX (16 * 1024)

/* In sodium_malloc memory, as is what age points to. */
struct identity {
	char name[NAME_SIZE];
	uint8_t signing_key[64]; /* libsodium's form: its last 32 bytes are public_key */
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	struct age_identity *age;
	struct identity *older; /* the one before, or NULL; freed with it */
};

/* name must follow the rule of proto/words.h. */
MUST_USE int identity_new(const char *name, struct identity **ret_identity, struct fault *fault);
void identity_free(struct identity *identity);

/* The text of the file, and back. */
MUST_USE int identity_write(const struct identity *identity, struct buffer *out);
MUST_USE int identity_parse(
	const uint8_t *text, size_t len, struct identity **ret_identity, struct fault *fault);

/* passphrase NULL: plain. errno as in secure_file.h; nothing is overwritten. */
MUST_USE int identity_save(const char *path, const struct identity *identity, const char *passphrase,
	size_t passphrase_len, struct fault *fault);

/* The same file with other content, whole; a crash leaves the old or the new. For a rotation, whose content
 * holds what was there. */
MUST_USE int identity_replace(const char *path, const struct identity *identity, const char *passphrase,
	size_t passphrase_len, struct fault *fault);

/* passphrase may be NULL for a plain file. errno as in secure_file.h; besides ENOKEY (it is encrypted and no
 * passphrase was given), EKEYREJECTED (the passphrase is wrong) and EBADMSG (no identity file). */
MUST_USE int identity_load(const char *path, const char *passphrase, size_t passphrase_len,
	struct identity **ret_identity, struct fault *fault);

/* What her admin puts into the roster. old_signing_key may be NULL. */
MUST_USE int identity_card(
	const struct identity *identity, const uint8_t *old_signing_key, struct card *ret_card);

#endif
