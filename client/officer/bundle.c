#include "bundle.h"

#include "proto/archive.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUMS_MAX    (4 * 1024 * 1024) /* some 30,000 files */
#define PIECE_BYTES (64 * 1024)
#define SUMS_NAME   "SHA256SUMS"
#define OPENED      "opened/"
#define NAME_ROOM   (ARCHIVE_NAME_SIZE + sizeof OPENED)

struct bundle {
	int file;
	bool is_kept;
	char *path;
	char folder[ARCHIVE_FOLDER_MAX + 1];
	struct buffer sums;
	struct sha256 *whole; /* of the tar file */
	/* the file being written */
	struct sha256 *hash;
	char name[NAME_ROOM];
	uint64_t size, left;
};

int bundle_new(const char *path, const char *folder, struct bundle **ret_bundle, struct failure *failure)
{
	struct bundle *bundle = calloc(1, sizeof *bundle);

	if (bundle == NULL)
		return failure_memory(failure);
	bundle->file = -1;
	bundle->sums = buffer_of(SUMS_MAX);
	bundle->whole = sha256_new();
	(void)snprintf(bundle->folder, sizeof bundle->folder, "%s", folder);
	if (bundle->whole == NULL) {
		bundle_free(bundle);
		return failure_memory(failure);
	}
	bundle->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (bundle->file < 0) {
		int error = errno;

		bundle_free(bundle);
		return failure_set(failure, EX_CANTCREAT, "%s",
			error == EEXIST ? "the file is there already: give another name"
					: "the file can't be made: give another name");
	}
	bundle->path = strdup(path);
	if (bundle->path == NULL) {
		(void)unlink(path);
		bundle_free(bundle);
		return failure_memory(failure);
	}
	*ret_bundle = bundle;
	return 0;
}

void bundle_free(struct bundle *bundle)
{
	if (bundle == NULL)
		return;
	if (bundle->file >= 0)
		(void)close(bundle->file);
	if (bundle->path != NULL && !bundle->is_kept)
		(void)unlink(bundle->path);
	sha256_free(bundle->hash);
	sha256_free(bundle->whole);
	buffer_free(&bundle->sums);
	free(bundle->path);
	free(bundle);
}

