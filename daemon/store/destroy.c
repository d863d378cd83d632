/* The end of a report: its data key first, and with it everything that is sealed under it. */
#include "audit.h"
#include "offers.h"
#include "store_state.h"

#include "proto/encode.h"

#include <stdio.h>

/* By its blind index, which tells nobody anything but this daemon: people's tools keep the list, and a backup
 * that is restored loses again what it names. */
static int tell(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES], enum why why)
{
	struct audit_entry entry = audit_entry_by(store, NULL, AUDIT_DESTROYED);

	_Static_assert(AUDIT_BLIND_BYTES == BLIND_INDEX_BYTES, "the log names it so");
	hex_encode(blind_id, BLIND_INDEX_BYTES, entry.subject);
	(void)snprintf(
		entry.details, sizeof entry.details, "%s", why == WHY_RETENTION ? "retention" : "admins");
	return audit_add(store, &entry);
}

int report_destroy(struct store *store, const struct backend_report *row, const struct tombstone *tombstone)
{
	/* Read before the row goes: its views may point into what the backend reads next. */
	uint64_t body = row->body;

	headers_destroyed(store, row->id);
	if (offer_end(store, row->id) != 0 || tell(store, row->id, tombstone->why) != 0 ||
		tombstone_keep(store, row->id, tombstone) != 0 || backend_destroy(store->backend, body) != 0)
		return -1;
	store->remains_left = true;
	store->log_to_empty = true;
	chores_wake(store);
	return 0;
}

int report_destroy_now(
	struct store *store, const struct backend_report *row, const struct tombstone *tombstone)
{
	group_commit(store);
	if (backend_begin(store->backend) == 0 && report_destroy(store, row, tombstone) == 0 &&
		audit_before_commit(store) == 0 && backend_commit(store->backend) == 0) {
		audit_committed(store);
		return 0;
	}
	backend_rollback(store->backend);
	audit_rolled_back(store);
	offers_rolled_back(store);
	return -1;
}
