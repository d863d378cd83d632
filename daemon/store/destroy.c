/* The end of a report: its data key first, and with it everything that is sealed under it. */
#include "store_state.h"

int report_destroy(struct store *store, const struct backend_report *row, const struct tombstone *tombstone)
{
	/* Read before the row goes: its views may point into what the backend reads next. */
	uint64_t body = row->body;

	headers_destroyed(store, row->id);
	if (tombstone_keep(store, row->id, tombstone) != 0 || backend_destroy(store->backend, body) != 0)
		return -1;
	store->remains_left = true;
	store->log_to_empty = true;
	chores_wake(store);
	return 0;
}
