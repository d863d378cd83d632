/* Rotations of the daemon's keys, as `rotate status` shows them: a row for each kind of key. */
#ifndef STORE_ROTATIONS_H
#define STORE_ROTATIONS_H

#include "proto/base.h"

#include <jansson.h>

struct store;

struct rotation {
	uint64_t epoch; /* of the key in use: 1 is the organisation's first */
	uint64_t done;  /* of total: rows or steps; both 0 where none was ever asked for */
	uint64_t total;
	const char *state; /* one word: `none', `running', `waiting' for a roster, `stuck', `done' */
};

/* {"what", "epoch", "done", "total", "state"} of one kind; NULL where memory or the database fails. */
MUST_USE json_t *rotation_json(struct store *store, const char *what);

/* {"what": "status", "epoch" of the storage key, "done", "total" summed, "rotations": […]}. */
MUST_USE json_t *rotations_json(struct store *store);

#endif
