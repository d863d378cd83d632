#include "keys/identity.h"

#include "keys/locked_file.h"
#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/encode.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define MARK_NAME       "# name: "
#define MARK_RECIPIENT  "# public key: "
#define MARK_KEY        "# signing-key: "
#define MARK_IDENTITY   "AGE-SECRET-KEY-1"
#define SEED_CHARS_SIZE (BASE64_CHARS(ED25519_SEED_BYTES) + 1)

static struct identity *identity_empty(void)
{
	struct identity *identity = sodium_malloc(sizeof *identity);

	if (identity != NULL)
		sodium_memzero(identity, sizeof *identity);
	return identity;
}

void identity_free(struct identity *identity)
{
	if (identity == NULL)
		return;
	identity_free(identity->older);
	age_identity_free(identity->age);
	sodium_free(identity);
}

int identity_new(const char *name, struct identity **ret_identity, struct fault *fault)
{
	struct identity *identity = identity_empty();

	if (identity == NULL || (identity->age = age_identity_new()) == NULL) {
		identity_free(identity);
		return fault_set(fault, "there is too little memory for a key: try again");
	}
	if (name_of(name, strlen(name), identity->name) != 0) {
		identity_free(identity);
		return fault_set(fault, "that is no name: use a-z, 0-9 and -, at most %d", NAME_MAX_CHARS);
	}
	(void)crypto_sign_keypair(identity->public_key, identity->signing_key);
	*ret_identity = identity;
	return 0;
}

static int write_one(const struct identity *identity, struct buffer *out)
{
	char recipient[AGE_RECIPIENT_SIZE];
	char *age = sodium_malloc(AGE_IDENTITY_SIZE);
	char *seed = sodium_malloc(SEED_CHARS_SIZE);

	if (age != NULL && seed != NULL) {
		age_recipient_text(identity->age->recipient, recipient);
		age_identity_text(identity->age, age);
		base64_encode(BASE64_PADDED, identity->signing_key, ED25519_SEED_BYTES, seed);
		buffer_put_string(out, MARK_NAME);
		buffer_put_string(out, identity->name);
		buffer_put_string(out, "\n" MARK_RECIPIENT);
		buffer_put_string(out, recipient);
		buffer_put_string(out, "\n" MARK_KEY);
		buffer_put_string(out, seed);
		buffer_put_string(out, "\n");
		buffer_put_string(out, age);
		buffer_put_string(out, "\n");
	}
	int rc = age != NULL && seed != NULL ? buffer_ok(out) : -1;
	sodium_free(age);
	sodium_free(seed);
	return rc;
}

int identity_write(const struct identity *identity, struct buffer *out)
{
	int rc = 0;

	for (const struct identity *one = identity; rc == 0 && one != NULL; one = one->older)
		rc = write_one(one, out);
	return rc;
}

/* Which of the file's facts have been read. */
struct seen {
	bool name, key, age;
};

static int take_signing_key(struct identity *identity, const char *text, size_t len)
{
	uint8_t *seed = sodium_malloc(ED25519_SEED_BYTES);
	int rc = -1;

	if (seed != NULL && base64_decode_fixed(BASE64_PADDED, text, len, seed, ED25519_SEED_BYTES) == 0)
		rc = crypto_sign_seed_keypair(identity->public_key, identity->signing_key, seed);
	sodium_free(seed);
	return rc;
}

/* One line; comments that aren't ours are left alone, as age does. */
static int take_line(struct identity *identity, struct seen *seen, const char *line, size_t len)
{
	struct reader rest = reader_of(line, len);
	bool *fact = NULL;
	int rc = -1;

	if (reader_literal(&rest, MARK_NAME) == 0) {
		fact = &seen->name;
		rc = name_of((const char *)rest.at, rest.left, identity->name);
	} else if (reader_literal(&rest, MARK_KEY) == 0) {
		fact = &seen->key;
		rc = take_signing_key(identity, (const char *)rest.at, rest.left);
	} else if (len == 0 || line[0] == '#') {
		return 0;
	} else if (!seen->age) {
		fact = &seen->age;
		rc = age_identity_parse(line, len, &identity->age);
	}
	if (rc != 0 || fact == NULL || *fact)
		return -1;
	*fact = true;
	return 0;
}

