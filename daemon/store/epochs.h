/* The storage key's epochs: a new one is durable before anything is sealed under it, an old one is given up
 * only once nothing is. */
#ifndef STORE_EPOCHS_H
#define STORE_EPOCHS_H

#include "keys.h"

/* As keys_change: once done says 0, new rows are of the new epoch, and the others are being sealed again. */
MUST_USE int epochs_add(struct store *store, keys_changed *done, void *context);

/* No row needs an epoch older than the newest: they go. What can't be done now is tried again each minute
 * (rewrap_look). */
void epochs_drop(struct store *store);

#endif
