#include "proto/header_list.h"

#include "proto/encode.h"
#include "proto/json.h"
#include "proto/words.h"

#include <stdlib.h>
#include <string.h>

static const char *word(bool value)
{
	return value ? "true" : "false";
}

int header_list_write(const struct header_list *list, struct buffer *out)
{
	if (list->count > HEADERS_MAX)
		return -1;
	buffer_put_format(out, "{\"after\":%llu,\"headers\":[", (unsigned long long)list->after);
	for (size_t i = 0; i < list->count; i++) {
		const struct header_entry *entry = &list->entries[i];

		buffer_put_format(out, "%s{\"confirmed\":%s,", i > 0 ? "," : "", word(entry->is_confirmed));
		if (entry->offered[0] != '\0')
			buffer_put_format(out, "\"offered\":\"%s\",", entry->offered);
		buffer_put_format(out, "\"report\":\"%s\",\"roster\":%llu,\"wrapped\":%s}", entry->report,
			(unsigned long long)entry->roster, word(entry->is_wrapped));
	}
	buffer_put_format(out, "],\"more\":%s}", word(list->more));
	return buffer_ok(out);
}

static int take_bool(const json_t *object, const char *name, bool *ret_value)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_boolean(value))
		return -1;
	*ret_value = json_is_true(value);
	return 0;
}

static int take_offered(const json_t *object, struct header_entry *entry)
{
	const json_t *value = json_object_get(object, "offered");

	if (value == NULL)
		return 0;
	return json_is_string(value)
		       ? name_of(json_string_value(value), json_string_length(value), entry->offered)
		       : -1;
}

static int take_entry(const json_t *object, struct header_entry *entry)
{
	static const char *const members[] = { "confirmed", "report", "roster", "wrapped", "offered" };
	size_t count = COUNT_OF(members) - (json_object_get(object, "offered") == NULL ? 1 : 0);
	uint8_t report[ID_BYTES];

	if (members_are(object, members, count) != 0 || take_offered(object, entry) != 0 ||
		take_bool(object, "confirmed", &entry->is_confirmed) != 0 ||
		take_bool(object, "wrapped", &entry->is_wrapped) != 0 ||
		member_hex(object, "report", report, sizeof(report)) != 0 ||
		member_number(object, "roster", &entry->roster) != 0 || entry->roster < 1 ||
		(!entry->is_wrapped && !entry->is_confirmed))
		return -1;
	hex_encode(report, sizeof(report), entry->report);
	return 0;
}

static int take_list(const json_t *object, struct header_list *list)
{
	static const char *const members[] = { "after", "headers", "more" };
	const json_t *entries = json_object_get(object, "headers");

	if (members_are(object, members, COUNT_OF(members)) != 0 || !json_is_array(entries) ||
		json_array_size(entries) > HEADERS_MAX || member_number(object, "after", &list->after) != 0 ||
		take_bool(object, "more", &list->more) != 0)
		return -1;
	list->count = json_array_size(entries);
	for (size_t i = 0; i < list->count; i++) {
		if (take_entry(json_array_get(entries, i), &list->entries[i]) != 0)
			return -1;
	}
	return 0;
}

int header_list_parse(const char *json, size_t len, struct header_list *ret_list, struct fault *fault)
{
	struct header_list *list = calloc(1, sizeof(*list));
	json_t *object = NULL;
	int rc = -1;

	if (list == NULL)
		rc = fault_set(fault, "memory is short");
	else if (json_parse(json, len, HEADER_LIST_MAX, &object, fault) != 0)
		rc = -1;
	else if (take_list(object, list) != 0)
		rc = fault_set(fault, "the server's list of headers is malformed");
	else
		rc = 0;
	if (rc == 0)
		*ret_list = *list;
	free(list);
	json_decref(object);
	return rc;
}
