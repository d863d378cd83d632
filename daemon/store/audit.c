/* The audit log's chain: entries sealed on a shelf under their numbers, and the head beside them, so that a
 * row that goes missing at the end is noticed. */
#include "audit.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE  60
#define ROW_MAX (2 * SHA256_BYTES + AUDIT_ENTRY_MAX)

static const char head_name[] = "audit-head";

struct position {
	uint64_t number;
	uint8_t hash[SHA256_BYTES];
};

struct audit {
	struct position now, durable;
	uint64_t reads, reads_told; /* without an entry of their own, and of those the group tells */
	struct audit_watch *watch;
};

struct audit_watch **audit_watch(const struct store *store)
{
	return &store->audit->watch;
}

static void number_name(uint64_t number, uint8_t ret_name[8])
{
	for (int i = 0; i < 8; i++)
		ret_name[i] = (uint8_t)(number >> (8 * (7 - i)));
}

static struct place head_place(void)
{
	return (struct place){ .column = COLUMN_OWN,
		.identity = (const uint8_t *)head_name,
		.identity_len = sizeof head_name - 1 };
}

/* 0 with number 0 where there is none yet. */
static int load_head(struct store *store, struct position *ret_position)
{
	const struct place place = head_place();
	struct buffer sealed = buffer_of(256), plain = buffer_of(64);
	struct position position = { 0 };
	struct reader in;
	int rc = 0;

	if (backend_get(store->backend, SHELF_OWN, place.identity, place.identity_len, &sealed) == 0) {
		rc = seal_get_row(store->seal, &place, sealed.data, sealed.len, &plain);
		in = reader_of(plain.data, plain.len);
		if (rc == 0)
			rc = reader_u64(&in, &position.number);
		if (rc == 0)
			rc = reader_fixed(&in, position.hash, sizeof position.hash);
	} else if (backend_error(store->backend) != BACKEND_MISSING) {
		rc = -1;
	}
	if (rc == 0)
		*ret_position = position;
	buffer_free(&sealed);
	buffer_free(&plain);
	return rc;
}

struct last {
	uint64_t number; /* of the last row that was met; 0 for none */
	uint8_t hash[SHA256_BYTES];
};

static int note_last(void *context, const struct audit_row *row)
{
	struct last *last = context;

	last->number = row->number;
	memcpy(last->hash, row->hash, sizeof last->hash);
	return 0;
}

/* The last entry is the head's, and nothing comes behind it. A log that was tampered with goes on: it shows
 * the break to whoever verifies it. */
static void check_end(struct store *store)
{
	const struct position *head = &store->audit->now;
	struct last last = { 0 };

	if (audit_each(store, head->number == 0 ? 0 : head->number - 1, note_last, &last) != 0 ||
		last.number != head->number || !bytes_equal(last.hash, head->hash, sizeof last.hash))
		log_event(LOG_ERROR, "audit_log_damaged", "head=%" PRIu64 " last=%" PRIu64, head->number,
			last.number);
}

int audit_load(struct store *store, struct fault *fault)
{
	store->audit = calloc(1, sizeof *store->audit);
	if (store->audit == NULL)
		return fault_set(fault, "memory is short");
	if (load_head(store, &store->audit->now) != 0)
		return fault_set(fault, "the audit log's head can't be read: restore a backup");
	store->audit->durable = store->audit->now;
	check_end(store);
	return 0;
}

void audit_free(struct store *store)
{
	audit_watch_free(store);
	free(store->audit);
	store->audit = NULL;
}

/* Name and key as they are now: a roster may have come between the request and its end. */
struct audit_entry audit_entry_by(const struct store *store, const struct request *request, const char *kind)
{
	struct audit_entry entry = { .number = 0 };
	const struct roster_officer *officer = NULL;
	const struct roster_admin *admin = NULL;

	memcpy(entry.kind, kind, strlen(kind) + 1);
	if (request == NULL || store->roster == NULL)
		return entry;
	officer = roster_officer_by_key(store->roster, request->signer.keyid);
	admin = roster_admin_by_key(store->roster, request->signer.keyid);
	if (officer != NULL)
		memcpy(entry.actor, officer->name, sizeof entry.actor);
	else if (admin != NULL)
		memcpy(entry.actor, admin->name, sizeof entry.actor);
	entry.has_key = officer != NULL || admin != NULL;
	if (entry.has_key)
		memcpy(entry.key, request->signer.keyid, sizeof entry.key);
	return entry;
}

static int put_row(struct store *store, const struct audit_entry *entry, const uint8_t hash[SHA256_BYTES],
	const uint8_t digest[SHA256_BYTES])
{
	uint8_t name[8];
	const struct place place = { .column = COLUMN_AUDIT, .identity = name, .identity_len = sizeof name };
	struct buffer row = buffer_of(ROW_MAX), sealed = buffer_of(ROW_MAX + SEAL_OVERHEAD + 4);
	int rc = -1;

	number_name(entry->number, name);
	buffer_put(&row, hash, SHA256_BYTES);
	buffer_put(&row, digest, SHA256_BYTES);
	if (audit_entry_write(entry, &row) == 0 &&
		seal_put_row(store->seal, &place, row.data, row.len, &sealed) == 0)
		rc = backend_put(store->backend, SHELF_AUDIT, name, sizeof name, sealed.data, sealed.len);
	buffer_free(&row);
	buffer_free(&sealed);
	return rc;
}

