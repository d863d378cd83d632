#include "restore_keyring.h"

#include "client/terminal.h"
#include "keys/keyring.h"
#include "keys/locked_file.h"
#include "keys/secure_file.h"
#include "proto/age_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int parse(const uint8_t *data, size_t len, const char *passphrase, struct keyring **ret_keyring,
	struct failure *failure)
{
	uint8_t *plain = NULL;
	size_t plain_len = 0;
	struct fault fault;
	int rc;

	if (!locked_file_is_encrypted(data, len))
		return keyring_parse(data, len, ret_keyring, &fault) == 0
			       ? 0
			       : failure_of(failure, EX_DATAERR, &fault);
	if (passphrase == NULL || age_file_open_passphrase(data, len, passphrase, strlen(passphrase), &plain,
					  &plain_len, &fault) != 0)
		return failure_set(failure, EX_NOPERM,
			"the passphrase doesn't open both keyrings: give the one that the daemon is started "
			"with");
	rc = keyring_parse(plain, plain_len, ret_keyring, &fault);
	sodium_free(plain);
	return rc == 0 ? 0 : failure_of(failure, EX_DATAERR, &fault);
}

static int by_epoch(const void *left, const void *right)
{
	const struct storage_key *a = left, *b = right;

	return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* Adds what `from` has and `into` lacks. *ret_added where something was. */
static int unite(struct keyring *into, const struct keyring *from, bool *ret_added, struct failure *failure)
{
	*ret_added = false;
	if (sodium_memcmp(into->index_key, from->index_key, sizeof into->index_key) != 0)
		return failure_set(failure, EX_DATAERR,
			"the keyring here is another organisation's than the backup's: move it away");
	for (size_t i = 0; i < from->storage_count; i++) {
		const struct storage_key *key = keyring_storage(into, from->storage[i].epoch);

		if (key != NULL && sodium_memcmp(key->key, from->storage[i].key, sizeof key->key) == 0)
			continue;
		if (key != NULL || into->storage_count == KEYRING_STORAGE_MAX)
			return failure_set(failure, EX_DATAERR,
				"the keyring here and the backup's don't go together: move the one here "
				"away");
		into->storage[into->storage_count++] = from->storage[i];
		*ret_added = true;
	}
	qsort(into->storage, into->storage_count, sizeof *into->storage, by_epoch);
	return 0;
}

/* Beside it first: a crash leaves the old or the new one. */
static int replace(
	const char *path, const struct keyring *keyring, const char *passphrase, struct failure *failure)
{
	char beside[PATH_MAX];
	struct fault fault;
	int len = snprintf(beside, sizeof beside, "%s.restoring", path);

	if (len < 0 || (size_t)len >= sizeof beside)
		return failure_set(
			failure, EX_CONFIG, "the home's path is too long: give --home another one");
	(void)unlink(beside);
	if (keyring_save(beside, keyring, passphrase, passphrase == NULL ? 0 : strlen(passphrase), &fault) !=
		0)
		return admin_file_failure(failure, errno, &fault);
	if (rename(beside, path) == 0)
		return 0;
	(void)unlink(beside);
	return failure_set(failure, EX_CANTCREAT, "the keyring can't be replaced: %s", error_words(errno));
}

static int unite_files(const struct admin *admin, const char *path, const struct buffer *here,
	const struct buffer *backed_up, struct failure *failure)
{
	bool is_encrypted = locked_file_is_encrypted(here->data, here->len), added = false;
	struct keyring *ours = NULL, *theirs = NULL;
	char *passphrase = NULL;
	int rc = -1;

	if ((is_encrypted || locked_file_is_encrypted(backed_up->data, backed_up->len)) &&
		take_passphrase(admin->invocation, false, &passphrase, failure) != 0)
		return -1;
	if (parse(here->data, here->len, passphrase, &ours, failure) == 0 &&
		parse(backed_up->data, backed_up->len, passphrase, &theirs, failure) == 0 &&
		unite(ours, theirs, &added, failure) == 0)
		rc = added ? replace(path, ours, is_encrypted ? passphrase : NULL, failure) : 0;
	keyring_free(ours);
	keyring_free(theirs);
	sodium_free(passphrase);
	return rc;
}

int restore_keyring(
	const struct admin *admin, const char *name, const struct buffer *backed_up, struct failure *failure)
{
	struct buffer here = buffer_of(2 * KEYRING_MAX_BYTES);
	char path[PATH_MAX];
	struct fault fault;
	uint8_t *data = NULL;
	size_t len = 0;
	int rc = -1;

	if (backed_up == NULL)
		return failure_set(failure, EX_DATAERR,
			"the backup holds no keyring: it lay outside the daemon's folder");
	if (admin_path(admin->home, name, path, failure) != 0)
		return -1;
	if (secure_file_create(AT_FDCWD, path, backed_up->data, backed_up->len, &fault) == 0)
		return 0;
	if (errno != EEXIST)
		return admin_file_failure(failure, errno, &fault);
	if (secure_file_read(AT_FDCWD, path, 2 * KEYRING_MAX_BYTES, &data, &len, &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	buffer_put(&here, data, len);
	sodium_free(data);
	if (buffer_ok(&here) != 0)
		rc = failure_memory(failure);
	else if (here.len == backed_up->len && sodium_memcmp(here.data, backed_up->data, here.len) == 0)
		rc = 0;
	else
		rc = unite_files(admin, path, &here, backed_up, failure);
	buffer_free(&here);
	return rc;
}
