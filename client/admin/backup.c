/* backup: everything that an empty machine needs to go on, in one file that any admin opens with stock age.
 */
#include "backup_file.h"
#include "configuration.h"
#include "control_call.h"
#include "verbs.h"

#include "client/output.h"
#include "keys/clock.h"
#include "keys/secure_file.h"
#include "proto/backup.h"
#include "proto/json.h"
#include "proto/time.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_NAME_SIZE 64
#define NEXT_ENDING     ".next" /* of the key that `rotate tls' has made ahead */

struct backup {
	struct admin *admin;
	struct backup_writer *writer;
	/* The keyring as it was before and behind the database: a rotation in between is noticed. */
	struct buffer keyring;
};

static int put_json_first(struct backup *backup, struct failure *failure)
{
	const struct roster *roster = backup->admin->newest;
	char fingerprint[FINGERPRINT_SIZE], taken[TIME_SIZE];
	struct buffer text = buffer_of(4096);
	json_t *facts = NULL;
	int rc = -1;

	time_format(clock_wall_seconds(), taken);
	if (roster_fingerprint(roster, fingerprint) == 0)
		facts = json_pack("{s:s, s:s, s:I, s:i, s:s}", "fingerprint", fingerprint, "organisation",
			roster->organisation, "roster", (json_int_t)roster->version, "schema", 1, "taken",
			taken);
	rc = facts != NULL && json_put(facts, &text) == 0
		     ? backup_put_whole(backup->writer, BACKUP_FIRST, text.data, text.len, failure)
		     : failure_memory(failure);
	json_decref(facts);
	buffer_free(&text);
	return rc;
}

static int on_progress(void *owner, const json_t *json, struct failure *failure)
{
	struct backup *backup = owner;
	char name[ENTRY_NAME_SIZE];
	uint64_t part, size;
	const char *file = NULL;
	size_t len = 0;

	if (member_text(json, "file", &file, &len) != 0 || member_number(json, "part", &part) != 0 ||
		member_number(json, "size", &size) != 0 || part > 999)
		return failure_set(failure, EX_PROTOCOL,
			"the daemon answers in a way that this version doesn't know: use programs of one "
			"version");
	(void)snprintf(name, sizeof name, part == 0 ? "%s" : "%s.%u",
		strcmp(file, "log") == 0 ? BACKUP_LOG : BACKUP_DATABASE, (unsigned)part);
	return backup_put_entry(backup->writer, name, size, failure);
}

static int on_body(void *owner, const uint8_t *data, size_t len, struct failure *failure)
{
	struct backup *backup = owner;

	return backup_put(backup->writer, data, len, failure);
}

static int put_database(struct backup *backup, struct failure *failure)
{
	const struct control_listener listener = {
		.progress = on_progress, .body = on_body, .owner = backup
	};
	struct control_request request;

	if (control_begin(backup->admin, "backup", &request, failure) != 0 ||
		control_sign(backup->admin, &request, failure) != 0)
		return -1;
	return control_send(backup->admin, &request, &listener, NULL, failure);
}

