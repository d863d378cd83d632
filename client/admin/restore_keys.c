#include "restore_keys.h"

#include "draft.h"

#include "client/output.h"
#include "client/terminal.h"
#include "keys/keyring.h"
#include "keys/secure_file.h"
#include "keys/tls_key.h"
#include "keys/token_keys.h"
#include "proto/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NAME_ROOM (CONFIGURED_NAME_SIZE + 32)
#define NEXT      ".next"

int restore_put_missing(
	const struct admin *admin, const char *name, const struct buffer *content, struct failure *failure)
{
	struct fault fault;

	if (content == NULL || secure_file_create(home_descriptor(admin->home), name, content->data,
				       content->len, &fault) == 0)
		return 0;
	return errno == EEXIST ? 0 : admin_file_failure(failure, errno, &fault);
}

static void name_in_daemon(const char *file, const char *ending, char ret_name[NAME_ROOM])
{
	(void)snprintf(ret_name, NAME_ROOM, DAEMON_FOLDER "/%s%s", file, ending);
}

static const struct buffer *backed_up(const struct restore_keys *keys, const char *file, const char *ending)
{
	char name[NAME_ROOM];

	name_in_daemon(file, ending, name);
	return restored_small(keys->files, name);
}

/* --- TLS */

static bool is_named(const struct roster *roster, const uint8_t pin[SHA256_BYTES])
{
	for (size_t at = 0; at < roster->server_count; at++) {
		const struct roster_server *server = &roster->servers[at];

		if (bytes_equal(server->pin, pin, SHA256_BYTES) ||
			(server->has_next_pin && bytes_equal(server->next_pin, pin, SHA256_BYTES)))
			return true;
	}
	return false;
}

static bool names_certificate(const struct roster *roster, const struct buffer *certificate)
{
	uint8_t pin[SHA256_BYTES];

	return certificate != NULL && tls_certificate_pin(certificate->data, certificate->len, pin) == 0 &&
	       is_named(roster, pin);
}

int restore_put_tls(const struct restore_keys *keys, struct failure *failure)
{
	const char *const files[] = { keys->names->tls_key, keys->names->tls_certificate };
	const char *certificate = keys->names->tls_certificate;
	/* Once rotated since: the backup's next key is the one in use. */
	const bool rotated = !names_certificate(keys->newest, backed_up(keys, certificate, "")) &&
			     names_certificate(keys->newest, backed_up(keys, certificate, NEXT));
	char name[NAME_ROOM];

	if (rotated)
		say(keys->admin->invocation,
			"The TLS key was rotated since the backup: the server goes on with the next one, "
			"which "
			"the backup holds, and\nthe one after that is lost. Run `rotate tls' and `roster "
			"publish' soon, so that people's programs learn a new\nnext key, and give them weeks "
			"before you run it again to switch.\n");
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		name_in_daemon(files[i], "", name);
		if (restore_put_missing(
			    keys->admin, name, backed_up(keys, files[i], rotated ? NEXT : ""), failure) != 0)
			return -1;
		name_in_daemon(files[i], NEXT, name);
		if (!rotated &&
			restore_put_missing(keys->admin, name, backed_up(keys, files[i], NEXT), failure) != 0)
			return -1;
	}
	return 0;
}

/* Of the key that the server will show, or of the one after it: 66 where there is none. */
static int read_pin(const struct restore_keys *keys, const char *ending, uint8_t ret_pin[SHA256_BYTES],
	struct failure *failure)
{
	char name[NAME_ROOM];
	struct fault fault;
	uint8_t *data = NULL;
	size_t len = 0;
	int rc;

