/* The end of the roster in force is announced in the log ahead of time, each step once, whatever restarts lie
 * in between. */
#include "store_state.h"

#include "base/log.h"
#include "keys/trust.h"

#include <inttypes.h>

static const char name[] = "expiry-told";

static const struct place place = {
	.column = COLUMN_OWN, .identity = (const uint8_t *)name, .identity_len = sizeof name - 1
};

static int put_told(struct store *store, uint64_t version, int step)
{
	struct buffer plain = buffer_of(16), sealed = buffer_of(128);
	int rc;

	buffer_put_u64(&plain, version);
	buffer_put_u64(&plain, (uint64_t)step);
	rc = seal_put_row(store->seal, &place, plain.data, plain.len, &sealed);
	if (rc == 0)
		rc = group_open(store);
	if (rc == 0)
		rc = backend_put(store->backend, SHELF_OWN, place.identity, place.identity_len, sealed.data,
			sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

/* The last step that was announced of this version; TRUST_NOT_SOON where none was. */
static int told_of(struct store *store, uint64_t version)
{
	struct buffer sealed = buffer_of(128), plain = buffer_of(16);
	struct reader in;
	uint64_t told_version = 0, step = 0;
	int told = TRUST_NOT_SOON;

	if (backend_get(store->backend, SHELF_OWN, place.identity, place.identity_len, &sealed) == 0 &&
		seal_get_row(store->seal, &place, sealed.data, sealed.len, &plain) == 0) {
		in = reader_of(plain.data, plain.len);
		if (reader_u64(&in, &told_version) == 0 && reader_u64(&in, &step) == 0 &&
			told_version == version)
			told = (int)step;
	}
	buffer_free(&sealed);
	buffer_free(&plain);
	return told;
}

static void announce(const struct roster *roster, int step)
{
	char expires[TIME_SIZE];

	time_format(roster->expires, expires);
	if (step == 0)
		log_event(LOG_ERROR, "roster_expired", "version=%" PRIu64 " expires=%s", roster->version,
			expires);
	else
		log_event(LOG_WARNING, "roster_expires", "version=%" PRIu64 " days=%d expires=%s",
			roster->version, step, expires);
}

void roster_watch_expiry(struct store *store)
{
	const struct roster *roster = store->roster;
	int step = trust_expiry_step(roster, store_now(store));

	if (step == TRUST_NOT_SOON ||
		(store->expiry_told == step && store->expiry_told_version == roster->version))
		return;
	if (told_of(store, roster->version) != step) {
		announce(roster, step);
		if (put_told(store, roster->version, step) != 0)
			group_fail(store);
	}
	store->expiry_told = step;
	store->expiry_told_version = roster->version;
}
