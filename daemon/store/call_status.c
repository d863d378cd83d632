/* GET status: what an admin is told. */
#include "store_state.h"

#include <inttypes.h>
#include <stdio.h>

void call_get_status(struct request *request)
{
	struct store *store = request->front->store;
	uint64_t reports, open, old;
	char expires[TIME_SIZE], rewrap[24] = "null";

	if (backend_count(store->backend, &reports, &open) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	if (headers_old(store, &old) == 0)
		(void)snprintf(rewrap, sizeof rewrap, "%" PRIu64, old);
	time_format(store->roster->expires, expires);
	buffer_put_format(&request->answer.body,
		"{\"roster\":{\"version\":%" PRIu64 ",\"expires\":\"%s\"},\"reports\":%" PRIu64
		",\"open\":%" PRIu64 ",\"rewrap\":%s,\"bytes\":%" PRIu64 ",\"capacity\":%" PRIu64 "}",
		store->roster->version, expires, reports, open, rewrap, backend_bytes(store->backend),
		store->capacity);
	request_answer(request, 200, "application/json");
}