static bool is_whole(const struct seen *seen)
{
	return seen->name && seen->key && seen->age;
}

/* An identity that is whole is followed by the one before it, which begins with its name. */
static int begin_older(struct identity **last, struct seen *seen, const char *line, size_t len)
{
	struct reader rest = reader_of(line, len);

	if (!is_whole(seen) || reader_literal(&rest, MARK_NAME) != 0)
		return 0;
	(*last)->older = identity_empty();
	if ((*last)->older == NULL)
		return -1;
	*last = (*last)->older;
	*seen = (struct seen){ false, false, false };
	return 0;
}

int identity_parse(const uint8_t *text, size_t len, struct identity **ret_identity, struct fault *fault)
{
	struct identity *identity = identity_empty(), *last = identity;
	struct reader reader = reader_of(text, len);
	struct seen seen = { false, false, false };
	const char *line = NULL;
	size_t line_len = 0;
	int rc = -1;

	if (identity == NULL)
		return fault_set(fault, "there is too little memory for a key: try again");
	while (reader_line(&reader, &line, &line_len) == 0) {
		if (begin_older(&last, &seen, line, line_len) != 0 ||
			take_line(last, &seen, line, line_len) != 0) {
			rc = fault_set(
				fault, "this is no identity file of Clarion: use the one that `init' made");
			goto cleanup;
		}
	}
	if (reader_end(&reader) != 0 || !is_whole(&seen)) {
		rc = fault_set(fault, "this identity file isn't complete: use the one that `init' made");
		goto cleanup;
	}
	*ret_identity = identity;
	identity = NULL;
	rc = 0;
cleanup:
	identity_free(identity);
	return rc;
}

typedef int write_locked_file(const char *path, const void *data, size_t len, const char *passphrase,
	size_t passphrase_len, struct fault *fault);

static int write_with(write_locked_file *write, const char *path, const struct identity *identity,
	const struct reader *passphrase, struct fault *fault)
{
	struct buffer text = buffer_of(IDENTITY_FILE_MAX);
	int rc = -1;
	int reason = ENOMEM;

	if (identity_write(identity, &text) != 0) {
		rc = fault_set(fault, "there is too little memory for a key: try again");
	} else {
		rc = write(path, text.data, text.len, (const char *)passphrase->at, passphrase->left, fault);
		reason = errno;
	}
	buffer_free(&text);
	errno = reason;
	return rc;
}

int identity_save(const char *path, const struct identity *identity, const char *passphrase,
	size_t passphrase_len, struct fault *fault)
{
	const struct reader words = reader_of(passphrase, passphrase_len);

	return write_with(locked_file_create, path, identity, &words, fault);
}

int identity_replace(const char *path, const struct identity *identity, const char *passphrase,
	size_t passphrase_len, struct fault *fault)
{
	const struct reader words = reader_of(passphrase, passphrase_len);

	return write_with(locked_file_replace, path, identity, &words, fault);
}

int identity_load(const char *path, const char *passphrase, size_t passphrase_len,
	struct identity **ret_identity, struct fault *fault)
{
	uint8_t *text = NULL;
	size_t len = 0;
	int rc = -1;

	if (locked_file_read(path, IDENTITY_FILE_MAX, passphrase, passphrase_len, &text, &len, fault) != 0)
		return -1;
	rc = identity_parse(text, len, ret_identity, fault);
	sodium_free(text);
	errno = rc == 0 ? 0 : EBADMSG;
	return rc;
}

int identity_card(const struct identity *identity, const uint8_t *old_signing_key, struct card *ret_card)
{
	struct card card = { .has_old_key = false };

	memcpy(card.name, identity->name, sizeof card.name);
	memcpy(card.recipient, identity->age->recipient, sizeof card.recipient);
	if (card_sign(&card, identity->signing_key, old_signing_key) != 0)
		return -1;
	*ret_card = card;
	return 0;
}
