#include "keys/keyring.h"

#include "keys/locked_file.h"
#include "proto/cursor.h"
#include "proto/time.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define FIRST_LINE "clarion-keyring/1\n"

static struct keyring *keyring_empty(void)
{
	struct keyring *keyring = sodium_malloc(sizeof *keyring);

	if (keyring != NULL)
		sodium_memzero(keyring, sizeof *keyring);
	return keyring;
}

struct keyring *keyring_copy(const struct keyring *keyring)
{
	struct keyring *copy = sodium_malloc(sizeof *copy);

	if (copy != NULL)
		memcpy(copy, keyring, sizeof *copy);
	return copy;
}

void keyring_free(struct keyring *keyring)
{
	sodium_free(keyring);
}

int keyring_new(struct keyring **ret_keyring)
{
	struct keyring *keyring = keyring_empty();

	if (keyring == NULL)
		return -1;
	keyring->storage[0].epoch = 1;
	keyring->storage_count = 1;
	randombytes_buf(keyring->storage[0].key, STORAGE_KEY_BYTES);
	randombytes_buf(keyring->index_key, INDEX_KEY_BYTES);
	keyring->receipts[0].epoch = 1;
	keyring->receipt_count = 1;
	randombytes_buf(keyring->receipts[0].seed, ED25519_SEED_BYTES);
	*ret_keyring = keyring;
	return 0;
}

int keyring_write(const struct keyring *keyring, struct buffer *out)
{
	buffer_put_string(out, FIRST_LINE);
	buffer_put_u32(out, (uint32_t)keyring->storage_count);
	for (size_t at = 0; at < keyring->storage_count; at++) {
		buffer_put_u32(out, keyring->storage[at].epoch);
		buffer_put(out, keyring->storage[at].key, STORAGE_KEY_BYTES);
	}
	buffer_put(out, keyring->index_key, INDEX_KEY_BYTES);
	buffer_put_u32(out, (uint32_t)keyring->receipt_count);
	for (size_t at = 0; at < keyring->receipt_count; at++) {
		buffer_put_u32(out, keyring->receipts[at].epoch);
		buffer_put(out, keyring->receipts[at].seed, ED25519_SEED_BYTES);
	}
	buffer_put_u32(out, (uint32_t)keyring->token_count);
	for (size_t at = 0; at < keyring->token_count; at++) {
		buffer_put_u64(out, keyring->tokens[at].epoch);
		buffer_put(out, keyring->tokens[at].seed, TOKEN_SEED_BYTES);
		buffer_put_u64(out, (uint64_t)keyring->tokens[at].not_before);
		buffer_put_u64(out, (uint64_t)keyring->tokens[at].not_after);
	}
	return buffer_ok(out);
}

static int take_storage(struct reader *reader, struct keyring *keyring)
{
	uint32_t count = 0, before = 0;

	if (reader_u32(reader, &count) != 0 || count == 0 || count > KEYRING_STORAGE_MAX)
		return -1;
	for (uint32_t at = 0; at < count; at++) {
		struct storage_key *key = &keyring->storage[at];

		if (reader_u32(reader, &key->epoch) != 0 || key->epoch <= before ||
			reader_fixed(reader, key->key, STORAGE_KEY_BYTES) != 0)
			return -1;
		before = key->epoch;
	}
	keyring->storage_count = count;
	return 0;
}

static int take_receipts(struct reader *reader, struct keyring *keyring)
{
	uint32_t count = 0, before = 0;

	if (reader_u32(reader, &count) != 0 || count == 0 || count > KEYRING_RECEIPTS_MAX)
		return -1;
	for (uint32_t at = 0; at < count; at++) {
		struct receipt_seed *receipt = &keyring->receipts[at];

		if (reader_u32(reader, &receipt->epoch) != 0 || receipt->epoch <= before ||
			reader_fixed(reader, receipt->seed, ED25519_SEED_BYTES) != 0)
			return -1;
		before = receipt->epoch;
	}
	keyring->receipt_count = count;
	return 0;
}

