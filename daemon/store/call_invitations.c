/* POST invitations: an admin says which invitations she has made, by the hashes of their SECRETs. What is
 * kept of one: its desk and its end; once it is used, its end and what it was used for. */
#include "audit.h"
#include "store_state.h"

#include "proto/cursor.h"
#include "proto/invitation_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX    128
#define SWEEP_SECONDS 3600
#define SWEEP_AT_ONCE 256
#define DAY_SECONDS   86400

static struct place record_place(const uint8_t name[BLIND_INDEX_BYTES])
{
	return (struct place){
		.column = COLUMN_INVITATION, .identity = name, .identity_len = BLIND_INDEX_BYTES
	};
}

static int record_parse(const struct buffer *plain, struct invitation_record *ret_record)
{
	struct reader in = reader_of(plain->data, plain->len);
	struct invitation_record record = { .is_used = false };
	uint64_t expires;
	uint8_t used;

	if (reader_u64(&in, &expires) != 0 || reader_text(&in, record.desk, sizeof record.desk) != 0 ||
		reader_u8(&in, &used) != 0 || used > 1 ||
		reader_fixed(&in, record.request, sizeof record.request) != 0 || reader_end(&in) != 0)
		return -1;
	record.expires = (int64_t)expires;
	record.is_used = used == 1;
	*ret_record = record;
	return 0;
}

static int record_open(struct store *store, const uint8_t name[BLIND_INDEX_BYTES], const uint8_t *sealed,
	size_t len, struct invitation_record *ret_record)
{
	struct place place = record_place(name);
	struct buffer plain = buffer_of(RECORD_MAX);
	int rc = seal_get_row(store->seal, &place, sealed, len, &plain);

	if (rc == 0)
		rc = record_parse(&plain, ret_record);
	buffer_free(&plain);
	return rc;
}

int invitation_find(struct store *store, const uint8_t hash[SHA256_BYTES],
	uint8_t ret_name[BLIND_INDEX_BYTES], struct invitation_record *ret_record)
{
	struct buffer sealed = buffer_of(2 * RECORD_MAX);
	int found = -1;

	if (seal_index(store->seal, INDEX_INVITATION, hash, SHA256_BYTES, ret_name) == 0) {
		if (backend_get(store->backend, SHELF_INVITATIONS, ret_name, BLIND_INDEX_BYTES, &sealed) != 0)
			found = backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
		else
			found = record_open(store, ret_name, sealed.data, sealed.len, ret_record) == 0 ? 1
												       : -1;
	}
	buffer_free(&sealed);
	return found;
}

int invitation_keep(
	struct store *store, const uint8_t name[BLIND_INDEX_BYTES], const struct invitation_record *record)
{
	struct place place = record_place(name);
	struct buffer plain = buffer_of(RECORD_MAX), sealed = buffer_of(2 * RECORD_MAX);
	int rc;

	buffer_put_u64(&plain, (uint64_t)record->expires);
	buffer_put_text(&plain, record->desk);
	buffer_put_u8(&plain, record->is_used ? 1 : 0);
	buffer_put(&plain, record->request, sizeof record->request);
	rc = buffer_ok(&plain);
	if (rc == 0)
		rc = seal_put_row(store->seal, &place, plain.data, plain.len, &sealed);
	if (rc == 0)
		rc = backend_put(
			store->backend, SHELF_INVITATIONS, name, BLIND_INDEX_BYTES, sealed.data, sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

/* One that is known already stays as it is: it may be used by now. */
static int keep_all(struct store *store, const struct invitation_list *list)
{
	struct invitation_record record = { .expires = list->expires };

	memcpy(record.desk, list->desk, sizeof record.desk);
	for (size_t i = 0; i < list->count; i++) {
		uint8_t name[BLIND_INDEX_BYTES];
		struct invitation_record before;
		int found = invitation_find(store, list->hashes[i], name, &before);

		if (found < 0 || (found == 0 && invitation_keep(store, name, &record) != 0))
			return -1;
	}
	return 0;
}

/* PROBLEM_COUNT where there is nothing wrong. */
static enum problem judge(const struct store *store, const struct invitation_list *list)
{
	int64_t now = store_now(store);

	if (roster_desk(store->roster, list->desk) == NULL)
		return PROBLEM_UNKNOWN_DESK;
	if (list->expires <= now || list->expires > now + (int64_t)INVITATION_LIFE_MAX_DAYS * DAY_SECONDS)
		return PROBLEM_BAD_REQUEST;
	return PROBLEM_COUNT;
}

/* How many: whom they are for is the admin's to know. */
static int tell(const struct request *request, size_t count)
{
	struct store *store = request->front->store;
	struct audit_entry entry = audit_entry_by(store, request, "invite");

	(void)snprintf(entry.details, sizeof entry.details, "%zu", count);
	return audit_add(store, &entry);
}

void call_post_invitations(struct request *request)
{
	struct store *store = request->front->store;
	struct invitation_list *list = malloc(sizeof *list);
	enum problem problem = PROBLEM_BUSY;
	struct fault fault;

	if (list != NULL && buffer_ok(&request->body) == 0)
		problem = invitation_list_parse(request->body.data, request->body.len, list, &fault) != 0
				  ? PROBLEM_BAD_REQUEST
				  : judge(store, list);
	if (problem != PROBLEM_COUNT) {
		request_answer_problem(request, problem);
	} else if (group_enter(request) == 0) {
		buffer_put_format(&request->answer.body, "{\"count\":%zu}", list->count);
		request_answer(request, 201, "application/json");
		if (keep_all(store, list) != 0 || tell(request, list->count) != 0 ||
			authority_commit_nonce(request) != 0)
			group_fail(store);
	}
	free(list);
}

struct sweep {
	struct store *store;
	int64_t now;
	uint8_t names[SWEEP_AT_ONCE][BLIND_INDEX_BYTES];
	size_t count;
};

static int sweep_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct sweep *sweep = context;
	struct invitation_record record;

	if (name_len == BLIND_INDEX_BYTES && record_open(sweep->store, name, data, len, &record) == 0 &&
		record.expires <= sweep->now)
		memcpy(sweep->names[sweep->count++], name, BLIND_INDEX_BYTES);
	return sweep->count == SWEEP_AT_ONCE;
}

void invitations_expire(struct store *store)
{
	struct sweep sweep = { .store = store, .now = store_now(store) };

	if (sweep.now - store->invitations_swept < SWEEP_SECONDS || store_clock_is_doubted(store))
		return;
	if (backend_each(store->backend, SHELF_INVITATIONS, sweep_one, &sweep) != 0)
		return;
	/* More of them are met a minute later. */
	if (sweep.count < SWEEP_AT_ONCE)
		store->invitations_swept = sweep.now;
	if (sweep.count == 0 || group_open(store) != 0)
		return;
	for (size_t i = 0; i < sweep.count; i++) {
		if (backend_remove(store->backend, SHELF_INVITATIONS, sweep.names[i], BLIND_INDEX_BYTES) !=
			0) {
			group_fail(store);
			return;
		}
	}
}
