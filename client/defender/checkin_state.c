#include "checkin.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "queue_json.h"

#include <sodium.h>
#include <string.h>

#define ITEM_CHECKIN "checkin"

struct checkin *checkin_new(void)
{
	struct checkin *checkin = sodium_malloc(sizeof *checkin);

	if (checkin != NULL)
		memset(checkin, 0, sizeof *checkin);
	return checkin;
}

void checkin_free(struct checkin *checkin)
{
	if (checkin == NULL)
		return;
	json_decref(checkin->report);
	sodium_free(checkin);
}

static json_t *held_to_json(const struct held *held)
{
	char seed[HEX_CHARS(HOLD_SEED_BYTES) + 1];
	json_t *json;

	hex_encode(held->seed, sizeof held->seed, seed);
	json = json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:b}", "id", held->id, "release",
		(json_int_t)held->release, "began", (json_int_t)held->began, "roster",
		(json_int_t)held->roster, "counter", (json_int_t)held->counter, "seed", seed, "accepted",
		held->is_accepted);
	sodium_memzero(seed, sizeof seed);
	return json;
}

static int held_of_json(const json_t *json, struct held *ret_held)
{
	const char *id;
	size_t len;
	uint64_t release, began;

	if (member_text(json, "id", &id, &len) != 0 || len != ID_SIZE - 1 ||
		member_number(json, "release", &release) != 0 || member_number(json, "began", &began) != 0 ||
		member_number(json, "roster", &ret_held->roster) != 0 ||
		member_number(json, "counter", &ret_held->counter) != 0 ||
		member_hex(json, "seed", ret_held->seed, sizeof ret_held->seed) != 0)
		return -1;
	memcpy(ret_held->id, id, ID_SIZE);
	ret_held->release = (int64_t)release;
	ret_held->began = (int64_t)began;
	ret_held->is_accepted = json_is_true(json_object_get(json, "accepted"));
	return 0;
}

static int damaged(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
}

static int of_json(const json_t *json, struct checkin *checkin)
{
	const json_t *receipt = json_object_get(json, "receipt"), *old = json_object_get(json, "old"), *one;
	const char *desk, *number;
	size_t desk_len, number_len, at;

	if (member_number(json, "every", &checkin->every) != 0 ||
		member_text(json, "desk", &desk, &desk_len) != 0 ||
		name_of(desk, desk_len, checkin->desk) != 0 ||
		member_text(receipt, "number", &number, &number_len) != 0 || number_len != RECEIPT_SIZE - 1 ||
		member_hex(receipt, "seed", checkin->receipt.seed, RECEIPT_SEED_BYTES) != 0 ||
		held_of_json(json_object_get(json, "held"), &checkin->held) != 0 || !json_is_array(old) ||
		json_array_size(old) > HELD_OLD_MAX)
		return -1;
	memcpy(checkin->receipt.number, number, RECEIPT_SIZE);
	json_array_foreach(old, at, one)
	{
		if (held_of_json(one, &checkin->old[checkin->old_count++]) != 0)
			return -1;
	}
	checkin->report = json_deep_copy(json_object_get(json, "report"));
	return json_is_object(checkin->report) ? 0 : -1;
}

int checkin_load(struct session *session, struct checkin **ret_checkin, struct failure *failure)
{
	struct checkin *checkin = NULL;
	json_t *json = NULL;
	int rc = -1;

	*ret_checkin = NULL;
	if (json_fetch(session->vault, ITEM_CHECKIN, &json, failure) != 0)
		return -1;
	if (json == NULL)
		return 0;
	checkin = checkin_new();
	if (checkin == NULL)
		rc = failure_memory(failure);
	else if (of_json(json, checkin) != 0)
		rc = damaged(failure);
	else
		rc = 0;
	json_decref(json);
	if (rc == 0)
		*ret_checkin = checkin;
	else
		checkin_free(checkin);
	return rc;
}

int checkin_save(struct session *session, const struct checkin *checkin, struct failure *failure)
{
	char seed[HEX_CHARS(RECEIPT_SEED_BYTES) + 1];
	json_t *old = json_array(), *json;
	int rc = 0;

	hex_encode(checkin->receipt.seed, RECEIPT_SEED_BYTES, seed);
	json = json_pack("{s:I, s:s, s:O, s:{s:s, s:s}, s:o, s:o}", "every", (json_int_t)checkin->every,
		"desk", checkin->desk, "report", checkin->report, "receipt", "number",
		checkin->receipt.number, "seed", seed, "held", held_to_json(&checkin->held), "old", old);
	sodium_memzero(seed, sizeof seed);
	for (size_t at = 0; json != NULL && rc == 0 && at < checkin->old_count; at++)
		rc = json_array_append_new(old, held_to_json(&checkin->old[at]));
	rc = json == NULL || rc != 0 ? failure_memory(failure)
				     : json_store(session->vault, ITEM_CHECKIN, json, failure);
	json_decref(json);
	return rc;
}

int checkin_forget(struct session *session, struct failure *failure)
{
	return vault_remove(session->vault, ITEM_CHECKIN, failure);
}
