#include "epochs.h"

#include "base/log.h"
#include "keys.h"
#include "store_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Sealing with the keyring as it lies on the disk. */
static int take_keyring(struct store *store, struct fault *fault)
{
	struct seal *seal = NULL;

	if (seal_new(store->keyring, &seal, fault) != 0)
		return -1;
	seal_free(store->seal);
	store->seal = seal;
	return 0;
}

/* --- a new epoch */

struct adding {
	struct store *store;
	keys_changed *done;
	void *context;
};

static int add_epoch(void *context, struct keyring *keyring, struct fault *fault)
{
	struct storage_key *next = &keyring->storage[keyring->storage_count];

	(void)context;
	if (keyring->storage_count == KEYRING_STORAGE_MAX)
		return fault_set(fault, "too many storage keys are still in use: wait until `rotate status' "
					"says that the rotation is done");
	next->epoch = keyring_storage_newest(keyring)->epoch + 1;
	randombytes_buf(next->key, sizeof next->key);
	keyring->storage_count++;
	return 0;
}

static void on_added(void *context, int result, const struct fault *fault)
{
	struct adding *adding = context;
	struct store *store = adding->store;
	struct fault failed = *fault;

	if (result == 0)
		result = take_keyring(store, &failed);
	if (result == 0) {
		log_event(LOG_INFO, "storage_epoch_begun", "epoch=%" PRIu32, seal_newest_epoch(store->seal));
		if (rewrap_begin(store) != 0)
			log_plain(LOG_WARNING, "rewrap_not_counted");
	}
	adding->done(adding->context, result, &failed);
	free(adding);
}

int epochs_add(struct store *store, keys_changed *done, void *context)
{
	struct adding *adding = calloc(1, sizeof *adding);

	if (adding == NULL)
		return -1;
	*adding = (struct adding){ .store = store, .done = done, .context = context };
	if (keys_change(store, add_epoch, on_added, adding) == 0)
		return 0;
	free(adding);
	return -1;
}

/* --- the end of old ones */

struct dropping {
	struct store *store;
	uint32_t below;
};

/* Another epoch may have come since it was asked for: rows can be of the one that was the newest then. */
static int drop_epochs(void *context, struct keyring *keyring, struct fault *fault)
{
	const struct dropping *dropping = context;
	size_t gone = 0;

	(void)fault;
	while (gone + 1 < keyring->storage_count && keyring->storage[gone].epoch < dropping->below)
		gone++;
	memmove(keyring->storage, keyring->storage + gone,
		(keyring->storage_count - gone) * sizeof keyring->storage[0]);
	keyring->storage_count -= gone;
	sodium_memzero(keyring->storage + keyring->storage_count, gone * sizeof keyring->storage[0]);
	return 0;
}

static void on_dropped(void *context, int result, const struct fault *fault)
{
	struct dropping *dropping = context;
	struct store *store = dropping->store;
	struct fault failed = *fault;

	if (result == 0)
		result = take_keyring(store, &failed);
	if (result == 0)
		log_event(LOG_INFO, "storage_epochs_dropped", "oldest=%" PRIu32,
			seal_oldest_epoch(store->seal));
	else
		log_fault(LOG_WARNING, "storage_epochs_not_dropped", &failed);
	store->dropping_epochs = false;
	free(dropping);
}

void epochs_drop(struct store *store)
{
	struct dropping *dropping;

	if (store->dropping_epochs || seal_oldest_epoch(store->seal) == seal_newest_epoch(store->seal))
		return;
	dropping = calloc(1, sizeof *dropping);
	if (dropping == NULL)
		return;
	*dropping = (struct dropping){ .store = store, .below = seal_newest_epoch(store->seal) };
	store->dropping_epochs = true;
	if (keys_change(store, drop_epochs, on_dropped, dropping) == 0)
		return;
	store->dropping_epochs = false;
	free(dropping);
}
