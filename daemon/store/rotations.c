#include "rotations.h"

#include "keys.h"
#include "keys/token_keys.h"
#include "store_state.h"

#include <jansson.h>
#include <string.h>

/* A kind of key, and how its rotation is looked at. -1 where the database fails. */
struct kind {
	const char *what;
	int (*look)(struct store *store, struct rotation *ret_rotation);
};

/* Two steps: the next key is in the keyring; the roster that names it is in force. */
static int look_at_receipt(struct store *store, struct rotation *ret_rotation)
{
	const struct keyring *keyring = store->keyring;
	const struct receipt_seed *signing = keys_receipt(store, store->roster->receipt_key);

	if (signing == NULL)
		return -1;
	*ret_rotation = (struct rotation){ .epoch = signing->epoch, .state = "none" };
	if (signing != &keyring->receipts[keyring->receipt_count - 1])
		*ret_rotation = (struct rotation){
			.epoch = signing->epoch, .done = 1, .total = 2, .state = "waiting"
		};
	else if (signing->epoch > 1)
		*ret_rotation =
			(struct rotation){ .epoch = signing->epoch, .done = 2, .total = 2, .state = "done" };
	return 0;
}

/* Rows that are sealed under the newest key, of all. */
static int look_at_storage(struct store *store, struct rotation *ret_rotation)
{
	struct rewrap_progress progress;
	bool has_old = seal_oldest_epoch(store->seal) != seal_newest_epoch(store->seal);

	rewrap_progress(store, &progress);
	*ret_rotation = (struct rotation){ .epoch = progress.epoch, .state = "none" };
	if (progress.epoch == 1)
		return 0;
	ret_rotation->done = progress.done;
	ret_rotation->total = progress.total;
	ret_rotation->state = "done";
	if (has_old)
		ret_rotation->state = progress.failed > 0 && !rewrap_is_running(store) ? "stuck" : "running";
	return 0;
}

/* Two steps, as for the receipt key. The epoch is the newest one that tokens are made with. */
static int look_at_token(struct store *store, struct rotation *ret_rotation)
{
	const struct keyring *keyring = store->keyring;
	size_t named = keyring->token_count;
	bool is_waiting;

	while (named > 0 && !token_epoch_is_named(&keyring->tokens[named - 1], store->roster))
		named--;
	is_waiting = named < keyring->token_count;
	*ret_rotation = (struct rotation){ .epoch = named == 0 ? 0 : keyring->tokens[named - 1].epoch,
		.state = "none" };
	if (is_waiting || ret_rotation->epoch > 1) {
		ret_rotation->done = is_waiting ? 1 : 2;
		ret_rotation->total = 2;
		ret_rotation->state = is_waiting ? "waiting" : "done";
	}
	return 0;
}

static const struct kind kinds[] = {
	{ "storage", look_at_storage },
	{ "tls", tls_look },
	{ "receipt", look_at_receipt },
	{ "token", look_at_token },
};

static json_t *to_json(const char *what, const struct rotation *rotation)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:s}", "what", what, "epoch", (json_int_t)rotation->epoch,
		"done", (json_int_t)rotation->done, "total", (json_int_t)rotation->total, "state",
		rotation->state);
}

json_t *rotation_json(struct store *store, const char *what)
{
	struct rotation rotation;

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].what, what) == 0)
			return kinds[i].look(store, &rotation) == 0 ? to_json(what, &rotation) : NULL;
	return NULL;
}

json_t *rotations_json(struct store *store)
{
	json_t *list = json_array();
	struct rotation rotation, sum = { .epoch = keyring_storage_newest(store->keyring)->epoch };
	int rc = list == NULL ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < COUNT_OF(kinds); i++) {
		rc = kinds[i].look(store, &rotation);
		if (rc == 0)
			rc = json_array_append_new(list, to_json(kinds[i].what, &rotation));
		sum.done += rc == 0 ? rotation.done : 0;
		sum.total += rc == 0 ? rotation.total : 0;
	}
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:o}", "what", "status", "epoch", (json_int_t)sum.epoch,
		"done", (json_int_t)sum.done, "total", (json_int_t)sum.total, "rotations", list);
}
