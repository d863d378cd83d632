/* The store's files came out of a backup: the admin who restored them has left a signed statement beside
 * them. It is an entry of the audit log, and told to everybody whose tool has seen a later one. */
#include "audit.h"

#include "base/log.h"
#include "keys/secure_file.h"
#include "proto/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOUR 3600

static const char row_name[] = "restored";

static struct place row_place(void)
{
	return (struct place){ .column = COLUMN_OWN,
		.identity = (const uint8_t *)row_name,
		.identity_len = sizeof row_name - 1 };
}

static int is_an_admins(struct store *store, const struct audit_restored *restored, char ret_name[NAME_SIZE])
{
	struct roster *roster = NULL;
	const struct roster_admin *admin = NULL;
	char fingerprint[FINGERPRINT_SIZE];
	int rc = -1;

	if (rosters_at(store, restored->roster, &roster) == 0)
		admin = roster_admin_by_key(roster, restored->keyid);
	if (admin != NULL && roster_fingerprint(roster, fingerprint) == 0)
		rc = audit_restored_verify(restored, fingerprint);
	if (rc == 0)
		memcpy(ret_name, admin->name, NAME_SIZE);
	roster_free(roster);
	return rc;
}

static int put_row(struct store *store, const uint8_t *json, size_t len)
{
	const struct place place = row_place();
	struct buffer sealed = buffer_of(AUDIT_ENTRY_MAX + 64);
	int rc = seal_put_row(store->seal, &place, json, len, &sealed);

	if (rc == 0)
		rc = backend_put(store->backend, SHELF_OWN, place.identity, place.identity_len, sealed.data,
			sealed.len);
	buffer_free(&sealed);
	return rc;
}

/* One that isn't in the backup is no news. */
static int destroy_again(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	struct tombstone tombstone = { .when = time_cut(store_now(store), HOUR),
		.why = WHY_ADMINS,
		.reason = "destroyed before a restore" };
	struct report_facts *facts = NULL;
	struct backend_report row;

	if (backend_find(store->backend, blind_id, &row) != 0)
		return backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
	tombstone.epoch = row.epoch;
	if (report_open_row(store, &row, &facts) == 0)
		memcpy(tombstone.desk, facts->desk, sizeof tombstone.desk);
	facts_free(facts);
	return report_destroy(store, &row, &tombstone);
}

/* What the people's tools knew to be destroyed, a line each. */
static int destroy_all(struct store *store, const uint8_t *list, size_t len)
{
	struct reader in = reader_of(list, len);
	uint8_t blind_id[BLIND_INDEX_BYTES];
	const char *line = NULL;
	size_t line_len = 0;

	while (reader_line(&in, &line, &line_len) == 0) {
		if (hex_decode(line, line_len, blind_id, sizeof blind_id) != 0 ||
			destroy_again(store, blind_id) != 0)
			return -1;
	}
	return reader_end(&in);
}

/* The statement as it is told, what was destroyed, and the entry, in one transaction. */
struct beside {
	uint8_t *statement, *destroyed;
	size_t statement_len, destroyed_len;
};

static int keep(struct store *store, const struct audit_restored *restored, const char *name,
	const struct beside *beside)
{
	struct audit_entry entry = audit_entry_by(store, NULL, "restored");
	char time[TIME_SIZE];

	time_format(restored->time, time);
	memcpy(entry.actor, name, NAME_SIZE);
	entry.has_key = true;
	memcpy(entry.key, restored->keyid, sizeof entry.key);
	(void)snprintf(entry.subject, sizeof entry.subject, "%" PRIu64, restored->roster);
	(void)snprintf(entry.details, sizeof entry.details, "a backup, %s", time);
	if (backend_begin(store->backend) == 0 &&
		put_row(store, beside->statement, beside->statement_len) == 0 &&
		audit_add(store, &entry) == 0 &&
		destroy_all(store, beside->destroyed, beside->destroyed_len) == 0 &&
		audit_before_commit(store) == 0 && backend_commit(store->backend) == 0) {
		audit_committed(store);
		return 0;
	}
	backend_rollback(store->backend);
	audit_rolled_back(store);
	return -1;
}

static int read_beside(struct beside *beside, struct fault *fault)
{
	if (secure_file_read(AT_FDCWD, AUDIT_RESTORED_FILE, AUDIT_ENTRY_MAX, &beside->statement,
		    &beside->statement_len, fault) != 0)
		return -1;
	return secure_file_read(AT_FDCWD, AUDIT_DESTROYED_FILE, AUDIT_DESTROYED_MAX, &beside->destroyed,
		&beside->destroyed_len, fault);
}

/* Where they stay, the next start does the same once more. */
static void remove_beside(void)
{
	if (unlink(AUDIT_RESTORED_FILE) != 0 || unlink(AUDIT_DESTROYED_FILE) != 0)
		log_plain(LOG_WARNING, "restored_files_stay");
}

static int take(struct store *store, const struct beside *beside, struct fault *fault)
{
	struct audit_restored restored;
	char name[NAME_SIZE];

	if (audit_restored_parse((const char *)beside->statement, beside->statement_len, &restored, fault) !=
		0)
		return -1;
	if (is_an_admins(store, &restored, name) != 0)
		return fault_set(fault, "the store's file " AUDIT_RESTORED_FILE
					" isn't signed by an admin: restore the backup once more");
	if (keep(store, &restored, name, beside) != 0)
		return fault_set(fault,
			"what was destroyed can't be destroyed again: is there room on the disk, and is "
			"store/" AUDIT_DESTROYED_FILE " whole?");
	remove_beside();
	log_event(LOG_WARNING, "backup_restored", "admin=%s", name);
	return 0;
}

int restored_take(struct store *store, struct fault *fault)
{
	struct beside beside = { 0 };
	int rc = -1;

	if (access(AUDIT_RESTORED_FILE, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (read_beside(&beside, fault) == 0)
		rc = take(store, &beside, fault);
	sodium_free(beside.statement);
	sodium_free(beside.destroyed);
	return rc;
}

int restored_put(struct store *store, struct buffer *out)
{
	const struct place place = row_place();
	struct buffer sealed = buffer_of(AUDIT_ENTRY_MAX + 64);
	int rc = 0;

	if (backend_get(store->backend, SHELF_OWN, place.identity, place.identity_len, &sealed) == 0)
		rc = seal_get_row(store->seal, &place, sealed.data, sealed.len, out);
	else if (backend_error(store->backend) == BACKEND_MISSING)
		buffer_put_string(out, "null");
	else
		rc = -1;
	buffer_free(&sealed);
	return rc == 0 ? buffer_ok(out) : -1;
}
