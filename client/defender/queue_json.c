#include "queue_json.h"

#include "proto/encode.h"
#include "proto/json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

int json_store(struct vault *vault, const char *name, const json_t *json, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	struct items items = vault_items(vault);
	int rc = json_put(json, &text) != 0 ? failure_memory(failure)
					    : items_put(&items, name, text.data, text.len, failure);

	buffer_free(&text);
	return rc;
}

int json_fetch(struct vault *vault, const char *name, json_t **ret_json, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	struct items items = vault_items(vault);
	struct fault fault;
	bool found;
	int rc = items_get(&items, name, &text, &found, failure);

	if (rc == 0 && !found)
		*ret_json = NULL;
	else if (rc == 0 && json_parse((const char *)text.data, text.len, ITEM_MAX, ret_json, &fault) != 0)
		rc = failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	buffer_free(&text);
	return rc;
}

json_t *excluded_to_json(const struct queued *entry)
{
	json_t *list = json_array();

	for (size_t at = 0; list != NULL && at < entry->excluded_count; at++)
		if (json_array_append_new(list, json_string(entry->excluded[at])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

size_t excluded_of_json(const json_t *json, char ret_excluded[EXCLUDED_MAX][NAME_SIZE])
{
	const json_t *list = json_object_get(json, "excluded"), *one;
	size_t at, count = 0;

	json_array_foreach(list, at, one)
	{
		const char *name = json_string_value(one);

		if (count < EXCLUDED_MAX && name != NULL &&
			name_of(name, strlen(name), ret_excluded[count]) == 0)
			count++;
	}
	return count;
}

json_t *queued_to_json(const struct queued *entry)
{
	char salt[SALT_HEX_SIZE], upload_key[HEX_CHARS(UPLOAD_KEY_BYTES) + 1];

	hex_encode(entry->destination.salt, SALT_BYTES, salt);
	if (!entry->has_salt)
		salt[0] = '\0';
	hex_encode(entry->upload_key, UPLOAD_KEY_BYTES, upload_key);
	return json_pack(
		"{s:s, s:b, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:I}",
		"payload", entry->payload, "ready", entry->is_ready, "id", entry->id, "length",
		(json_int_t)entry->length, "roster", (json_int_t)entry->roster, "organisation",
		entry->destination.organisation, "desk", entry->destination.desk, "urgency",
		urgency_word(entry->destination.urgency), "release", entry->destination.release, "hold_key",
		entry->destination.hold_key, "salt", salt, "upload_key", upload_key, "mailbox",
		entry->mailbox, "cover", entry->is_cover, "prepared", entry->is_prepared, "after",
		entry->after, "excluded", excluded_to_json(entry), "not_before",
		(json_int_t)entry->not_before);
}

int queued_of_json(const json_t *json, struct queued *ret_entry)
{
	struct queued entry = { 0 };
	struct destination *to = &entry.destination;
	char urgency[16], salt[SALT_HEX_SIZE];
	uint64_t not_before = 0;

	entry.is_ready = json_is_true(json_object_get(json, "ready"));
	entry.is_cover = json_is_true(json_object_get(json, "cover"));
	entry.is_prepared = json_is_true(json_object_get(json, "prepared"));
	if (member_copy(json, "payload", entry.payload, sizeof entry.payload) != 0 ||
		member_copy(json, "id", entry.id, sizeof entry.id) != 0 ||
		member_number(json, "length", &entry.length) != 0 ||
		member_number(json, "roster", &entry.roster) != 0 ||
		member_copy(json, "organisation", to->organisation, sizeof to->organisation) != 0 ||
		member_copy(json, "desk", to->desk, sizeof to->desk) != 0 ||
		member_copy(json, "urgency", urgency, sizeof urgency) != 0 ||
		urgency_of(urgency, strlen(urgency), &to->urgency) != 0 ||
		member_copy(json, "release", to->release, sizeof to->release) != 0 ||
		member_copy(json, "hold_key", to->hold_key, sizeof to->hold_key) != 0 ||
		member_copy(json, "salt", salt, sizeof salt) != 0 ||
		member_hex(json, "upload_key", entry.upload_key, UPLOAD_KEY_BYTES) != 0 ||
		member_copy(json, "mailbox", entry.mailbox, sizeof entry.mailbox) != 0 ||
		member_copy(json, "after", entry.after, sizeof entry.after) != 0)
		return -1;
	if (json_object_get(json, "not_before") != NULL &&
		member_number(json, "not_before", &not_before) != 0)
		return -1;
	entry.not_before = (int64_t)not_before;
	entry.excluded_count = excluded_of_json(json, entry.excluded);
	entry.has_salt = salt[0] != '\0';
	if (entry.has_salt && hex_decode(salt, strlen(salt), to->salt, SALT_BYTES) != 0)
		return -1;
	*ret_entry = entry;
	return 0;
}

json_t *accepted_to_json(
	const struct queued *entry, const struct acceptance_answer *answer, uint64_t signed_by)
{
	char signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];

	base64_encode(BASE64_PADDED, answer->signature, sizeof answer->signature, signature);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I}", "id", entry->id,
		"accepted", answer->accepted, "signature", signature, "mailbox", entry->mailbox,
		"organisation", entry->destination.organisation, "desk", entry->destination.desk, "urgency",
		urgency_word(entry->destination.urgency), "release", entry->destination.release, "roster",
		(json_int_t)entry->roster, "excluded", excluded_to_json(entry), "signed_by",
		(json_int_t)signed_by);
}
