/* restore: a daemon's folder out of a backup. Nothing that lies there is overwritten, and no roster comes
 * into force that is older than this home's newest. */
#include "backup_file.h"
#include "configuration.h"
#include "restore_files.h"
#include "restore_keyring.h"
#include "restore_keys.h"
#include "verbs.h"

#include "client/audit_memory.h"
#include "client/output.h"
#include "client/terminal.h"
#include "keys/clock.h"
#include "keys/roster_folder.h"
#include "keys/secure_file.h"
#include "proto/audit.h"
#include "proto/backup.h"
#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct restore {
	struct admin *admin;
	struct identity *identity;
	struct restored files;
	struct roster *roster; /* the backup's */
	struct roster *known;  /* what this home knew before; NULL for none */
	bool has_drafted;      /* keys that the newest roster names are lost */
};

static int no_backup(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR, "this is no whole backup: take another copy of it");
}

static int parse_roster(struct restore *restore, struct failure *failure)
{
	const struct buffer *json = restored_small(&restore->files, BACKUP_FIRST), *note;
	json_t *facts = NULL;
	char name[64];
	struct fault fault;
	uint64_t version = 0, schema = 0;
	int rc = -1;

	if (json == NULL || !restore->files.has_database ||
		json_parse((const char *)json->data, json->len, BACKUP_SMALL_MAX, &facts, &fault) != 0)
		return no_backup(failure);
	if (member_number(facts, "schema", &schema) != 0 || schema != 1 ||
		member_number(facts, "roster", &version) != 0) {
		rc = failure_set(
			failure, EX_DATAERR, "the backup is a newer version's: restore it with that version");
		goto cleanup;
	}
	(void)snprintf(name, sizeof name, "roster/%llu.note", (unsigned long long)version);
	note = restored_small(&restore->files, name);
	if (note == NULL || roster_parse(note->data, note->len, &restore->roster, &fault) != 0)
		rc = no_backup(failure);
	else
		rc = 0;
cleanup:
	json_decref(facts);
	return rc;
}

static int another(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR,
		"the backup is another organisation's than this home's: restore it in a home of its own");
}

/* Where the home knows the roster of that version, it must be the backup's; and whoever restores must be an
 * admin of the newer of the two. */
static int judge(struct restore *restore, struct failure *failure)
{
	const struct roster *newest = restore->known;
	struct roster *then = NULL;
	char folder[PATH_MAX];
	struct fault fault;
	bool differs = false;

	if (newest != NULL && newest->version >= restore->roster->version) {
		if (admin_path(restore->admin->home, ROSTER_FOLDER, folder, failure) != 0)
			return -1;
		if (roster_folder_get(folder, restore->roster->version, &then, &fault) == 0)
			differs = !bytes_equal(
				then->digest, restore->roster->digest, sizeof restore->roster->digest);
		roster_free(then);
	} else if (newest != NULL) {
		differs = !bytes_equal(newest->servers[0].url, restore->roster->servers[0].url,
			strlen(newest->servers[0].url) + 1);
	}
	if (differs)
		return another(failure);
	if (newest == NULL || newest->version < restore->roster->version)
		newest = restore->roster;
	if (roster_admin_by_key(newest, restore->identity->public_key) == NULL)
		return failure_set(failure, EX_NOPERM,
			"you are no admin of the newest roster: one of its admins must restore");
	return 0;
}

/* --- what lies beside the store */

static int make_folder(const struct restore *restore, const char *name, struct failure *failure)
{
	if (mkdirat(home_descriptor(restore->admin->home), name, 0700) == 0 || errno == EEXIST)
		return 0;
	return failure_set(failure, EX_CANTCREAT, "%s can't be made: %s", name, error_words(errno));
}

