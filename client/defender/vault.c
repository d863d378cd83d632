#include "vault_internal.h"

#include "client/terminal.h"
#include "proto/encode.h"
#include "proto/stretching.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MASTER_BYTES 32

/* Of Argon2id's result, or of the salt alone. */
static void derive(const uint8_t master[MASTER_BYTES], struct vault_keys *keys)
{
	static const char context[crypto_kdf_CONTEXTBYTES] = { 'v', 'a', 'u', 'l', 't', '/', '2', ' ' };
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];

	(void)crypto_kdf_derive_from_key(wide, sizeof wide, 1, context, master);
	crypto_core_ristretto255_scalar_reduce(keys->slot.layers, wide);
	(void)crypto_kdf_derive_from_key(keys->slot.image, sizeof keys->slot.image, 2, context, master);
	(void)crypto_kdf_derive_from_key(keys->names, sizeof keys->names, 3, context, master);
	(void)crypto_kdf_derive_from_key(keys->payloads, sizeof keys->payloads, 4, context, master);
	sodium_memzero(wide, sizeof wide);
}

int vault_keys_of(
	const char *passphrase, const uint8_t *salt, struct vault_keys **ret_keys, struct failure *failure)
{
	struct vault_keys *keys = sodium_malloc(sizeof *keys);
	uint8_t *master = sodium_malloc(MASTER_BYTES);
	int rc = -1;

	if (keys == NULL || master == NULL)
		goto cleanup;
	if (passphrase == NULL)
		rc = crypto_generichash(master, MASTER_BYTES, salt, CONTAINER_SALT_BYTES, NULL, 0);
	else
		rc = stretch(passphrase, salt, master, MASTER_BYTES);
	if (rc == 0) {
		derive(master, keys);
		*ret_keys = keys;
		keys = NULL;
	}
cleanup:
	sodium_free(master);
	sodium_free(keys);
	return rc == 0 ? 0 : failure_memory(failure);
}

void vault_free(struct vault *vault)
{
	if (vault == NULL)
		return;
	image_free(&vault->image);
	sodium_free(vault->keys);
	if (!vault->is_second)
		container_free(vault->container);
	free(vault);
}

bool vault_is_there(const struct home *home)
{
	return container_is_there(home);
}

bool vault_is_open_to_all(const struct vault *vault)
{
	return vault->is_open_to_all;
}

void vault_discard(struct vault *vault)
{
	struct failure ignored;

	if (container_remove(vault->container, &ignored) != 0)
		return;
}

int vault_commit(struct vault *vault, struct failure *failure)
{
	uint8_t *bytes;
	int rc;

	if (vault->container == NULL)
		return 0;
	bytes = sodium_malloc(CONTAINER_IMAGE_BYTES);
	if (bytes == NULL)
		return failure_memory(failure);
	image_write(&vault->image, bytes);
	rc = container_write(vault->container, vault->slot, bytes, failure);
	sodium_free(bytes);
	return rc;
}

static struct vault *vault_new(const struct home *home)
{
	struct vault *vault = calloc(1, sizeof *vault);

	if (vault != NULL)
		vault->home = home;
	return vault;
}

int vault_create(struct home *home, const char *passphrase, struct vault **ret_vault, struct failure *failure)
{
	struct vault *vault;

	if (vault_is_there(home))
		return failure_set(
			failure, EX_CANTCREAT, "the home is in use already: choose another with --home");
	vault = vault_new(home);
	if (vault == NULL)
		return failure_memory(failure);
	vault->slot = randombytes_uniform(CONTAINER_SLOTS);
	vault->is_open_to_all = passphrase == NULL;
	if (container_new(home, &vault->container, failure) != 0 ||
		vault_keys_of(passphrase, container_salt(vault->container), &vault->keys, failure) != 0 ||
		(container_claim(vault->container, vault->slot, &vault->keys->slot) != 0 &&
			failure_set(failure, EX_SOFTWARE, VAULT_DAMAGED) != 0) ||
		vault_commit(vault, failure) != 0) {
		vault_free(vault);
		return -1;
	}
	*ret_vault = vault;
	return 0;
}

int vault_create_in_memory(struct home *home, struct vault **ret_vault, struct failure *failure)
{
	struct vault *vault = vault_new(home);
	uint8_t master[MASTER_BYTES];

	if (vault == NULL || (vault->keys = sodium_malloc(sizeof *vault->keys)) == NULL) {
		vault_free(vault);
		return failure_memory(failure);
	}
	randombytes_buf(master, sizeof master);
	derive(master, vault->keys);
	sodium_memzero(master, sizeof master);
	*ret_vault = vault;
	return 0;
}

