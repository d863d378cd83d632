/* rotate-token: begins the next token epoch, durable before anybody hears of it. Tokens are made with it from
 * the moment when a roster that names it is in force; those of older epochs stay good until their own end.
 * Asked again before that, the same keys are told. */
#include "control_acts.h"
#include "keys.h"
#include "rotations.h"
#include "store_state.h"

#include "keys/token_keys.h"
#include "proto/encode.h"

#include <sysexits.h>

static int add_next(void *context, struct keyring *keyring, struct fault *fault)
{
	const struct control_call *call = context;

	return token_epoch_new(keyring, store_now(call->store), fault);
}

static json_t *line_json(const struct token_seed *seed)
{
	struct roster_token_key line;
	char key[BASE64_CHARS(VOPRF_ELEMENT_BYTES) + 1], not_before[TIME_SIZE], not_after[TIME_SIZE];

	if (token_key_line(seed, &line) != 0)
		return NULL;
	base64_encode(BASE64_PADDED, line.public_key, sizeof line.public_key, key);
	time_format(line.not_before, not_before);
	time_format(line.not_after, not_after);
	return json_pack("{s:I, s:s, s:s, s:s}", "epoch", (json_int_t)line.epoch, "key", key, "not_before",
		not_before, "not_after", not_after);
}

/* Every line that the next roster is to have, so that those of ended epochs go. */
static json_t *lines_json(const struct keyring *keyring)
{
	json_t *lines = json_array();

	for (size_t at = 0; lines != NULL && at < keyring->token_count; at++) {
		if (json_array_append_new(lines, line_json(&keyring->tokens[at])) != 0) {
			json_decref(lines);
			lines = NULL;
		}
	}
	return lines;
}

static void answer(struct control_call *call)
{
	json_t *rotation = rotation_json(call->store, "token");

	if (rotation == NULL ||
		json_object_set_new(rotation, "token_keys", lines_json(call->store->keyring)) != 0) {
		json_decref(rotation);
		control_refuse(call, EX_TEMPFAIL, "memory is short: try again");
		return;
	}
	control_done(call, rotation);
}

static void on_changed(void *context, int result, const struct fault *fault)
{
	struct control_call *call = context;
	struct fault not_loaded;

	if (result != 0)
		control_refuse(call, EX_TEMPFAIL, "%s", fault->text);
	else if (token_epochs_load(call->store, call->store->keyring, &not_loaded) != 0)
		control_refuse(call, EX_TEMPFAIL, "%s: try again", not_loaded.text);
	else
		answer(call);
	control_release(call);
}

void act_rotate_token(struct control_call *call)
{
	struct store *store = call->store;
	const struct token_seed *newest = token_epoch_newest(store->keyring);

	if (newest != NULL && !token_epoch_is_named(newest, store->roster)) {
		answer(call);
		return;
	}
	control_hold(call);
	if (keys_change(store, add_next, on_changed, call) == 0)
		return;
	control_refuse(call, EX_TEMPFAIL, "memory is short: try again");
	control_release(call);
}
