/* What is left of a destroyed report: under its blind id, when, why and by whom, so that it is not taken a
 * second time, and so that whoever asks for it is told. */
#include "store_state.h"

#include "base/log.h"
#include "proto/cursor.h"

#include <inttypes.h>
#include <string.h>

#define TOMBSTONE_VERSION 1
#define GHOSTS_AT_ONCE    1000
#define TOMBSTONE_MAX     (NAMES_SIZE + TOMBSTONE_REASON_MAX + 128)

static struct place tombstone_place(const uint8_t *blind_id)
{
	return (struct place){
		.column = COLUMN_TOMBSTONE, .identity = blind_id, .identity_len = BLIND_INDEX_BYTES
	};
}

int tombstone_keep(
	struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES], const struct tombstone *tombstone)
{
	struct place place = tombstone_place(blind_id);
	struct buffer plain = buffer_of(TOMBSTONE_MAX), sealed = buffer_of(TOMBSTONE_MAX + 128);
	int rc;

	buffer_put_u8(&plain, TOMBSTONE_VERSION);
	buffer_put_u64(&plain, (uint64_t)tombstone->when);
	buffer_put_u8(&plain, (uint8_t)tombstone->why);
	buffer_put_u32(&plain, tombstone->epoch);
	buffer_put_text(&plain, tombstone->desk);
	buffer_put_text(&plain, tombstone->by);
	buffer_put_text(&plain, tombstone->reason);
	rc = buffer_ok(&plain);
	if (rc == 0)
		rc = seal_put_row(store->seal, &place, plain.data, plain.len, &sealed);
	if (rc == 0)
		rc = backend_put(store->backend, SHELF_TOMBSTONES, blind_id, BLIND_INDEX_BYTES, sealed.data,
			sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

static int parse(const struct buffer *plain, struct tombstone *ret_tombstone)
{
	struct reader in = reader_of(plain->data, plain->len);
	struct tombstone tombstone = { 0 };
	uint8_t version, why;
	uint64_t when;

	if (reader_u8(&in, &version) != 0 || version != TOMBSTONE_VERSION || reader_u64(&in, &when) != 0 ||
		reader_u8(&in, &why) != 0 || why < WHY_RETENTION || why > WHY_LAST ||
		reader_u32(&in, &tombstone.epoch) != 0 ||
		reader_text(&in, tombstone.desk, sizeof tombstone.desk) != 0 ||
		reader_text(&in, tombstone.by, sizeof tombstone.by) != 0 ||
		reader_text(&in, tombstone.reason, sizeof tombstone.reason) != 0 || reader_end(&in) != 0)
		return -1;
	tombstone.when = (int64_t)when;
	tombstone.why = (enum why)why;
	*ret_tombstone = tombstone;
	return 0;
}

static int find_blind(
	struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES], struct tombstone *ret_tombstone)
{
	struct place place = tombstone_place(blind_id);
	struct buffer sealed = buffer_of(TOMBSTONE_MAX + 128), plain = buffer_of(TOMBSTONE_MAX);
	int rc = -1;

	if (backend_get(store->backend, SHELF_TOMBSTONES, blind_id, BLIND_INDEX_BYTES, &sealed) != 0)
		rc = backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
	else if (seal_get_row(store->seal, &place, sealed.data, sealed.len, &plain) == 0 &&
		 parse(&plain, ret_tombstone) == 0)
		rc = 1;
	buffer_free(&sealed);
	buffer_free(&plain);
	return rc;
}

int tombstone_find(struct store *store, const uint8_t id[SHA256_BYTES], struct tombstone *ret_tombstone)
{
	uint8_t blind_id[BLIND_INDEX_BYTES];

	if (seal_index(store->seal, INDEX_REPORT, id, SHA256_BYTES, blind_id) != 0)
		return -1;
	return find_blind(store, blind_id, ret_tombstone);
}

bool tombstone_answered(struct request *request)
{
	struct tombstone tombstone;
	int found = tombstone_find(request->front->store, request->route.report_id, &tombstone);

	if (found < 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else if (found == 1 && request->signer.officer != NULL &&
		 !officer_serves(request->signer.officer, tombstone.desk))
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
	else if (found == 1)
		/* Why is the desk's to know: it may count what retention destroyed. */
		request_answer_problem(
			request, request->signer.officer != NULL && tombstone.why == WHY_RETENTION
					 ? PROBLEM_EXPIRED
					 : PROBLEM_DESTROYED);
	return found != 0;
}

bool tombstone_is_final(const struct store *store, const struct tombstone *tombstone)
{
	return tombstone->epoch < seal_oldest_epoch(store->seal);
}

struct ghosts {
	uint8_t blind_ids[GHOSTS_AT_ONCE][BLIND_INDEX_BYTES];
	size_t count, left;
};

static int collect(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct ghosts *ghosts = context;

	(void)data;
	(void)len;
	if (name_len != BLIND_INDEX_BYTES)
		return 0;
	if (ghosts->left > 0) {
		ghosts->left--;
		return 0;
	}
	memcpy(ghosts->blind_ids[ghosts->count++], name, BLIND_INDEX_BYTES);
	return ghosts->count == GHOSTS_AT_ONCE;
}

/* 0 where there is none, or it is gone again. */
static int lay(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES])
{
	struct tombstone tombstone;
	struct backend_report row;

	if (backend_find(store->backend, blind_id, &row) != 0)
		return backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
	if (find_blind(store, blind_id, &tombstone) != 1)
		return -1;
	log_event(LOG_WARNING, "destroyed_report_came_back", "seq=%" PRIu64, row.seq);
	if (row.epoch > tombstone.epoch)
		tombstone.epoch = row.epoch;
	return report_destroy_now(store, &row, &tombstone);
}

int tombstones_enforce(struct store *store)
{
	struct ghosts ghosts = { .count = 0 };
	size_t seen = 0;

	do {
		ghosts.left = seen;
		ghosts.count = 0;
		if (backend_each(store->backend, SHELF_TOMBSTONES, collect, &ghosts) != 0)
			return -1;
		for (size_t i = 0; i < ghosts.count; i++)
			if (lay(store, ghosts.blind_ids[i]) != 0)
				return -1;
		seen += ghosts.count;
	} while (ghosts.count == GHOSTS_AT_ONCE);
	return 0;
}
