#include "vault_internal.h"

#include "client/terminal.h"
#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/padme.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MASTER_BYTES 32
#define NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SLOTS_SALT   crypto_pwhash_SALTBYTES
#define SLOT_BYTES   (NONCE_BYTES + MASTER_BYTES + TAG_BYTES)
#define SLOT_COUNT   2
#define SLOTS_BYTES  PADME_LEAST /* the smallest size that an item has too */
#define LENGTH_BYTES 8

static const uint8_t slot_context[] = "slot/1";

struct slots {
	uint8_t key[32];
	uint8_t master[MASTER_BYTES];
};

static uint8_t *slot_at(uint8_t *file, size_t at)
{
	return file + SLOTS_SALT + at * SLOT_BYTES;
}

/* The key of a slot: 32 zeros where there is no passphrase. */
static int slot_key(const char *passphrase, const uint8_t *salt, uint8_t ret_key[32], struct failure *failure)
{
	memset(ret_key, 0, 32);
	if (passphrase != NULL && crypto_pwhash(ret_key, 32, passphrase, strlen(passphrase), salt,
					  crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
					  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return failure_memory(failure);
	return 0;
}

static int open_slots(uint8_t *file, struct slots *slots)
{
	unsigned long long len;

	for (size_t at = 0; at < SLOT_COUNT; at++) {
		const uint8_t *slot = slot_at(file, at);

		if (crypto_aead_xchacha20poly1305_ietf_decrypt(slots->master, &len, NULL, slot + NONCE_BYTES,
			    MASTER_BYTES + TAG_BYTES, slot_context, sizeof slot_context, slot,
			    slots->key) == 0)
			return 0;
	}
	return -1;
}

static int vault_of(const struct home *home, const uint8_t master[MASTER_BYTES], struct vault **ret_vault,
	struct failure *failure)
{
	static const char context[crypto_kdf_CONTEXTBYTES] = { 'v', 'a', 'u', 'l', 't', '/', '1', ' ' };
	struct vault *vault = calloc(1, sizeof *vault);

	if (vault == NULL || (vault->keys = sodium_malloc(sizeof *vault->keys)) == NULL) {
		free(vault);
		return failure_memory(failure);
	}
	vault->home = home;
	(void)crypto_kdf_derive_from_key(vault->keys->names, sizeof vault->keys->names, 1, context, master);
	(void)crypto_kdf_derive_from_key(vault->keys->items, sizeof vault->keys->items, 2, context, master);
	(void)crypto_kdf_derive_from_key(
		vault->keys->payloads, sizeof vault->keys->payloads, 3, context, master);
	*ret_vault = vault;
	return 0;
}

void vault_free(struct vault *vault)
{
	if (vault == NULL)
		return;
	sodium_free(vault->keys);
	free(vault);
}

bool vault_is_there(const struct home *home)
{
	return disk_has(home, SLOTS_FILE);
}

void vault_discard(struct home *home)
{
	struct failure ignored;

	if (disk_remove(home, SLOTS_FILE, &ignored) != 0)
		return;
}

int vault_create(struct home *home, const char *passphrase, struct vault **ret_vault, struct failure *failure)
{
	uint8_t *file = NULL;
	struct slots *slots = NULL;
	uint8_t *slot;
	int rc = -1;

	if (vault_is_there(home))
		return failure_set(
			failure, EX_CANTCREAT, "the home is in use already: choose another with --home");
	file = malloc(SLOTS_BYTES);
	slots = sodium_malloc(sizeof *slots);
	if (file == NULL || slots == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	randombytes_buf(file, SLOTS_BYTES);
	randombytes_buf(slots->master, sizeof slots->master);
	if (slot_key(passphrase, file, slots->key, failure) != 0)
		goto cleanup;
	slot = slot_at(file, randombytes_uniform(SLOT_COUNT));
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot + NONCE_BYTES, NULL, slots->master,
		MASTER_BYTES, slot_context, sizeof slot_context, NULL, slot, slots->key);
	if (disk_replace(home, SLOTS_FILE, file, SLOTS_BYTES, failure) != 0)
		goto cleanup;
	rc = vault_of(home, slots->master, ret_vault, failure);
cleanup:
	sodium_free(slots);
	free(file);
	return rc;
}

int vault_create_in_memory(struct home *home, struct vault **ret_vault, struct failure *failure)
{
	uint8_t *master = sodium_malloc(MASTER_BYTES);
	int rc;

	if (master == NULL)
		return failure_memory(failure);
	randombytes_buf(master, MASTER_BYTES);
	rc = vault_of(home, master, ret_vault, failure);
	sodium_free(master);
	return rc;
}

static int unlock(
	uint8_t *file, struct slots *slots, const struct invocation *invocation, struct failure *failure)
{
	char *passphrase = NULL;
	int rc = -1;

	if (slot_key(NULL, file, slots->key, failure) != 0)
		return -1;
	if (open_slots(file, slots) == 0)
		return 0;
	if (take_passphrase(invocation, false, &passphrase, failure) != 0)
		return -1;
	if (slot_key(passphrase, file, slots->key, failure) == 0) {
		rc = open_slots(file, slots);
		if (rc != 0)
			rc = failure_set(
				failure, EX_NOPERM, "the passphrase doesn't open this home: try it again");
	}
	sodium_free(passphrase);
	return rc;
}

int vault_open(struct home *home, const struct invocation *invocation, struct vault **ret_vault,
	struct failure *failure)
{
	struct buffer file = buffer_of(SLOTS_BYTES);
	struct slots *slots = sodium_malloc(sizeof *slots);
	bool found = false;
	int rc = -1;

	if (slots == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (disk_read(home, SLOTS_FILE, &file, &found, failure) != 0)
		goto cleanup;
	if (!found || file.len != SLOTS_BYTES) {
		rc = failure_set(failure, EX_CONFIG,
			"this home belongs to no organisation yet: %s join - asks for "
			"your invitation",
			invocation->program);
		goto cleanup;
	}
	if (unlock(file.data, slots, invocation, failure) == 0)
		rc = vault_of(home, slots->master, ret_vault, failure);
cleanup:
	sodium_free(slots);
	buffer_free(&file);
	return rc;
}

void vault_file_name(const struct vault *vault, const char *name, char ret_file[FILE_NAME_SIZE])
{
	uint8_t digest[16];

	(void)crypto_generichash(digest, sizeof digest, (const uint8_t *)name, strlen(name),
		vault->keys->names, sizeof vault->keys->names);
	hex_encode(digest, sizeof digest, ret_file);
}

static int damaged(struct failure *failure)
{
	return failure_set(
		failure, EX_DATAERR, "the home is damaged: join again with --home and a new folder");
}

static int put_item(void *owner, const char *name, const void *data, size_t len, struct failure *failure)
{
	struct vault *vault = owner;
	char file[FILE_NAME_SIZE];
	size_t size = (size_t)padme_length(NONCE_BYTES + LENGTH_BYTES + len + TAG_BYTES);
	size_t plain_len = size - NONCE_BYTES - TAG_BYTES;
	uint8_t *sealed = malloc(size), *plain = sealed == NULL ? NULL : sealed + NONCE_BYTES;
	int rc;

	if (sealed == NULL)
		return failure_memory(failure);
	vault_file_name(vault, name, file);
	randombytes_buf(sealed, NONCE_BYTES);
	memset(plain, 0, plain_len);
	for (size_t at = 0; at < LENGTH_BYTES; at++)
		plain[at] = (uint8_t)((uint64_t)len >> (8 * (LENGTH_BYTES - 1 - at)));
	if (len > 0)
		memcpy(plain + LENGTH_BYTES, data, len);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(plain, NULL, plain, plain_len, (const uint8_t *)file,
		FILE_NAME_SIZE - 1, NULL, sealed, vault->keys->items);
	rc = disk_replace(vault->home, file, sealed, size, failure);
	sodium_memzero(sealed, size);
	free(sealed);
	return rc;
}

static int get_item(
	void *owner, const char *name, struct buffer *out, bool *ret_found, struct failure *failure)
{
	struct vault *vault = owner;
	struct buffer sealed = buffer_of(2 * ITEM_MAX);
	char file[FILE_NAME_SIZE];
	unsigned long long plain_len;
	struct reader reader;
	uint64_t len;
	bool found;
	int rc = -1;

	vault_file_name(vault, name, file);
	if (disk_read(vault->home, file, &sealed, &found, failure) != 0)
		goto cleanup;
	*ret_found = found;
	if (!found) {
		rc = 0;
		goto cleanup;
	}
	if (sealed.len < NONCE_BYTES + TAG_BYTES ||
		crypto_aead_xchacha20poly1305_ietf_decrypt(sealed.data + NONCE_BYTES, &plain_len, NULL,
			sealed.data + NONCE_BYTES, sealed.len - NONCE_BYTES, (const uint8_t *)file,
			FILE_NAME_SIZE - 1, sealed.data, vault->keys->items) != 0) {
		rc = damaged(failure);
		goto cleanup;
	}
	reader = reader_of(sealed.data + NONCE_BYTES, (size_t)plain_len);
	if (reader_u64(&reader, &len) != 0 || len > reader.left) {
		rc = damaged(failure);
		goto cleanup;
	}
	buffer_put(out, reader.at, (size_t)len);
	rc = buffer_ok(out) == 0 ? 0 : failure_memory(failure);
cleanup:
	buffer_free(&sealed);
	return rc;
}

struct items vault_items(struct vault *vault)
{
	return (struct items){ .owner = vault,
		.get = get_item,
		.put = put_item,
		.where = "this home (`proof' gives them out)" };
}

int vault_remove(struct vault *vault, const char *name, struct failure *failure)
{
	char file[FILE_NAME_SIZE];

	vault_file_name(vault, name, file);
	return disk_remove(vault->home, file, failure);
}
