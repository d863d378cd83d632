#include "backup_file.h"

#include "proto/age_header.h"
#include "proto/age_stream.h"
#include "proto/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct backup_writer {
	char path[PATH_MAX];
	int fd;
	bool finished;
	struct age_stream *stream;
	uint64_t written;
	uint64_t entry_left;
	uint64_t entry_size;
	size_t len; /* in chunk */
	uint8_t chunk[AGE_CHUNK_BYTES];
};

static int disk_failure(struct failure *failure)
{
	return failure_set(failure, EX_CANTCREAT, "the backup can't be written: %s", error_words(errno));
}

static int write_all(struct backup_writer *writer, const uint8_t *data, size_t len, struct failure *failure)
{
	while (len > 0) {
		ssize_t put = write(writer->fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return disk_failure(failure);
		data += put;
		len -= (size_t)put;
		writer->written += (uint64_t)put;
	}
	return 0;
}

/* --- writing */

static int seal_chunk(struct backup_writer *writer, bool last, struct failure *failure)
{
	uint8_t sealed[AGE_SEALED_CHUNK_BYTES];

	if (age_stream_seal(writer->stream, writer->chunk, writer->len, last, sealed) != 0)
		return failure_set(failure, EX_SOFTWARE, "the backup can't be sealed: report it");
	if (write_all(writer, sealed, writer->len + AGE_TAG_BYTES, failure) != 0)
		return -1;
	writer->len = 0;
	return 0;
}

/* A full chunk waits until it is known whether it is the last one. */
static int put_plain(struct backup_writer *writer, const uint8_t *data, size_t len, struct failure *failure)
{
	while (len > 0) {
		size_t room = sizeof writer->chunk - writer->len, take = len < room ? len : room;

		if (room == 0) {
			if (seal_chunk(writer, false, failure) != 0)
				return -1;
			continue;
		}
		memcpy(writer->chunk + writer->len, data, take);
		writer->len += take;
		data += take;
		len -= take;
	}
	return 0;
}

static int put_header(
	const struct roster *roster, const uint8_t file_key[AGE_FILE_KEY_BYTES], struct buffer *out)
{
	age_header_begin(out);
	for (size_t i = 0; i < roster->admin_count; i++) {
		if (age_header_put_x25519(out, roster->admins[i].recipient, file_key) != 0)
			return -1;
	}
	return age_header_end(out, file_key);
}

static int begin_file(struct backup_writer *writer, const struct roster *roster, struct failure *failure)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES), nonce[AGE_NONCE_BYTES];
	struct buffer header = buffer_of(AGE_HEADER_MAX);
	int rc = -1;

	if (file_key == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	randombytes_buf(file_key, AGE_FILE_KEY_BYTES);
	randombytes_buf(nonce, sizeof nonce);
	writer->stream = age_stream_new(file_key, nonce);
	if (writer->stream == NULL || put_header(roster, file_key, &header) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	buffer_put(&header, nonce, sizeof nonce);
	rc = buffer_ok(&header) == 0 ? write_all(writer, header.data, header.len, failure)
				     : failure_memory(failure);
cleanup:
	sodium_free(file_key);
	buffer_free(&header);
	return rc;
}

int backup_create(const char *path, const struct roster *roster, struct backup_writer **ret_writer,
	struct failure *failure)
{
	struct backup_writer *writer = calloc(1, sizeof *writer);

	if (writer == NULL)
		return failure_memory(failure);
	writer->fd = -1;
	if (strlen(path) >= sizeof writer->path) {
		backup_writer_free(writer);
		return failure_set(failure, EX_CANTCREAT, "the file's path is too long: give another one");
	}
	memcpy(writer->path, path, strlen(path) + 1);
	writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (writer->fd == -1) {
		int error = errno;

		backup_writer_free(writer);
		return failure_set(failure, EX_CANTCREAT, "the backup can't be made (%s): %s",
			error_words(error),
			error == EEXIST ? "nothing is overwritten, give another name" : "look at its folder");
	}
	if (begin_file(writer, roster, failure) != 0) {
		backup_writer_free(writer);
		return -1;
	}
	*ret_writer = writer;
	return 0;
}

static int put_padding(struct backup_writer *writer, struct failure *failure)
{
	static const uint8_t zeros[ARCHIVE_BLOCK];

	return put_plain(writer, zeros, archive_padding(writer->entry_size), failure);
}

int backup_put_entry(struct backup_writer *writer, const char *name, uint64_t size, struct failure *failure)
{
	uint8_t block[ARCHIVE_BLOCK];

	if (writer->entry_left != 0 || !backup_name_is_safe(name, strlen(name)) ||
		archive_header_below("", name, size, block) != 0)
		return failure_set(failure, EX_SOFTWARE, "the backup can't hold this: report it");
	writer->entry_left = writer->entry_size = size;
	return put_plain(writer, block, sizeof block, failure);
}

int backup_put(struct backup_writer *writer, const void *data, size_t len, struct failure *failure)
{
	if (len > writer->entry_left)
		return failure_set(
			failure, EX_PROTOCOL, "the daemon sends more than it said: look at its log");
	writer->entry_left -= len;
	if (put_plain(writer, data, len, failure) != 0)
		return -1;
	return writer->entry_left == 0 && len > 0 ? put_padding(writer, failure) : 0;
}

int backup_put_whole(
	struct backup_writer *writer, const char *name, const void *data, size_t len, struct failure *failure)
{
	return backup_put_entry(writer, name, len, failure) == 0 ? backup_put(writer, data, len, failure)
								 : -1;
}

/* The name is durable too. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int folder, rc;

	memcpy(copy, path, strlen(path) + 1);
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder == -1)
		return -1;
	rc = fsync(folder);
	(void)close(folder);
	return rc;
}

int backup_finish(struct backup_writer *writer, struct failure *failure)
{
	static const uint8_t end[2 * ARCHIVE_BLOCK];

	if (writer->entry_left != 0)
		return failure_set(
			failure, EX_PROTOCOL, "the daemon sends less than it said: look at its log");
	if (put_plain(writer, end, sizeof end, failure) != 0 || seal_chunk(writer, true, failure) != 0)
		return -1;
	if (fsync(writer->fd) != 0 || sync_folder(writer->path) != 0)
		return disk_failure(failure);
	writer->finished = true;
	return 0;
}

uint64_t backup_length(const struct backup_writer *writer)
{
	return writer->written;
}

void backup_writer_free(struct backup_writer *writer)
{
	if (writer == NULL)
		return;
	age_stream_free(writer->stream);
	if (writer->fd != -1) {
		(void)close(writer->fd);
		if (!writer->finished)
			(void)unlink(writer->path);
	}
	sodium_memzero(writer->chunk, sizeof writer->chunk);
	free(writer);
}

/* --- reading */

/* The file from behind its header on, one sealed chunk ahead of what is opened. */
struct source {
	FILE *file;
	uint8_t ahead[AGE_SEALED_CHUNK_BYTES + 1];
	size_t len;
};

static int damaged(struct failure *failure)
{
	return failure_set(failure, EX_DATAERR, "the backup is cut or damaged: take another copy of it");
}

/* ret_file_key is sodium_malloc memory. */
static int open_header(
	FILE *file, const struct age_identity *identity, uint8_t *ret_file_key, struct failure *failure)
{
	uint8_t *bytes = malloc(AGE_HEADER_MAX);
	size_t len = bytes == NULL ? 0 : fread(bytes, 1, AGE_HEADER_MAX, file);
	struct age_header *header = NULL;
	struct fault fault;
	bool is_short;
	int rc = -1;

	if (bytes == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (age_header_parse(bytes, len, &header, &is_short, &fault) != 0) {
		rc = failure_set(failure, EX_DATAERR, "this is no backup: give a file that `backup' wrote");
		goto cleanup;
	}
	if (age_header_unwrap(header, identity, ret_file_key, &fault) != 0) {
		rc = failure_set(failure, EX_NOPERM,
			"the backup isn't sealed to you: it takes an admin of the roster that it was made "
			"under");
		goto cleanup;
	}
	rc = fseek(file, (long)header->len, SEEK_SET) == 0 ? 0 : damaged(failure);
cleanup:
	age_header_free(header);
	free(bytes);
	return rc;
}

/* *ret_last where nothing follows it. */
static int next_chunk(struct source *source, uint8_t *ret_chunk, size_t *ret_len, bool *ret_last)
{
	source->len +=
		fread(source->ahead + source->len, 1, sizeof source->ahead - source->len, source->file);
	if (ferror(source->file))
		return -1;
	*ret_last = source->len <= AGE_SEALED_CHUNK_BYTES;
	*ret_len = *ret_last ? source->len : AGE_SEALED_CHUNK_BYTES;
	if (*ret_len < AGE_TAG_BYTES)
		return -1;
	memcpy(ret_chunk, source->ahead, *ret_len);
	source->len -= *ret_len;
	source->ahead[0] = source->ahead[*ret_len < sizeof source->ahead ? *ret_len : 0];
	return 0;
}

static int open_chunks(struct source *source, const uint8_t *file_key, struct archive_reader *archive,
	struct failure *failure)
{
	uint8_t nonce[AGE_NONCE_BYTES], sealed[AGE_SEALED_CHUNK_BYTES], plain[AGE_CHUNK_BYTES];
	struct age_stream *stream = NULL;
	struct fault fault;
	bool last = false;
	size_t len;
	int rc = -1;

	if (fread(nonce, 1, sizeof nonce, source->file) != sizeof nonce)
		return damaged(failure);
	stream = age_stream_new(file_key, nonce);
	if (stream == NULL)
		return failure_memory(failure);
	while (!last) {
		if (next_chunk(source, sealed, &len, &last) != 0 ||
			age_stream_open(stream, sealed, len, last, plain) != 0) {
			rc = damaged(failure);
			goto cleanup;
		}
		if (archive_feed(archive, plain, len - AGE_TAG_BYTES, &fault) != 0) {
			rc = failure_of(failure, EX_DATAERR, &fault);
			goto cleanup;
		}
	}
	rc = archive_finish(archive, &fault) == 0 ? 0 : failure_of(failure, EX_DATAERR, &fault);
cleanup:
	sodium_memzero(plain, sizeof plain);
	age_stream_free(stream);
	return rc;
}

int backup_read(const char *path, const struct age_identity *identity, const struct archive_handler *handler,
	struct failure *failure)
{
	struct source source = { .file = fopen(path, "rbe") };
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct archive_reader *archive = archive_reader_of(handler, BACKUP_FIRST, backup_name_is_safe);
	int rc = -1;

	if (source.file == NULL)
		rc = failure_set(failure, EX_NOINPUT, "the backup can't be read: %s", error_words(errno));
	else if (file_key == NULL || archive == NULL)
		rc = failure_memory(failure);
	else if (open_header(source.file, identity, file_key, failure) == 0)
		rc = open_chunks(&source, file_key, archive, failure);
	if (source.file != NULL)
		(void)fclose(source.file);
	sodium_free(file_key);
	archive_reader_free(archive);
	return rc;
}
