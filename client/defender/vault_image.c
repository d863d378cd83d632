#include "vault_image.h"

#include "proto/cursor.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_BYTES  4
#define RECORD_BYTES 6 /* length of the name (2) and of the bytes (4) */
#define RECORDS_MAX  4096

void record_free(struct record *record)
{
	sodium_free(record->bytes);
	*record = (struct record){ 0 };
}

void image_free(struct image *image)
{
	for (size_t at = 0; at < image->count; at++)
		record_free(&image->records[at]);
	free(image->records);
	*image = (struct image){ 0 };
}

static size_t place_of(const struct image *image, const char *name)
{
	size_t at = 0;

	while (at < image->count && strcmp(image->records[at].name, name) != 0)
		at++;
	return at;
}

const struct record *image_find(const struct image *image, const char *name)
{
	size_t at = place_of(image, name);

	return at < image->count ? &image->records[at] : NULL;
}

static size_t size_of(const struct record *record)
{
	return RECORD_BYTES + strlen(record->name) + record->len;
}

size_t image_left(const struct image *image)
{
	size_t used = COUNT_BYTES + image->bytes + RECORD_BYTES + VAULT_NAME_MAX;

	return used < CONTAINER_IMAGE_BYTES ? CONTAINER_IMAGE_BYTES - used : 0;
}

static int record_of(
	const char *name, const void *bytes, size_t len, struct record *ret_record, struct failure *failure)
{
	size_t name_len = strlen(name);

	*ret_record = (struct record){ .len = len };
	if (name_len >= sizeof ret_record->name)
		return failure_set(failure, EX_SOFTWARE, "a name in the home is too long");
	memcpy(ret_record->name, name, name_len + 1);
	if (len == 0)
		return 0;
	ret_record->bytes = sodium_malloc(len);
	if (ret_record->bytes == NULL)
		return failure_memory(failure);
	memcpy(ret_record->bytes, bytes, len);
	return 0;
}

static int make_room(struct image *image, struct failure *failure)
{
	size_t room = image->room * 2 + 16;
	struct record *grown;

	if (image->count < image->room)
		return 0;
	grown = room > RECORDS_MAX ? NULL : reallocarray(image->records, room, sizeof *grown);
	if (grown == NULL)
		return failure_memory(failure);
	image->records = grown;
	image->room = room;
	return 0;
}

int image_put(struct image *image, const char *name, const void *bytes, size_t len, struct record *ret_before,
	struct failure *failure)
{
	size_t at = place_of(image, name), freed = at < image->count ? image->records[at].len : 0;
	struct record record;

	if (len > freed && len - freed > image_left(image))
		return failure_set(failure, EX_CANTCREAT,
			"the home is full: send what is queued, or join again in a new folder");
	if (make_room(image, failure) != 0 || record_of(name, bytes, len, &record, failure) != 0)
		return -1;
	*ret_before = (struct record){ 0 };
	if (at < image->count) {
		*ret_before = image->records[at];
		image->bytes -= size_of(ret_before);
	} else {
		image->count++;
	}
	image->records[at] = record;
	image->bytes += size_of(&record);
	return 0;
}

void image_take(struct image *image, const char *name, struct record *ret_before)
{
	size_t at = place_of(image, name);

	*ret_before = (struct record){ 0 };
	if (at == image->count)
		return;
	*ret_before = image->records[at];
	image->bytes -= size_of(ret_before);
	image->records[at] = image->records[--image->count];
}

void image_restore(struct image *image, const char *name, struct record *before)
{
	size_t at = place_of(image, name);
	struct record now = { 0 };

	if (before->name[0] == '\0') {
		image_take(image, name, &now);
	} else if (at < image->count) {
		now = image->records[at];
		image->bytes += size_of(before) - size_of(&now);
		image->records[at] = *before;
	} else {
		/* A take has left room for it. */
		image->records[image->count++] = *before;
		image->bytes += size_of(before);
	}
	record_free(&now);
	*before = (struct record){ 0 };
}

static void put_number(uint8_t **at, size_t number, size_t bytes)
{
	for (size_t byte = bytes; byte > 0; byte--, number >>= 8)
		(*at)[byte - 1] = (uint8_t)number;
	*at += bytes;
}

static void put_bytes(uint8_t **at, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(*at, bytes, len);
	*at += len;
}

void image_write(const struct image *image, uint8_t *ret_bytes)
{
	uint8_t *at = ret_bytes;

	put_number(&at, image->count, COUNT_BYTES);
	for (size_t each = 0; each < image->count; each++) {
		const struct record *record = &image->records[each];

		put_number(&at, strlen(record->name), 2);
		put_bytes(&at, record->name, strlen(record->name));
		put_number(&at, record->len, 4);
		put_bytes(&at, record->bytes, record->len);
	}
	memset(at, 0, CONTAINER_IMAGE_BYTES - (size_t)(at - ret_bytes));
}

static int read_record(struct reader *reader, struct image *image, struct failure *failure)
{
	char name[VAULT_NAME_MAX] = "";
	struct record before;
	uint16_t name_len;
	uint32_t len;
	const uint8_t *bytes;

	if (reader_u16(reader, &name_len) != 0 || name_len >= sizeof name ||
		reader_fixed(reader, name, name_len) != 0 || reader_u32(reader, &len) != 0 ||
		reader_view(reader, len, &bytes) != 0)
		return failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	if (image_put(image, name, bytes, len, &before, failure) != 0)
		return -1;
	record_free(&before);
	return 0;
}

int image_read(const uint8_t *bytes, struct image *ret_image, struct failure *failure)
{
	struct reader reader = reader_of(bytes, CONTAINER_IMAGE_BYTES);
	struct image image = { 0 };
	uint32_t count;
	int rc = 0;

	if (reader_u32(&reader, &count) != 0 || count > RECORDS_MAX)
		rc = failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	for (uint32_t at = 0; rc == 0 && at < count; at++)
		rc = read_record(&reader, &image, failure);
	if (rc == 0)
		*ret_image = image;
	else
		image_free(&image);
	return rc;
}
