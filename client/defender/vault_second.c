#include "vault_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(VAULT_SESSIONS_MAX == LAYERS_MAX, "what people are told");

static struct vault *second_new(const struct vault *vault)
{
	struct vault *second = calloc(1, sizeof *second);

	if (second == NULL)
		return NULL;
	second->home = vault->home;
	second->container = vault->container;
	second->is_second = true;
	second->slot = CONTAINER_SLOTS - 1 - vault->slot;
	return second;
}

int vault_second_create(
	struct vault *vault, const char *passphrase, struct vault **ret_second, struct failure *failure)
{
	struct vault *second = second_new(vault);

	if (second == NULL)
		return failure_memory(failure);
	if (vault_keys_of(passphrase, container_salt(vault->container), &second->keys, failure) != 0)
		goto failed;
	if (sodium_memcmp(second->keys, vault->keys, sizeof *vault->keys) == 0) {
		(void)failure_set(failure, EX_DATAERR,
			"that is the passphrase that this home has already: choose another one");
		goto failed;
	}
	/* The way to it is durable first: a slot that nobody knows of would be taken for an unused one. */
	if (vault_put_record(vault, VAULT_SECOND, second->keys, sizeof *second->keys, failure) != 0)
		goto failed;
	if (container_claim(second->container, second->slot, &second->keys->slot) != 0) {
		(void)failure_set(failure, EX_SOFTWARE, VAULT_DAMAGED);
		goto failed;
	}
	if (vault_commit(second, failure) != 0)
		goto failed;
	*ret_second = second;
	return 0;
failed:
	vault_free(second);
	return -1;
}

static int open_with(
	struct vault *second, const struct record *keys, bool *ret_is_there, struct failure *failure)
{
	uint8_t *bytes = sodium_malloc(CONTAINER_IMAGE_BYTES);
	int rc;

	second->keys = sodium_malloc(sizeof *second->keys);
	if (bytes == NULL || second->keys == NULL) {
		sodium_free(bytes);
		return failure_memory(failure);
	}
	memcpy(second->keys, keys->bytes, sizeof *second->keys);
	*ret_is_there = container_read(second->container, second->slot, &second->keys->slot, bytes) == 0;
	rc = *ret_is_there ? image_read(bytes, &second->image, failure) : 0;
	sodium_free(bytes);
	return rc;
}

int vault_second_open(struct vault *vault, struct vault **ret_second, struct failure *failure)
{
	const struct record *keys = image_find(&vault->image, VAULT_SECOND);
	struct vault *second;
	bool is_there = false;
	int rc;

	*ret_second = NULL;
	if (keys == NULL || keys->len != sizeof(struct vault_keys))
		return 0;
	second = second_new(vault);
	if (second == NULL)
		return failure_memory(failure);
	rc = open_with(second, keys, &is_there, failure);
	if (rc != 0 || !is_there)
		vault_free(second);
	else
		*ret_second = second;
	return rc;
}

int vault_second_destroy(struct vault *vault, struct failure *failure)
{
	if (image_find(&vault->image, VAULT_SECOND) == NULL)
		return 0;
	container_forget(vault->container, CONTAINER_SLOTS - 1 - vault->slot);
	return vault_remove(vault, VAULT_SECOND, failure);
}
