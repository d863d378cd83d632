#include "vault_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct vault_reader {
	struct disk_reader *disk;
	/* A short payload, whole; NULL where it has a file. */
	uint8_t *inside;
	size_t inside_len, inside_at;
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t chunk[CHUNK_BYTES];
	size_t at, len;
	bool at_end;
	uint8_t sealed[SEALED_CHUNK_BYTES];
};

static int damaged(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR, "a queued report is damaged on this device: report again");
}

static int open_file(
	struct vault_reader *reader, const struct vault *vault, const char *name, struct failure *failure)
{
	uint8_t header[STREAM_HEADER];
	char file[FILE_NAME_SIZE];
	size_t len;

	vault_file_name(vault, name, file);
	if (disk_reader_new(vault->home, file, &reader->disk, failure) != 0 ||
		disk_reader_take(reader->disk, header, sizeof header, &len, failure) != 0)
		return -1;
	if (len != sizeof header || crypto_secretstream_xchacha20poly1305_init_pull(
					    &reader->state, header, vault->keys->payloads) != 0)
		return damaged(failure);
	return 0;
}

/* A copy: the record may go while it is read. */
static int open_record(struct vault_reader *reader, const struct record *record, struct failure *failure)
{
	reader->inside = sodium_malloc(record->len + 1);
	if (reader->inside == NULL)
		return failure_memory(failure);
	if (record->len > 0)
		memcpy(reader->inside, record->bytes, record->len);
	reader->inside_len = record->len;
	return 0;
}

int vault_reader_new(
	struct vault *vault, const char *name, struct vault_reader **ret_reader, struct failure *failure)
{
	const struct record *record = image_find(&vault->image, name);
	struct vault_reader *reader = sodium_malloc(sizeof *reader);
	int rc;

	if (reader == NULL)
		return failure_memory(failure);
	reader->disk = NULL;
	reader->inside = NULL;
	reader->inside_len = reader->inside_at = 0;
	reader->at = reader->len = 0;
	reader->at_end = false;
	rc = record != NULL ? open_record(reader, record, failure) : open_file(reader, vault, name, failure);
	if (rc == 0)
		*ret_reader = reader;
	else
		vault_reader_free(reader);
	return rc;
}

static int read_chunk(struct vault_reader *reader, struct failure *failure)
{
	size_t sealed_len;
	unsigned long long len;
	uint8_t tag;

	if (reader->inside != NULL) {
		reader->len = reader->inside_len - reader->inside_at;
		if (reader->len > sizeof reader->chunk)
			reader->len = sizeof reader->chunk;
		memcpy(reader->chunk, reader->inside + reader->inside_at, reader->len);
		reader->inside_at += reader->len;
		reader->at = 0;
		reader->at_end = reader->inside_at == reader->inside_len;
		return 0;
	}
	if (disk_reader_take(reader->disk, reader->sealed, SEALED_CHUNK_BYTES, &sealed_len, failure) != 0)
		return -1;
	if (sealed_len != SEALED_CHUNK_BYTES ||
		crypto_secretstream_xchacha20poly1305_pull(
			&reader->state, reader->chunk, &len, &tag, reader->sealed, sealed_len, NULL, 0) != 0)
		return damaged(failure);
	reader->at = 0;
	reader->len = 0;
	for (size_t at = CHUNK_BYTES - CHUNK_ROOM; at > 0; at--)
		reader->len = reader->len << 8 | reader->chunk[CHUNK_ROOM + at - 1];
	if (reader->len > CHUNK_ROOM)
		return damaged(failure);
	reader->at_end = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	return 0;
}

int vault_reader_take(
	struct vault_reader *reader, uint8_t *bytes, size_t size, size_t *ret_len, struct failure *failure)
{
	size_t taken = 0;

	while (taken < size) {
		size_t left = reader->len - reader->at, some = left < size - taken ? left : size - taken;

		if (left == 0) {
			if (reader->at_end)
				break;
			if (read_chunk(reader, failure) != 0)
				return -1;
			continue;
		}
		memcpy(bytes + taken, reader->chunk + reader->at, some);
		reader->at += some;
		taken += some;
	}
	*ret_len = taken;
	return 0;
}

int vault_reader_skip(struct vault_reader *reader, uint64_t len, struct failure *failure)
{
	while (len > 0) {
		size_t left = reader->len - reader->at, some = len < left ? (size_t)len : left;

		if (left == 0) {
			if (reader->at_end)
				return damaged(failure);
			if (read_chunk(reader, failure) != 0)
				return -1;
			continue;
		}
		reader->at += some;
		len -= some;
	}
	return 0;
}

void vault_reader_free(struct vault_reader *reader)
{
	if (reader == NULL)
		return;
	disk_reader_free(reader->disk);
	sodium_free(reader->inside);
	sodium_free(reader);
}
