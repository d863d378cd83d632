#include "store_state.h"

#include "base/log.h"
#include "keys/clock.h"

#include <inttypes.h>

#define DEPARTURE_SECONDS 300

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