	name_in_daemon(keys->names->tls_certificate, ending, name);
	if (secure_file_read(
		    home_descriptor(keys->admin->home), name, BACKUP_SMALL_MAX, &data, &len, &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	rc = tls_certificate_pin(data, len, ret_pin);
	sodium_free(data);
	return rc == 0 ? 0 : failure_set(failure, EX_DATAERR, "the TLS certificate is damaged: see %s", name);
}

struct lost {
	bool tls, receipt, tokens;
	uint8_t pin[SHA256_BYTES], next_pin[SHA256_BYTES];
	bool has_next_pin;
	struct keyring *keyring; /* NULL where it wasn't looked into */
};

static void draft_pins(const struct lost *found, struct roster *draft)
{
	uint8_t lost[SHA256_BYTES];

	memcpy(lost, draft->servers[0].pin, sizeof lost);
	for (size_t at = 0; at < draft->server_count; at++) {
		struct roster_server *server = &draft->servers[at];

		if (!bytes_equal(server->pin, lost, sizeof lost))
			continue;
		memcpy(server->pin, found->pin, sizeof server->pin);
		memcpy(server->next_pin, found->next_pin, sizeof server->next_pin);
		server->has_next_pin = found->has_next_pin;
	}
}

/* --- the keyring's */

static bool same_tokens(const struct roster *one, const struct roster *other)
{
	bool same = one->token_key_count == other->token_key_count;

	for (size_t at = 0; same && at < one->token_key_count; at++)
		same = bytes_equal(one->token_keys[at].public_key, other->token_keys[at].public_key,
			sizeof one->token_keys[at].public_key);
	return same;
}

static int load_keyring(
	const struct restore_keys *keys, struct keyring **ret_keyring, struct failure *failure)
{
	char name[NAME_ROOM], path[PATH_MAX], *passphrase = NULL;
	struct fault fault;
	int rc;

	name_in_daemon(keys->names->keyring, "", name);
	if (admin_path(keys->admin->home, name, path, failure) != 0)
		return -1;
	rc = keyring_load(path, NULL, 0, ret_keyring, &fault);
	if (rc != 0 && errno == ENOKEY) {
		if (take_passphrase(keys->admin->invocation, false, &passphrase, failure) != 0)
			return -1;
		rc = keyring_load(path, passphrase, strlen(passphrase), ret_keyring, &fault);
	}
	if (rc != 0)
		rc = admin_file_failure(failure, errno, &fault);
	sodium_free(passphrase);
	return rc;
}

static bool has_receipt_key(const struct keyring *keyring, const uint8_t wanted[ED25519_PUBLIC_BYTES])
{
	uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES), public[ED25519_PUBLIC_BYTES];
	bool has = false;

	for (size_t at = 0; secret != NULL && !has && at < keyring->receipt_count; at++)
		has = keyring_receipt_key(&keyring->receipts[at], secret, public) == 0 &&
		      bytes_equal(public, wanted, sizeof public);
	sodium_free(secret);
	return has;
}

static bool has_tokens(const struct keyring *keyring, const struct roster *roster)
{
	size_t found = 0;

	for (size_t at = 0; at < keyring->token_count; at++)
		found += token_epoch_is_named(&keyring->tokens[at], roster) ? 1 : 0;
	return found >= roster->token_key_count;
}

/* --- the draft */

static int find_lost(const struct restore_keys *keys, struct lost *lost, struct failure *failure)
{
	bool differ = !bytes_equal(keys->newest->receipt_key, keys->then->receipt_key,
			      sizeof keys->then->receipt_key) ||
		      !same_tokens(keys->newest, keys->then);

	if (read_pin(keys, "", lost->pin, failure) != 0)
		return -1;
	lost->has_next_pin = read_pin(keys, NEXT, lost->next_pin, failure) == 0;
	if (!lost->has_next_pin && failure->exit_code != EX_NOINPUT)
		return -1;
	lost->tls = !is_named(keys->newest, lost->pin);
	if (!differ)
		return 0;
	if (load_keyring(keys, &lost->keyring, failure) != 0)
		return -1;
	lost->receipt = !has_receipt_key(lost->keyring, keys->newest->receipt_key);
	lost->tokens = !has_tokens(lost->keyring, keys->newest);
	return 0;
}

static int change(const struct restore_keys *keys, const struct lost *lost, struct roster *draft)
{
	if (lost->tls)
		draft_pins(lost, draft);
	if (lost->receipt)
		memcpy(draft->receipt_key, keys->then->receipt_key, sizeof draft->receipt_key);
	return lost->tokens ? token_key_lines(lost->keyring, draft) : 0;
}

static void say_lost(const struct invocation *invocation, const struct lost *lost)
{
	say(invocation,
		"The newest roster names keys of the server that were made after the backup and are lost:"
		"%s%s%s.\nA draft names those of the backup instead. Sign it (`roster sign', as many admins "
		"as must), then `roster publish',\nand only then start clariond.\n",
		lost->tls ? " the TLS key" : "", lost->receipt ? " the receipt key" : "",
		lost->tokens ? " a token key" : "");
	if (lost->tls)
		say(invocation, "Whoever has taken that roster finds another key at the server and stops: "
				"give new invitations to officers and\ndefenders, who `join' again in the "
				"homes that they have.\n");
}

int restore_draft_keys(const struct restore_keys *keys, bool *ret_drafted, struct failure *failure)
{
	struct lost lost = { .tls = false };
	struct roster *draft = NULL;
	int rc = find_lost(keys, &lost, failure);

	*ret_drafted = false;
	if (rc != 0 || (!lost.tls && !lost.receipt && !lost.tokens))
		goto cleanup;
	rc = draft_new(keys->admin, &draft, failure);
	if (rc == 0 && change(keys, &lost, draft) != 0)
		rc = failure_memory(failure);
	if (rc == 0)
		rc = draft_save(keys->admin, &draft, failure);
	if (rc == 0) {
		say_lost(keys->admin->invocation, &lost);
		*ret_drafted = true;
	}
cleanup:
	keyring_free(lost.keyring);
	roster_free(draft);
	return rc;
}