/* Every roster from the backup's on that this home knows: the daemon takes them one by one at its start. */
static int put_rosters(struct restore *restore, struct failure *failure)
{
	const struct roster *newest = restore->known;
	char from[PATH_MAX], to[PATH_MAX];
	struct fault fault;

	if (admin_path(restore->admin->home, ROSTER_FOLDER, from, failure) != 0 ||
		admin_path(restore->admin->home, DAEMON_ROSTERS, to, failure) != 0)
		return -1;
	if (roster_folder_put(to, restore->roster, &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	for (uint64_t version = restore->roster->version + 1; newest != NULL && version <= newest->version;
		version++) {
		struct roster *roster = NULL;
		int rc = roster_folder_get(from, version, &roster, &fault);

		if (rc != 0)
			return failure_set(failure, EX_NOINPUT,
				"roster %llu is missing in this home: restore from the home of an admin who "
				"has "
				"every roster since the backup",
				(unsigned long long)version);
		rc = roster_folder_put(to, roster, &fault);
		roster_free(roster);
		if (rc != 0)
			return admin_file_failure(failure, errno, &fault);
	}
	return 0;
}

static int put_home_roster(struct restore *restore, struct failure *failure)
{
	return restore->known == NULL ? admin_took(restore->admin, restore->roster, failure) : 0;
}

static int put_beside(struct restore *restore, struct failure *failure)
{
	static const char configuration[] = DAEMON_FOLDER "/clariond.conf";
	const struct buffer *text = restored_small(&restore->files, configuration);
	struct configured_names names;
	char path[CONFIGURED_NAME_SIZE + 16];
	const struct restore_keys keys = { .admin = restore->admin,
		.files = &restore->files,
		.then = restore->roster,
		.newest = restore->known == NULL ? restore->roster : restore->known,
		.names = &names };

	if (text == NULL || configured_names_parse(text->data, text->len, &names) != 0)
		return no_backup(failure);
	if (make_folder(restore, ROSTER_FOLDER, failure) != 0 ||
		make_folder(restore, DAEMON_ROSTERS, failure) != 0 ||
		restore_put_missing(restore->admin, configuration, text, failure) != 0 ||
		restore_put_tls(&keys, failure) != 0)
		return -1;
	(void)snprintf(path, sizeof path, DAEMON_FOLDER "/%s", names.keyring);
	if (restore_keyring(restore->admin, path, restored_small(&restore->files, path), failure) != 0)
		return -1;
	if (put_rosters(restore, failure) != 0 || put_home_roster(restore, failure) != 0)
		return -1;
	return restore_draft_keys(&keys, &restore->has_drafted, failure);
}

/* The daemon shows it to everybody's tools: the log goes on from an older entry, and an admin answers for it.
 */
static int put_statement(struct restore *restore, struct failure *failure)
{
	const struct roster *newest = restore->admin->newest;
	struct audit_restored statement = { .roster = newest->version, .time = clock_wall_seconds() };
	struct buffer text = buffer_of(AUDIT_ENTRY_MAX);
	char fingerprint[FINGERPRINT_SIZE];
	int rc = -1;

	if (roster_fingerprint(newest, fingerprint) != 0 ||
		audit_restored_sign(&statement, fingerprint, restore->identity->signing_key) != 0 ||
		audit_restored_write(&statement, &text) != 0)
		rc = failure_memory(failure);
	else
		rc = restored_add(&restore->files, AUDIT_RESTORED_FILE, text.data, text.len, failure);
	buffer_free(&text);
	return rc;
}

static int bad_list(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR,
		"a list of what was destroyed is malformed: give the file `destroyed' of a home");
}

static int check_destroyed(const struct buffer *list, struct failure *failure)
{
	struct reader in = reader_of(list->data, list->len);
	uint8_t bytes[AUDIT_BLIND_BYTES];
	const char *line = NULL;
	size_t len = 0;

	while (reader_line(&in, &line, &len) == 0) {
		if (hex_decode(line, len, bytes, sizeof bytes) != 0)
			return bad_list(failure);
	}
	return reader_end(&in) == 0 ? 0 : bad_list(failure);
}

/* What this home knows to be destroyed, and what other people's homes know (their file `destroyed'). */
static int put_destroyed(struct restore *restore, struct failure *failure)
{
	const struct arguments *arguments = restore->admin->invocation->arguments;
	struct buffer list = buffer_of(AUDIT_DESTROYED_MAX);
	bool found = false;
	int rc = items_get(&restore->admin->items, "destroyed", &list, &found, failure);

	for (size_t i = 0; rc == 0 && i < arguments_times(arguments, "destroyed"); i++)
		rc = take_file(arguments_option_at(arguments, "destroyed", i), "the list",
			AUDIT_DESTROYED_MAX, &list, failure);
	if (rc == 0)
		rc = check_destroyed(&list, failure);
	if (rc == 0)
		rc = restored_add(&restore->files, AUDIT_DESTROYED_FILE, list.data, list.len, failure);
	buffer_free(&list);
	return rc;
}

static int take_backup(struct restore *restore, const char *path, struct failure *failure)
{
	const struct archive_handler handler = restored_handler(&restore->files);

	if (backup_read(path, restore->identity->age, &handler, failure) != 0 ||
		parse_roster(restore, failure) != 0 || judge(restore, failure) != 0 ||
		put_beside(restore, failure) != 0 || put_destroyed(restore, failure) != 0 ||
		put_statement(restore, failure) != 0)
		return -1;
	return restored_commit(&restore->files, failure);
}

static int open_home(struct restore *restore, const struct invocation *invocation, struct failure *failure)
{
	struct failure unjoined;

	/* An empty machine's home holds no more than the identity. */
	if (admin_open(invocation, &restore->admin, &unjoined) != 0 &&
		admin_open_unjoined(invocation, &restore->admin, failure) != 0)
		return -1;
	if (restore->admin->newest != NULL && roster_copy(restore->admin->newest, &restore->known) != 0)
		return failure_memory(failure);
	return admin_identity(restore->admin, &restore->identity, failure);
}

/* Destructions behind this time are known to nobody here. */
static int say_result(const struct restore *restore, struct failure *failure)
{
	const struct invocation *invocation = restore->admin->invocation;
	struct audit_head seen;
	char known[TIME_SIZE] = "";

	if (audit_recall(&restore->admin->items, &seen, failure) != 0)
		return -1;
	if (seen.number > 0)
		time_format(seen.time, known);
	say(invocation, "Restored under roster %llu. What was destroyed is known up to %s.%s\n",
		(unsigned long long)restore->admin->newest->version,
		seen.number > 0 ? known : "the backup only", restore->has_drafted ? "" : " Start clariond.");
	return output_result(invocation,
		json_pack("{s:I, s:I, s:o, s:b}", "roster", (json_int_t)restore->admin->newest->version,
			"backup_roster", (json_int_t)restore->roster->version, "destroyed_known",
			seen.number > 0 ? json_string(known) : json_null(), "drafted", restore->has_drafted),
		failure);
}

int verb_restore(const struct invocation *invocation, struct failure *failure)
{
	struct restore restore = { .files = { .folder = -1, .file = -1 } };
	int rc = -1;

	if (open_home(&restore, invocation, failure) != 0 ||
		restored_begin(restore.admin, &restore.files, failure) != 0 ||
		take_backup(&restore, arguments_operand(invocation->arguments, 0), failure) != 0)
		goto cleanup;
	rc = say_result(&restore, failure);
cleanup:
	restored_free(&restore.files);
	roster_free(restore.roster);
	roster_free(restore.known);
	identity_free(restore.identity);
	admin_close(restore.admin);
	return rc;
}