/* Both slots are tried, whichever it is. */
static int try_passphrase(
	struct vault *vault, const char *passphrase, bool *ret_fits, struct failure *failure)
{
	sodium_free(vault->keys);
	vault->keys = NULL;
	if (vault_keys_of(passphrase, container_salt(vault->container), &vault->keys, failure) != 0)
		return -1;
	*ret_fits = container_find(vault->container, &vault->keys->slot, &vault->slot) == 0;
	return 0;
}

static int unlock(struct vault *vault, const struct invocation *invocation, struct failure *failure)
{
	char *passphrase = NULL;
	bool fits = false;
	int rc;

	if (try_passphrase(vault, NULL, &vault->is_open_to_all, failure) != 0)
		return -1;
	if (vault->is_open_to_all)
		return 0;
	if (take_passphrase(invocation, false, &passphrase, failure) != 0)
		return -1;
	rc = try_passphrase(vault, passphrase, &fits, failure);
	if (rc == 0 && !fits)
		rc = failure_set(failure, EX_NOPERM, "the passphrase doesn't open this home: try it again");
	sodium_free(passphrase);
	return rc;
}

static int read_image(struct vault *vault, struct failure *failure)
{
	uint8_t *bytes = sodium_malloc(CONTAINER_IMAGE_BYTES);
	int rc;

	if (bytes == NULL)
		return failure_memory(failure);
	if (container_read(vault->container, vault->slot, &vault->keys->slot, bytes) != 0)
		rc = failure_set(failure, EX_DATAERR, VAULT_DAMAGED);
	else
		rc = image_read(bytes, &vault->image, failure);
	sodium_free(bytes);
	return rc;
}

/* A home that knows of a second slot takes off what was laid over that. */
static void know_both(struct vault *vault)
{
	const struct record *second = image_find(&vault->image, VAULT_SECOND);

	container_know(vault->container, vault->slot, &vault->keys->slot);
	if (second != NULL && second->len == sizeof(struct vault_keys))
		container_know(vault->container, CONTAINER_SLOTS - 1 - vault->slot,
			&((const struct vault_keys *)(const void *)second->bytes)->slot);
}

int vault_open(struct home *home, const struct invocation *invocation, struct vault **ret_vault,
	struct failure *failure)
{
	struct vault *vault = vault_new(home);
	int rc = -1;

	if (vault == NULL)
		return failure_memory(failure);
	if (container_load(home, &vault->container, failure) != 0)
		goto cleanup;
	if (vault->container == NULL) {
		rc = failure_set(failure, EX_CONFIG,
			"this home belongs to no organisation yet: %s join - asks for "
			"your invitation",
			invocation->program);
		goto cleanup;
	}
	if (unlock(vault, invocation, failure) != 0 || read_image(vault, failure) != 0)
		goto cleanup;
	know_both(vault);
	*ret_vault = vault;
	vault = NULL;
	rc = 0;
cleanup:
	vault_free(vault);
	return rc;
}

void vault_file_name(const struct vault *vault, const char *name, char ret_file[FILE_NAME_SIZE])
{
	uint8_t digest[16]; /* the shortest that libsodium makes */

	(void)crypto_generichash(digest, sizeof digest, (const uint8_t *)name, strlen(name),
		vault->keys->names, sizeof vault->keys->names);
	hex_encode(digest, (FILE_NAME_SIZE - 1) / 2, ret_file);
}

int vault_put_record(
	struct vault *vault, const char *name, const void *data, size_t len, struct failure *failure)
{
	struct record before;

	if (image_put(&vault->image, name, data, len, &before, failure) != 0)
		return -1;
	if (vault_commit(vault, failure) != 0) {
		image_restore(&vault->image, name, &before);
		return -1;
	}
	record_free(&before);
	return 0;
}

static int put_item(void *owner, const char *name, const void *data, size_t len, struct failure *failure)
{
	return vault_put_record(owner, name, data, len, failure);
}

static int get_item(
	void *owner, const char *name, struct buffer *out, bool *ret_found, struct failure *failure)
{
	const struct vault *vault = owner;
	const struct record *record = image_find(&vault->image, name);

	*ret_found = record != NULL;
	if (record == NULL)
		return 0;
	buffer_put(out, record->bytes, record->len);
	return buffer_ok(out) == 0 ? 0 : failure_memory(failure);
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
	struct record before;

	image_take(&vault->image, name, &before);
	if (before.name[0] == '\0') {
		vault_file_name(vault, name, file);
		return disk_remove(vault->home, file, failure);
	}
	if (vault_commit(vault, failure) != 0) {
		image_restore(&vault->image, name, &before);
		return -1;
	}
	record_free(&before);
	return 0;
}
