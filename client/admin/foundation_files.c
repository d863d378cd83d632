/* The new organisation's files. identity.age comes last: where it lies, everything does. */
#include "foundation.h"

#include "keys/roster_folder.h"
#include "keys/secure_file.h"
#include "proto/age_lock.h"
#include "proto/age_recipient.h"
#include "proto/stretching.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define CONFIGURATION_MAX 4096
#define SEALED_KEY_MAX    (64 * 1024)

/* Where clariond listens: on the address itself where the host is one, for an onion service on loopback (its
 * proxy connects there), else everywhere. */
static void put_listen(const struct server_url *url, struct buffer *out)
{
	uint8_t address[sizeof(struct in6_addr)];

	if (server_url_is_onion(url))
		buffer_put_format(out, "listen_shared = 127.0.0.1:%u\n", (unsigned)url->port);
	else if (inet_pton(AF_INET, url->host, address) == 1)
		buffer_put_format(out, "listen = %s:%u\n", url->host, (unsigned)url->port);
	else if (inet_pton(AF_INET6, url->host, address) == 1)
		buffer_put_format(out, "listen = [%s]:%u\n", url->host, (unsigned)url->port);
	else
		buffer_put_format(out, "listen = [::]:%u\n", (unsigned)url->port);
}

static const char *keyring_name(const struct foundation *foundation)
{
	return foundation->passphrase == NULL ? "keyring" : "keyring.age";
}

static void put_configuration(const struct foundation *foundation, struct buffer *out)
{
	buffer_put_string(
		out, "# clariond.conf(5) explains each setting. Paths are relative to this file.\n");
	put_listen(&foundation->url, out);
	buffer_put_string(
		out, "# Secret: whoever knows it can tell that this server is more than a web site.\n");
	buffer_put_format(out, "base = %s\n", foundation->url.base);
	buffer_put_string(out, "store = store\n"
			       "tls_key = tls.key\n"
			       "tls_certificate = tls.crt\n");
	buffer_put_format(out, "keyring = %s\n", keyring_name(foundation));
	buffer_put_string(out, "control = control.sock\n"
			       "rosters = rosters\n"
			       "# Users of the processes, where clariond is started as root.\n"
			       "user_front = 60900\n"
			       "user_store = 60901\n"
			       "user_notify = 60902\n");
	if (foundation->passphrase == NULL)
		buffer_put_string(out, "# No passphrase protects the keys: whoever has this disk has them.\n"
				       "unencrypted_keys = yes\n");
}

static int make_folder(const struct home *home, const char *name, struct failure *failure)
{
	struct fault fault;

	if (secure_folder_create(home_descriptor(home), name, &fault) == 0)
		return 0;
	return admin_file_failure(failure, errno, &fault);
}

static int write_plain(
	const struct home *home, const char *name, const struct buffer *content, struct failure *failure)
{
	struct fault fault;

	if (buffer_ok(content) != 0)
		return failure_memory(failure);
	if (secure_file_create(home_descriptor(home), name, content->data, content->len, &fault) == 0)
		return 0;
	return admin_file_failure(failure, errno, &fault);
}

static int write_roster(
	const struct home *home, const char *name, const struct roster *roster, struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;

	if (admin_path(home, name, path, failure) != 0)
		return -1;
	if (roster_folder_put(path, roster, &fault) == 0)
		return 0;
	return admin_file_failure(failure, errno, &fault);
}

/* Both TLS keys, under one header: the passphrase is stretched once for them, and the daemon opens the next
 * as it opened the first. lock NULL: plain. */
static int write_tls_key(const struct home *home, const char *name, const struct tls_pair *pair,
	const struct age_lock *lock, struct failure *failure)
{
	struct buffer sealed = buffer_of(SEALED_KEY_MAX);
	struct fault fault;
	int rc = -1;

	if (lock != NULL && age_lock_seal(lock, pair->key, pair->key_len, &sealed) != 0)
		rc = failure_memory(failure);
	else if (secure_file_create(home_descriptor(home), name, lock == NULL ? pair->key : sealed.data,
			 lock == NULL ? pair->key_len : sealed.len, &fault) != 0)
		rc = admin_file_failure(failure, errno, &fault);
	else
		rc = 0;
	buffer_free(&sealed);
	return rc;
}

static int write_tls_keys(
	const struct foundation *foundation, const struct home *home, struct failure *failure)
{
	const char *passphrase = foundation->passphrase;
	struct age_lock *lock = NULL;
	int rc = -1;

	if (passphrase != NULL &&
		age_lock_new(passphrase, strlen(passphrase), stretching_work_factor(), &lock) != 0)
		return failure_memory(failure);
	rc = write_tls_key(home, "daemon/tls.key", &foundation->tls, lock, failure);
	if (rc == 0)
		rc = write_tls_key(home, "daemon/tls.key.next", &foundation->next_tls, lock, failure);
	age_lock_free(lock);
	return rc;
}

/* What the passphrase protects. */
static int write_keys(const struct foundation *foundation, const struct home *home, struct failure *failure)
{
	char keyring[PATH_MAX], identity[PATH_MAX];
	const char *passphrase = foundation->passphrase;
	const char *keyring_file = passphrase == NULL ? "daemon/keyring" : "daemon/keyring.age";
	size_t len = passphrase == NULL ? 0 : strlen(passphrase);
	struct fault fault;

	if (write_tls_keys(foundation, home, failure) != 0 ||
		write_plain(home, "daemon/tls.crt.next", &foundation->next_tls.certificate, failure) != 0 ||
		admin_path(home, keyring_file, keyring, failure) != 0 ||
		admin_path(home, IDENTITY_FILE, identity, failure) != 0)
		return -1;
	if (keyring_save(keyring, foundation->keyring, passphrase, len, &fault) != 0 ||
		identity_save(identity, foundation->identity, passphrase, len, &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	return 0;
}

int foundation_write(const struct foundation *foundation, const struct home *home, struct failure *failure)
{
	struct buffer configuration = buffer_of(CONFIGURATION_MAX);
	int rc = -1;

	put_configuration(foundation, &configuration);
	if (make_folder(home, ROSTER_FOLDER, failure) == 0 &&
		make_folder(home, DAEMON_FOLDER, failure) == 0 &&
		make_folder(home, DAEMON_ROSTERS, failure) == 0 &&
		make_folder(home, "daemon/store", failure) == 0 &&
		write_plain(home, "daemon/tls.crt", &foundation->tls.certificate, failure) == 0 &&
		write_plain(home, "daemon/clariond.conf", &configuration, failure) == 0 &&
		write_roster(home, DAEMON_ROSTERS, foundation->roster, failure) == 0 &&
		write_roster(home, ROSTER_FOLDER, foundation->roster, failure) == 0)
		rc = write_keys(foundation, home, failure);
	buffer_free(&configuration);
	return rc;
}