static int take_time(struct reader *reader, int64_t *ret_seconds)
{
	uint64_t value = 0;

	if (reader_u64(reader, &value) != 0 || value > (uint64_t)TIME_LATEST)
		return -1;
	*ret_seconds = (int64_t)value;
	return 0;
}

static int take_tokens(struct reader *reader, struct keyring *keyring)
{
	uint32_t count = 0;
	uint64_t before = 0;

	if (reader_u32(reader, &count) != 0 || count > KEYRING_TOKENS_MAX)
		return -1;
	for (uint32_t at = 0; at < count; at++) {
		struct token_seed *token = &keyring->tokens[at];

		if (reader_u64(reader, &token->epoch) != 0 || token->epoch <= before ||
			reader_fixed(reader, token->seed, TOKEN_SEED_BYTES) != 0 ||
			take_time(reader, &token->not_before) != 0 ||
			take_time(reader, &token->not_after) != 0 || token->not_after <= token->not_before)
			return -1;
		before = token->epoch;
	}
	keyring->token_count = count;
	return 0;
}

int keyring_parse(const uint8_t *data, size_t len, struct keyring **ret_keyring, struct fault *fault)
{
	struct reader reader = reader_of(data, len);
	struct keyring *keyring = keyring_empty();

	if (keyring == NULL)
		return fault_set(fault, "there is too little memory for the keyring: try again");
	if (reader_literal(&reader, FIRST_LINE) != 0 || take_storage(&reader, keyring) != 0 ||
		reader_fixed(&reader, keyring->index_key, INDEX_KEY_BYTES) != 0 ||
		take_receipts(&reader, keyring) != 0 || take_tokens(&reader, keyring) != 0 ||
		reader_end(&reader) != 0) {
		keyring_free(keyring);
		return fault_set(fault, "this is no keyring, or it is cut short: restore it from a backup");
	}
	*ret_keyring = keyring;
	return 0;
}

const struct storage_key *keyring_storage(const struct keyring *keyring, uint32_t epoch)
{
	for (size_t at = 0; at < keyring->storage_count; at++) {
		if (keyring->storage[at].epoch == epoch)
			return &keyring->storage[at];
	}
	return NULL;
}

const struct storage_key *keyring_storage_newest(const struct keyring *keyring)
{
	return &keyring->storage[keyring->storage_count - 1];
}

int keyring_receipt_key(const struct receipt_seed *receipt, uint8_t ret_secret_key[64],
	uint8_t ret_public_key[ED25519_PUBLIC_BYTES])
{
	return crypto_sign_seed_keypair(ret_public_key, ret_secret_key, receipt->seed);
}

int keyring_save(const char *path, const struct keyring *keyring, const char *passphrase,
	size_t passphrase_len, struct fault *fault)
{
	struct buffer bytes = buffer_of(KEYRING_MAX_BYTES);
	int rc = -1;
	int reason = ENOMEM;

	if (keyring_write(keyring, &bytes) != 0) {
		rc = fault_set(fault, "there is too little memory for the keyring: try again");
	} else {
		rc = locked_file_create(path, bytes.data, bytes.len, passphrase, passphrase_len, fault);
		reason = errno;
	}
	buffer_free(&bytes);
	errno = reason;
	return rc;
}

int keyring_load(const char *path, const char *passphrase, size_t passphrase_len,
	struct keyring **ret_keyring, struct fault *fault)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	int rc = -1;

	if (locked_file_read(path, KEYRING_MAX_BYTES, passphrase, passphrase_len, &bytes, &len, fault) != 0)
		return -1;
	rc = keyring_parse(bytes, len, ret_keyring, fault);
	sodium_free(bytes);
	errno = rc == 0 ? 0 : EBADMSG;
	return rc;
}
