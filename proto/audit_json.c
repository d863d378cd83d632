#include "proto/audit.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/time.h"

#include <stdlib.h>
#include <string.h>

/* The audit log's JSON: members in the order of their names, as json_put would write them. */

#define MALFORMED "the server's audit log is malformed"

static void put_text_or_null(const char *name, const char *text, struct buffer *out)
{
	if (text[0] == '\0')
		buffer_put_format(out, "\"%s\":null,", name);
	else
		buffer_put_format(out, "\"%s\":\"%s\",", name, text);
}

int audit_entry_write(const struct audit_entry *entry, struct buffer *out)
{
	char key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1] = "", salt[HEX_CHARS(AUDIT_SALT_BYTES) + 1];
	char previous[HEX_CHARS(SHA256_BYTES) + 1], time[TIME_SIZE];

	if (entry->has_key)
		base64_encode(BASE64_URL, entry->key, sizeof(entry->key), key);
	hex_encode(entry->salt, sizeof(entry->salt), salt);
	hex_encode(entry->previous, sizeof(entry->previous), previous);
	time_format(entry->time, time);
	buffer_put_string(out, "{");
	put_text_or_null("actor", entry->actor, out);
	buffer_put_format(out, "\"details\":\"%s\",", entry->details);
	put_text_or_null("key", key, out);
	buffer_put_format(out, "\"kind\":\"%s\",\"number\":%llu,\"previous\":\"%s\",\"salt\":\"%s\",",
		entry->kind, (unsigned long long)entry->number, previous, salt);
	put_text_or_null("subject", entry->subject, out);
	buffer_put_format(out, "\"time\":\"%s\"}", time);
	return buffer_ok(out);
}

int audit_head_write(const struct audit_head *head, struct buffer *out)
{
	char hash[HEX_CHARS(SHA256_BYTES) + 1], signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];
	char time[TIME_SIZE];

	hex_encode(head->hash, sizeof(head->hash), hash);
	base64_encode(BASE64_PADDED, head->signature, sizeof(head->signature), signature);
	time_format(head->time, time);
	buffer_put_format(out, "{\"hash\":\"%s\",\"number\":%llu,\"signature\":\"%s\",\"time\":\"%s\"}", hash,
		(unsigned long long)head->number, signature, time);
	return buffer_ok(out);
}

/* null, or a name. */
static int take_name(const json_t *object, const char *member, char ret_name[NAME_SIZE])
{
	const char *text = NULL;
	size_t len = 0;

	ret_name[0] = '\0';
	if (json_is_null(json_object_get(object, member)))
		return 0;
	return member_text(object, member, &text, &len) == 0 ? name_of(text, len, ret_name) : -1;
}

static int take_key(const json_t *object, struct audit_entry *entry)
{
	entry->has_key = !json_is_null(json_object_get(object, "key"));
	return entry->has_key ? member_base64(object, "key", BASE64_URL, entry->key, sizeof(entry->key)) : 0;
}

static bool is_subject(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
	       character == '-';
}

/* null, or letters, digits and dashes; a lone dash is how the lines write null. */
static int take_subject(const json_t *object, struct audit_entry *entry)
{
	const char *text = NULL;
	size_t len = 0;

	if (json_is_null(json_object_get(object, "subject")))
		return 0;
	if (member_text(object, "subject", &text, &len) != 0 || len == 0 || len >= sizeof(entry->subject) ||
		strcmp(text, "-") == 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!is_subject(text[i]))
			return -1;
	}
	memcpy(entry->subject, text, len + 1);
	return 0;
}

static int take_details(const json_t *object, struct audit_entry *entry)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_text(object, "details", &text, &len) != 0 || len >= sizeof(entry->details))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return -1;
	}
	memcpy(entry->details, text, len + 1);
	return 0;
}

