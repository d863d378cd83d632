#include "history_seen.h"

#include "proto/cursor.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* As an item: `<count> <digest, hex>` and, where it is somebody's, ` <owner>`. */
#define ITEM_NAME_SIZE 80
#define ITEM_TEXT_SIZE (24 + SHA256_HEX_CHARS + NAME_SIZE)

static void item_name(const char *report, char ret_name[ITEM_NAME_SIZE])
{
	(void)snprintf(ret_name, ITEM_NAME_SIZE, "events-%s", report);
}

static int parse(const struct buffer *text, struct seen *ret_seen)
{
	struct reader reader = reader_of(text->data, text->len);
	struct seen seen = { 0 };
	const uint8_t *digest = NULL;

	if (reader_decimal(&reader, &seen.count) != 0 || reader_literal(&reader, " ") != 0 ||
		reader_view(&reader, SHA256_HEX_CHARS, &digest) != 0 ||
		hex_decode((const char *)digest, SHA256_HEX_CHARS, seen.digest, SHA256_BYTES) != 0)
		return -1;
	if (reader_end(&reader) != 0 &&
		(reader_literal(&reader, " ") != 0 ||
			name_of((const char *)reader.at, reader.left, seen.owner) != 0))
		return -1;
	*ret_seen = seen;
	return 0;
}

int seen_get(const struct items *items, const char *report, struct seen *ret_seen, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	char name[ITEM_NAME_SIZE];
	bool found = false;
	int rc = -1;

	*ret_seen = (struct seen){ 0 };
	item_name(report, name);
	if (items_get(items, name, &text, &found, failure) == 0)
		rc = !found || parse(&text, ret_seen) == 0
			     ? 0
			     : failure_set(failure, EX_CONFIG,
				       "a file of the home is damaged: remove %.20s... from it", name);
	buffer_free(&text);
	return rc;
}

int seen_put(const struct items *items, const char *report, const struct seen *seen, struct failure *failure)
{
	char name[ITEM_NAME_SIZE], text[ITEM_TEXT_SIZE], digest[SHA256_HEX_CHARS + 1];

	item_name(report, name);
	hex_encode(seen->digest, sizeof seen->digest, digest);
	(void)snprintf(text, sizeof text, "%" PRIu64 " %s%s%s", seen->count, digest,
		seen->owner[0] == '\0' ? "" : " ", seen->owner);
	return items_put(items, name, text, strlen(text), failure);
}