/* A file of daemon/, named by a setting or by itself. */
static int read_file(
	const struct backup *backup, const char *entry, struct buffer *out, struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;
	uint8_t *data = NULL;
	size_t len = 0;

	if (admin_path(backup->admin->home, entry, path, failure) != 0)
		return -1;
	if (secure_file_read(AT_FDCWD, path, BACKUP_SMALL_MAX, &data, &len, &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	buffer_put(out, data, len);
	sodium_free(data);
	return buffer_ok(out) == 0 ? 0 : failure_memory(failure);
}

/* One that lies elsewhere is the machine's own. */
static int put_file(struct backup *backup, const char *name, struct failure *failure)
{
	struct buffer content = buffer_of(BACKUP_SMALL_MAX);
	char entry[ENTRY_NAME_SIZE + CONFIGURED_NAME_SIZE];
	int rc;

	(void)snprintf(entry, sizeof entry, DAEMON_FOLDER "/%s", name);
	if (!backup_name_is_safe(entry, strlen(entry))) {
		say_aside(
			backup->admin->invocation, "%s lies outside the home and isn't in the backup", name);
		return 0;
	}
	rc = read_file(backup, entry, &content, failure);
	if (rc == 0)
		rc = backup_put_whole(backup->writer, entry, content.data, content.len, failure);
	buffer_free(&content);
	return rc;
}

/* The next TLS key: clients know it, and it may be in use when the backup is needed. */
static int put_next_tls(struct backup *backup, const struct configured_names *names, struct failure *failure)
{
	const char *const files[] = { names->tls_key, names->tls_certificate };
	char name[CONFIGURED_NAME_SIZE + 32], path[PATH_MAX];

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		(void)snprintf(name, sizeof name, DAEMON_FOLDER "/%s" NEXT_ENDING, files[i]);
		if (admin_path(backup->admin->home, name, path, failure) != 0)
			return -1;
		(void)snprintf(name, sizeof name, "%s" NEXT_ENDING, files[i]);
		if (access(path, F_OK) == 0 && put_file(backup, name, failure) != 0)
			return -1;
	}
	return 0;
}

static int put_roster(struct backup *backup, struct failure *failure)
{
	const struct roster *roster = backup->admin->newest;
	char entry[ENTRY_NAME_SIZE];

	(void)snprintf(entry, sizeof entry, "roster/%llu.note", (unsigned long long)roster->version);
	return backup_put_whole(backup->writer, entry, roster->note, roster->note_len, failure);
}

/* Read before the database and behind it: rows of a new epoch would have no key in a keyring from before. */
static int read_keyring(const struct backup *backup, const struct configured_names *names, struct buffer *out,
	struct failure *failure)
{
	char entry[ENTRY_NAME_SIZE + CONFIGURED_NAME_SIZE];

	(void)snprintf(entry, sizeof entry, DAEMON_FOLDER "/%s", names->keyring);
	return read_file(backup, entry, out, failure);
}

static int put_all(struct backup *backup, struct failure *failure)
{
	struct configured_names names;
	struct buffer after = buffer_of(BACKUP_SMALL_MAX);
	int rc = -1;

	if (configured_names_of(backup->admin, &names, failure) != 0 ||
		read_keyring(backup, &names, &backup->keyring, failure) != 0 ||
		put_json_first(backup, failure) != 0 || put_database(backup, failure) != 0 ||
		read_keyring(backup, &names, &after, failure) != 0)
		goto cleanup;
	if (after.len != backup->keyring.len || !bytes_equal(after.data, backup->keyring.data, after.len)) {
		rc = failure_set(failure, EX_TEMPFAIL,
			"a key was rotated while the backup was written: run this again");
		goto cleanup;
	}
	if (put_file(backup, "clariond.conf", failure) == 0 &&
		put_file(backup, names.keyring, failure) == 0 &&
		put_file(backup, names.tls_key, failure) == 0 &&
		put_file(backup, names.tls_certificate, failure) == 0 &&
		put_next_tls(backup, &names, failure) == 0 && put_roster(backup, failure) == 0)
		rc = backup_finish(backup->writer, failure);
cleanup:
	buffer_free(&after);
	return rc;
}

int verb_backup(const struct invocation *invocation, struct failure *failure)
{
	struct backup backup = { .keyring = buffer_of(BACKUP_SMALL_MAX) };
	const char *path = arguments_operand(invocation->arguments, 0);
	uint64_t size;
	int rc = -1;

	if (admin_open(invocation, &backup.admin, failure) != 0 ||
		backup_create(path, backup.admin->newest, &backup.writer, failure) != 0 ||
		put_all(&backup, failure) != 0)
		goto cleanup;
	size = backup_length(backup.writer);
	say(invocation,
		translated_count("Backed up: %llu bytes, for %zu admin. Keep it away from this machine.\n",
			"Backed up: %llu bytes, for %zu admins. Keep it away from this machine.\n",
			backup.admin->newest->admin_count),
		(unsigned long long)size, backup.admin->newest->admin_count);
	rc = output_result(invocation,
		json_pack("{s:s, s:I, s:I}", "file", path, "size", (json_int_t)size, "roster",
			(json_int_t)backup.admin->newest->version),
		failure);
cleanup:
	backup_writer_free(backup.writer);
	buffer_free(&backup.keyring);
	admin_close(backup.admin);
	return rc;
}
