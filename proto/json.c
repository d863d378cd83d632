#include "proto/json.h"

#include "proto/encode.h"
#include "proto/time.h"

#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void free_wiped(void *bytes)
{
	if (bytes != NULL)
		sodium_memzero(bytes, malloc_usable_size(bytes));
	free(bytes);
}

void json_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}

/* jansson follows nesting with recursion and has no limit that a caller can set, so depth is counted first.
 * Braces inside strings don't count. */
static bool is_too_deep(const char *text, size_t len)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
			continue;
		}
		if (text[i] == '"')
			in_string = true;
		else if ((text[i] == '{' || text[i] == '[') && ++depth > JSON_DEPTH_MAX)
			return true;
		else if ((text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
	}
	return false;
}

int json_parse(const char *text, size_t len, size_t max, json_t **ret_object, struct fault *fault)
{
	json_error_t error;
	json_t *value = NULL;

	if (len > max)
		return fault_set(fault, "the JSON is longer than %zu bytes", max);
	if (is_too_deep(text, len))
		return fault_set(fault, "the JSON is nested deeper than %d", JSON_DEPTH_MAX);
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		return fault_set(fault,
			"the JSON is malformed near byte %d, holds a name twice, or is not UTF-8",
			error.position);
	if (!json_is_object(value)) {
		json_decref(value);
		return fault_set(fault, "the JSON is not an object");
	}
	*ret_object = value;
	return 0;
}

static int put_piece(const char *piece, size_t len, void *out)
{
	buffer_put(out, piece, len);
	return buffer_ok(out);
}

int json_put(const json_t *value, struct buffer *out)
{
	return json_dump_callback(value, put_piece, out, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
}

int member_text(const json_t *object, const char *name, const char **ret_text, size_t *ret_len)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return -1;
	*ret_text = json_string_value(value);
	*ret_len = json_string_length(value);
	return 0;
}

int member_copy(const json_t *object, const char *name, char *ret_text, size_t size)
{
	const char *text;
	size_t len;

	if (member_text(object, name, &text, &len) != 0 || len >= size || strlen(text) != len)
		return -1;
	memcpy(ret_text, text, len + 1);
	return 0;
}

int member_number(const json_t *object, const char *name, uint64_t *ret_number)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -1;
	*ret_number = (uint64_t)json_integer_value(value);
	return 0;
}

int member_time(const json_t *object, const char *name, int64_t *ret_seconds)
{
	const char *text = NULL;
	size_t len = 0;

	return member_text(object, name, &text, &len) == 0 ? time_parse(text, len, ret_seconds) : -1;
}

int member_hex(const json_t *object, const char *name, void *ret_data, size_t len)
{
	const char *text = NULL;
	size_t text_len = 0;

	return member_text(object, name, &text, &text_len) == 0 ? hex_decode(text, text_len, ret_data, len)
								: -1;
}

int member_base64(const json_t *object, const char *name, enum base64_kind kind, void *ret_data, size_t len)
{
	const char *text = NULL;
	size_t text_len = 0;

	if (member_text(object, name, &text, &text_len) != 0)
		return -1;
	return base64_decode_fixed(kind, text, text_len, ret_data, len);
}

int members_are(const json_t *object, const char *const *names, size_t count)
{
	if (!json_is_object(object) || json_object_size(object) != count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (json_object_get(object, names[i]) == NULL)
			return -1;
	}
	return 0;
}