static int write_out(struct bundle *bundle, const void *data, size_t len, struct failure *failure)
{
	const uint8_t *at = data;

	if (len > 0 && sha256_update(bundle->whole, data, len) != 0)
		return failure_memory(failure);
	while (len > 0) {
		ssize_t written = write(bundle->file, at, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return failure_set(
				failure, EX_CANTCREAT, "the file can't be written: look at the disk");
		at += written;
		len -= (size_t)written;
	}
	return 0;
}

/* What was opened goes into a folder of the archive's own field for folders: names in reports may be long. */
static int put_header(struct bundle *bundle, struct failure *failure)
{
	bool is_opened = strncmp(bundle->name, OPENED, strlen(OPENED)) == 0;
	const char *name = bundle->name + (is_opened ? strlen(OPENED) : 0);
	uint8_t block[ARCHIVE_BLOCK];
	char folder[ARCHIVE_FOLDER_MAX + 1];
	int len = snprintf(folder, sizeof folder, "%s%s", bundle->folder, is_opened ? "/opened" : "");

	if (len < 0 || (size_t)len >= sizeof folder ||
		archive_header_below(folder, name, bundle->size, block) != 0)
		return failure_set(failure, EX_DATAERR, "a name is too long for a tar file: leave it out");
	return write_out(bundle, block, sizeof block, failure);
}

int bundle_begin(struct bundle *bundle, const char *name, uint64_t size, struct failure *failure)
{
	if (strlen(name) >= sizeof bundle->name)
		return failure_set(failure, EX_DATAERR, "a name is too long for a tar file: leave it out");
	memcpy(bundle->name, name, strlen(name) + 1);
	bundle->size = size;
	bundle->left = size;
	sha256_free(bundle->hash);
	bundle->hash = sha256_new();
	if (bundle->hash == NULL)
		return failure_memory(failure);
	return put_header(bundle, failure);
}

int bundle_more(struct bundle *bundle, const void *data, size_t len, struct failure *failure)
{
	if (len > bundle->left || (len > 0 && sha256_update(bundle->hash, data, len) != 0))
		return failure_set(failure, EX_SOFTWARE, "a file grew while it was written: try again");
	bundle->left -= len;
	return write_out(bundle, data, len, failure);
}

int bundle_end(struct bundle *bundle, struct failure *failure)
{
	static const uint8_t zeros[ARCHIVE_BLOCK];
	char hex[SHA256_HEX_CHARS + 1];
	uint8_t digest[SHA256_BYTES];

	if (bundle->left > 0 || sha256_final(bundle->hash, digest) != 0)
		return failure_set(failure, EX_SOFTWARE, "a file shrank while it was written: try again");
	hex_encode(digest, sizeof digest, hex);
	buffer_put_format(&bundle->sums, "%s  %s\n", hex, bundle->name);
	return write_out(bundle, zeros, archive_padding(bundle->size), failure);
}

int bundle_put(struct bundle *bundle, const char *name, const void *data, size_t len, struct failure *failure)
{
	if (bundle_begin(bundle, name, len, failure) != 0 || bundle_more(bundle, data, len, failure) != 0)
		return -1;
	return bundle_end(bundle, failure);
}

int bundle_put_text(struct bundle *bundle, const char *name, const char *text, struct failure *failure)
{
	return bundle_put(bundle, name, text, strlen(text), failure);
}

int bundle_put_file(struct bundle *bundle, const char *name, int file, uint64_t size, struct failure *failure)
{
	uint8_t *piece = malloc(PIECE_BYTES);
	uint64_t at = 0;
	int rc = piece == NULL ? failure_memory(failure) : bundle_begin(bundle, name, size, failure);

	while (rc == 0 && at < size) {
		size_t wish = size - at < PIECE_BYTES ? (size_t)(size - at) : PIECE_BYTES;
		ssize_t got = pread(file, piece, wish, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			rc = failure_set(
				failure, EX_CANTCREAT, "the report can't be read: look at the home's disk");
		else
			rc = bundle_more(bundle, piece, (size_t)got, failure);
		at += got > 0 ? (uint64_t)got : 0;
	}
	free(piece);
	return rc == 0 ? bundle_end(bundle, failure) : -1;
}

int bundle_finish(struct bundle *bundle, uint8_t ret_digest[SHA256_BYTES], struct failure *failure)
{
	static const uint8_t end[2 * ARCHIVE_BLOCK];
	struct buffer sums = bundle->sums; /* it doesn't list itself */
	int rc = -1;

	bundle->sums = buffer_of(SUMS_MAX);
	if (buffer_ok(&sums) != 0 || buffer_ok(&bundle->sums) != 0)
		rc = failure_memory(failure);
	else if (bundle_put(bundle, SUMS_NAME, sums.data, sums.len, failure) == 0 &&
		 write_out(bundle, end, sizeof end, failure) == 0)
		rc = 0;
	buffer_free(&sums);
	if (rc != 0)
		return -1;
	if (fsync(bundle->file) != 0)
		return failure_set(failure, EX_CANTCREAT, "the file can't be written: look at the disk");
	if (sha256_final(bundle->whole, ret_digest) != 0)
		return failure_memory(failure);
	return 0;
}

void bundle_keep(struct bundle *bundle)
{
	bundle->is_kept = true;
}

void put_public_key_pem(const uint8_t key[ED25519_PUBLIC_BYTES], struct buffer *out)
{
	/* SubjectPublicKeyInfo of RFC 8410. */
	uint8_t info[12 + ED25519_PUBLIC_BYTES] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
		0x03, 0x21, 0x00 };
	char text[BASE64_CHARS(sizeof info) + 1];

	memcpy(info + 12, key, ED25519_PUBLIC_BYTES);
	base64_encode(BASE64_PADDED, info, sizeof info, text);
	buffer_put_format(out, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", text);
}