static int take_entry(const json_t *object, struct audit_entry *entry)
{
	static const char *const members[] = { "actor", "details", "key", "kind", "number", "previous",
		"salt", "subject", "time" };

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_number(object, "number", &entry->number) != 0 || entry->number == 0 ||
		member_hex(object, "previous", entry->previous, sizeof(entry->previous)) != 0 ||
		member_time(object, "time", &entry->time) != 0 ||
		take_name(object, "kind", entry->kind) != 0 || entry->kind[0] == '\0')
		return -1;
	if (take_name(object, "actor", entry->actor) != 0 || take_key(object, entry) != 0 ||
		take_subject(object, entry) != 0 || take_details(object, entry) != 0)
		return -1;
	return member_hex(object, "salt", entry->salt, sizeof(entry->salt));
}

static int take_head(const json_t *object, struct audit_head *head)
{
	static const char *const members[] = { "hash", "number", "signature", "time" };

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_number(object, "number", &head->number) != 0 ||
		member_hex(object, "hash", head->hash, sizeof(head->hash)) != 0 ||
		member_time(object, "time", &head->time) != 0)
		return -1;
	return member_base64(object, "signature", BASE64_PADDED, head->signature, sizeof(head->signature));
}

int audit_head_parse(const char *json, size_t len, struct audit_head *ret_head, struct fault *fault)
{
	struct audit_head head = { .number = 0 };
	json_t *object = NULL;
	int rc = 0;

	if (json_parse(json, len, AUDIT_ENTRY_MAX, &object, fault) != 0)
		return -1;
	if (take_head(object, &head) != 0)
		rc = fault_set(fault, MALFORMED);
	else
		*ret_head = head;
	json_decref(object);
	return rc;
}

int audit_restored_write(const struct audit_restored *restored, struct buffer *out)
{
	char keyid[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1], time[TIME_SIZE];
	char signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];

	base64_encode(BASE64_URL, restored->keyid, sizeof(restored->keyid), keyid);
	base64_encode(BASE64_PADDED, restored->signature, sizeof(restored->signature), signature);
	time_format(restored->time, time);
	buffer_put_format(out, "{\"keyid\":\"%s\",\"roster\":%llu,\"signature\":\"%s\",\"time\":\"%s\"}",
		keyid, (unsigned long long)restored->roster, signature, time);
	return buffer_ok(out);
}

static int take_restored(const json_t *object, struct audit_restored *restored)
{
	static const char *const members[] = { "keyid", "roster", "signature", "time" };

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_base64(object, "keyid", BASE64_URL, restored->keyid, sizeof(restored->keyid)) != 0 ||
		member_number(object, "roster", &restored->roster) != 0 || restored->roster == 0 ||
		member_time(object, "time", &restored->time) != 0)
		return -1;
	return member_base64(
		object, "signature", BASE64_PADDED, restored->signature, sizeof(restored->signature));
}

int audit_restored_parse(
	const char *json, size_t len, struct audit_restored *ret_restored, struct fault *fault)
{
	struct audit_restored restored = { .roster = 0 };
	json_t *object = NULL;
	int rc = 0;

	if (json_parse(json, len, AUDIT_ENTRY_MAX, &object, fault) != 0)
		return -1;
	if (take_restored(object, &restored) != 0)
		rc = fault_set(fault, "this is no statement of who restored a backup");
	else
		*ret_restored = restored;
	json_decref(object);
	return rc;
}

/* What both answers have beside their list. */
struct frame {
	bool more;
	struct audit_head head;
	bool has_restored;
	struct audit_restored restored;
};

/* list and beside are two more members; beside is NULL for none. */
static int take_frame(const json_t *object, const char *list, const char *beside, struct frame *frame)
{
	const char *const members[] = { list, "head", "more", "restored", beside };
	const json_t *more = json_object_get(object, "more"), *restored = json_object_get(object, "restored");

	if (members_are(object, members, COUNT_OF(members) - (beside == NULL ? 1 : 0)) != 0 ||
		!json_is_array(json_object_get(object, list)) || !json_is_boolean(more))
		return -1;
	frame->more = json_is_true(more);
	frame->has_restored = !json_is_null(restored);
	if (frame->has_restored && take_restored(restored, &frame->restored) != 0)
		return -1;
	return take_head(json_object_get(object, "head"), &frame->head);
}

