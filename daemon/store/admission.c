/* Who may hand in a report. A desk with open admission takes anybody's, within the limits. A desk that asks
 * for a token takes none yet: no version of the clients can have one. */
#include "store_state.h"

#define RESERVE_SHARE 16 /* of the capacity, for what officers write; their writes are small */
#define RESERVE_MAX   (64 * 1024 * 1024)

void store_set_capacity(struct store *store, uint64_t bytes)
{
	uint64_t reserve = bytes / RESERVE_SHARE < RESERVE_MAX ? bytes / RESERVE_SHARE : RESERVE_MAX;

	store->capacity = bytes;
	store->capacity_of_reports = bytes - reserve;
	backend_limit(store->backend, bytes);
}

bool store_has_room(struct store *store, uint64_t length)
{
	return store->capacity == 0 ||
	       (length <= store->capacity_of_reports &&
		       backend_bytes(store->backend) <= store->capacity_of_reports - length);
}

int admission_check(struct request *request, const struct roster_desk *desk)
{
	if (desk->admission == ADMISSION_OPEN)
		return 0;
	request_refuse(request, PROBLEM_NOT_PERMITTED);
	return -1;
}
