#include "proto/invitation_list.h"

#include "proto/digest.h"
#include "proto/json.h"
#include "proto/time.h"

#include <string.h>

int invitation_hash(const uint8_t secret[INVITATION_SECRET_BYTES], uint8_t ret_hash[SHA256_BYTES])
{
	return sha256_once(secret, INVITATION_SECRET_BYTES, ret_hash);
}

int invitation_list_write(const struct invitation_list *list, struct buffer *out)
{
	char expires[TIME_SIZE], hash[HEX_CHARS(SHA256_BYTES) + 1];

	if (list->count < 1 || list->count > INVITATION_LIST_MAX)
		return -1;
	time_format(list->expires, expires);
	buffer_put_format(out, "{\"desk\":\"%s\",\"expires\":\"%s\",\"hashes\":[", list->desk, expires);
	for (size_t i = 0; i < list->count; i++) {
		hex_encode(list->hashes[i], SHA256_BYTES, hash);
		buffer_put_format(out, "%s\"%s\"", i == 0 ? "" : ",", hash);
	}
	buffer_put_string(out, "]}");
	return buffer_ok(out);
}

static int take_hashes(const json_t *hashes, struct invitation_list *list)
{
	list->count = json_array_size(hashes); /* 0 for what is no array */
	if (list->count < 1 || list->count > INVITATION_LIST_MAX)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		const json_t *hash = json_array_get(hashes, i);

		if (!json_is_string(hash) || hex_decode(json_string_value(hash), json_string_length(hash),
						     list->hashes[i], SHA256_BYTES) != 0)
			return -1;
	}
	return 0;
}

int invitation_list_parse(
	const uint8_t *json, size_t len, struct invitation_list *ret_list, struct fault *fault)
{
	static const char *const names[] = { "desk", "expires", "hashes" };
	json_t *object = NULL;
	const char *desk;
	size_t desk_len;
	int rc = -1;

	if (json_parse((const char *)json, len, INVITATION_LIST_BYTES, &object, fault) != 0)
		return -1;
	if (members_are(object, names, COUNT_OF(names)) != 0 ||
		member_text(object, "desk", &desk, &desk_len) != 0 ||
		name_of(desk, desk_len, ret_list->desk) != 0 ||
		member_time(object, "expires", &ret_list->expires) != 0 ||
		take_hashes(json_object_get(object, "hashes"), ret_list) != 0)
		rc = fault_set(fault, "this is no list of invitations");
	else
		rc = 0;
	json_decref(object);
	return rc;
}
