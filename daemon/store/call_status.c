/* GET status: what an admin is told. */
#include "store_state.h"

#include <inttypes.h>

void call_get_status(struct request *request)
{
	struct store *store = request->front->store;
	uint64_t reports, open;
	char expires[TIME_SIZE];

	if (backend_count(store->backend, &reports, &open) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	time_format(store->roster->expires, expires);
	buffer_put_format(&request->answer.body,
		"{\"roster\":{\"version\":%" PRIu64 ",\"expires\":\"%s\"},\"reports\":%" PRIu64
		",\"open\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"capacity\":%" PRIu64 "}",
		store->roster->version, expires, reports, open, backend_bytes(store->backend),
		store->capacity);
	request_answer(request, 200, "application/json");
}
