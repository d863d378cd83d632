#include "store_state.h"

#include "base/log.h"
#include "keys/clock.h"

#include <inttypes.h>

#define DEPARTURE_SECONDS 300
#define DOUBT_DAYS        92 /* a database that nobody used for so long may have met a wrong clock */
#define DOUBT_HOURS       24 /* and what a wrong clock would do for good waits: somebody has a day to notice */
#define HOUR              3600

void store_clock_start(struct store *store)
{
	store->start_wall = clock_wall_seconds();
	store->start_boot_ms = clock_boot_ms();
}

int64_t store_now(const struct store *store)
{
	return store->start_wall + (clock_boot_ms() - store->start_boot_ms) / 1000;
}

void store_clock_watch(struct store *store)
{
	int64_t ahead = clock_wall_seconds() - store_now(store);
	bool departed = ahead > DEPARTURE_SECONDS || ahead < -DEPARTURE_SECONDS;

	if (departed && !store->clock_announced)
		log_event(LOG_WARNING, "wall_clock_departed", "seconds=%" PRId64 " followed=no", ahead);
	store->clock_announced = departed;
}

/* The latest time of a commit; 0 in a database that has none. */
static int read_newest(struct store *store, int64_t *ret_newest, struct fault *fault)
{
	static const char name[] = "newest-time";
	struct place place = {
		.column = COLUMN_OWN, .identity = (const uint8_t *)name, .identity_len = sizeof name - 1
	};
	struct buffer sealed = buffer_of(128), plain = buffer_of(8);
	struct reader in;
	uint64_t newest = 0;
	int rc = 0;

	if (backend_get(store->backend, SHELF_OWN, place.identity, place.identity_len, &sealed) == 0) {
		rc = seal_get_row(store->seal, &place, sealed.data, sealed.len, &plain);
		in = reader_of(plain.data, plain.len);
		if (rc != 0 || reader_u64(&in, &newest) != 0)
			rc = fault_set(fault,
				"the database doesn't open with this keyring: is it another organisation's?");
	}
	if (rc == 0)
		*ret_newest = (int64_t)newest;
	buffer_free(&sealed);
	buffer_free(&plain);
	return rc;
}

/* A clock that went back would let old signatures in again, and date reports wrongly. */
int store_clock_check(struct store *store, struct fault *fault)
{
	int64_t newest = 0, now = store_now(store);

	if (read_newest(store, &newest, fault) != 0)
		return -1;
	if (now < newest)
		return fault_set(
			fault, "the clock is earlier than the newest report: set it right, then start again");
	store->newest_committed = newest;
	store->doubted_until = 0;
	if (newest != 0 && now - newest > (int64_t)DOUBT_DAYS * 24 * HOUR) {
		store->doubted_until = now + (int64_t)DOUBT_HOURS * HOUR;
		log_event(LOG_WARNING, "clock_doubted",
			"days_ahead=%" PRId64 " hours=%d reason=\"long_unused_or_wrong_clock\"",
			(now - newest) / (24 * HOUR), DOUBT_HOURS);
	}
	return 0;
}

bool store_clock_is_doubted(const struct store *store)
{
	return store_now(store) < store->doubted_until;
}