int audit_add(struct store *store, struct audit_entry *entry)
{
	struct position *now = &store->audit->now;
	uint8_t digest[SHA256_BYTES], hash[SHA256_BYTES];

	if (group_open(store) != 0)
		return -1;
	entry->number = now->number + 1;
	memcpy(entry->previous, now->hash, sizeof entry->previous);
	entry->time = time_cut(store_now(store), MINUTE);
	randombytes_buf(entry->salt, sizeof entry->salt);
	if (audit_digest(entry, digest) != 0 || audit_link(entry->previous, digest, hash) != 0 ||
		put_row(store, entry, hash, digest) != 0)
		return -1;
	now->number = entry->number;
	memcpy(now->hash, hash, sizeof now->hash);
	return 0;
}

void audit_note(struct store *store, struct audit_entry *entry)
{
	if (audit_add(store, entry) == 0)
		return;
	log_event(LOG_ERROR, "audit_entry_lost", "kind=%s", entry->kind);
	if (backend_in_group(store->backend))
		group_fail(store);
}

void audit_count_read(struct store *store)
{
	if (store->audit->reads++ == 0)
		log_plain(LOG_ERROR, "audit_reads_only_counted");
}

static int tell_reads(struct store *store)
{
	struct audit *audit = store->audit;
	struct audit_entry entry = audit_entry_by(store, NULL, "read");

	if (audit->reads == audit->reads_told)
		return 0;
	(void)snprintf(entry.details, sizeof entry.details, "%" PRIu64 " more while the disk was full",
		audit->reads);
	audit->reads_told = audit->reads;
	return audit_add(store, &entry);
}

int audit_before_commit(struct store *store)
{
	const struct place place = head_place();
	struct audit *audit = store->audit;
	struct buffer plain = buffer_of(64), sealed = buffer_of(256);
	int rc = tell_reads(store);

	if (rc != 0 || audit->now.number == audit->durable.number)
		return rc;
	buffer_put_u64(&plain, audit->now.number);
	buffer_put(&plain, audit->now.hash, sizeof audit->now.hash);
	rc = seal_put_row(store->seal, &place, plain.data, plain.len, &sealed);
	if (rc == 0)
		rc = backend_put(store->backend, SHELF_OWN, place.identity, place.identity_len, sealed.data,
			sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

void audit_committed(struct store *store)
{
	store->audit->durable = store->audit->now;
	store->audit->reads -= store->audit->reads_told;
	store->audit->reads_told = 0;
}

void audit_rolled_back(struct store *store)
{
	store->audit->now = store->audit->durable;
	store->audit->reads_told = 0;
	audit_watch_rolled_back(store);
}

uint64_t audit_durable(const struct store *store)
{
	return store->audit->durable.number;
}

void audit_position(const struct store *store, struct audit_head *ret_head)
{
	memset(ret_head, 0, sizeof *ret_head);
	ret_head->number = store->audit->now.number;
	memcpy(ret_head->hash, store->audit->now.hash, sizeof ret_head->hash);
}

struct walk {
	struct store *store;
	audit_each_row *each;
	void *context;
};

/* One that doesn't open ends the walk: what comes behind it can't be shown to follow. */
static int open_row(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct walk *walk = context;
	const struct place place = { .column = COLUMN_AUDIT, .identity = name, .identity_len = name_len };
	struct buffer plain = buffer_of(ROW_MAX);
	struct reader number = reader_of(name, name_len), in = reader_of("", 0);
	struct audit_row row;
	int rc = -1;

	if (seal_get_row(walk->store->seal, &place, data, len, &plain) == 0) {
		in = reader_of(plain.data, plain.len);
		rc = reader_u64(&number, &row.number);
		if (rc == 0)
			rc = reader_fixed(&in, row.hash, sizeof row.hash);
		if (rc == 0)
			rc = reader_fixed(&in, row.digest, sizeof row.digest);
	}
	if (rc == 0) {
		row.json = (const char *)in.at;
		row.json_len = in.left;
		rc = walk->each(walk->context, &row);
	} else {
		log_plain(LOG_ERROR, "audit_row_damaged");
	}
	buffer_free(&plain);
	return rc;
}

int audit_each(struct store *store, uint64_t after, audit_each_row *each, void *context)
{
	struct walk walk = { .store = store, .each = each, .context = context };
	uint8_t name[8];
	const struct backend_view behind = { name, sizeof name };

	number_name(after, name);
	return backend_each_after(store->backend, SHELF_AUDIT, &behind, open_row, &walk);
}