static int take_entries(const json_t *list, struct audit_page *page)
{
	page->count = json_array_size(list);
	if (page->count > AUDIT_PAGE_ENTRIES)
		return -1;
	page->entries = calloc(page->count + 1, sizeof(*page->entries));
	if (page->entries == NULL)
		return -1;
	for (size_t i = 0; i < page->count; i++) {
		if (take_entry(json_array_get(list, i), &page->entries[i]) != 0)
			return -1;
	}
	return 0;
}

int audit_page_parse(const char *json, size_t len, struct audit_page **ret_page, struct fault *fault)
{
	struct audit_page *page = NULL;
	struct frame frame = { .more = false };
	json_t *object = NULL;
	int rc = -1;

	if (json_parse(json, len, AUDIT_PAGE_MAX, &object, fault) != 0)
		return -1;
	page = calloc(1, sizeof(*page));
	if (page == NULL || take_frame(object, "entries", NULL, &frame) != 0 ||
		take_entries(json_object_get(object, "entries"), page) != 0) {
		rc = fault_set(fault, MALFORMED);
		goto cleanup;
	}
	page->more = frame.more;
	page->head = frame.head;
	page->has_restored = frame.has_restored;
	page->restored = frame.restored;
	*ret_page = page;
	page = NULL;
	rc = 0;
cleanup:
	audit_page_free(page);
	json_decref(object);
	return rc;
}

void audit_page_free(struct audit_page *page)
{
	if (page == NULL)
		return;
	free(page->entries);
	free(page);
}

static int take_links(const json_t *list, struct audit_links *links)
{
	links->count = json_array_size(list);
	if (links->count > AUDIT_LINKS)
		return -1;
	for (size_t i = 0; i < links->count; i++) {
		const json_t *text = json_array_get(list, i);

		if (!json_is_string(text) || hex_decode(json_string_value(text), json_string_length(text),
						     links->digests[i], SHA256_BYTES) != 0)
			return -1;
	}
	return 0;
}

static int take_destroyed(const json_t *list, struct audit_links *links)
{
	uint8_t bytes[AUDIT_BLIND_BYTES];

	links->destroyed_count = json_array_size(list);
	if (!json_is_array(list) || links->destroyed_count > links->count)
		return -1;
	for (size_t i = 0; i < links->destroyed_count; i++) {
		const json_t *text = json_array_get(list, i);

		if (!json_is_string(text) || hex_decode(json_string_value(text), json_string_length(text),
						     bytes, sizeof(bytes)) != 0)
			return -1;
		memcpy(links->destroyed[i], json_string_value(text), AUDIT_BLIND_SIZE);
	}
	return 0;
}

int audit_links_parse(const char *json, size_t len, struct audit_links **ret_links, struct fault *fault)
{
	struct audit_links *links = NULL;
	struct frame frame = { .more = false };
	json_t *object = NULL;
	int rc = -1;

	if (json_parse(json, len, AUDIT_LINKS_MAX, &object, fault) != 0)
		return -1;
	links = calloc(1, sizeof(*links));
	if (links == NULL || take_frame(object, "links", "destroyed", &frame) != 0 ||
		take_links(json_object_get(object, "links"), links) != 0 ||
		take_destroyed(json_object_get(object, "destroyed"), links) != 0) {
		rc = fault_set(fault, MALFORMED);
		goto cleanup;
	}
	links->more = frame.more;
	links->head = frame.head;
	links->has_restored = frame.has_restored;
	links->restored = frame.restored;
	*ret_links = links;
	links = NULL;
	rc = 0;
cleanup:
	free(links);
	json_decref(object);
	return rc;
}
