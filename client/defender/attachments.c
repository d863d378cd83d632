#include "attachments.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXTENSION_MAX  8
#define NAME_MAX_BYTES 255           /* of the original name in report.json */
#define READ_BYTES     (1024 * 1024) /* big reads: evidence is long */

struct media {
	const char *extension, *type, *kind;
};

static const struct media media[] = {
	{ "jpg", "image/jpeg", "PHO" },
	{ "jpeg", "image/jpeg", "PHO" },
	{ "png", "image/png", "PHO" },
	{ "gif", "image/gif", "PHO" },
	{ "webp", "image/webp", "PHO" },
	{ "heic", "image/heic", "PHO" },
	{ "tif", "image/tiff", "PHO" },
	{ "tiff", "image/tiff", "PHO" },
	{ "mp4", "video/mp4", "VID" },
	{ "m4v", "video/mp4", "VID" },
	{ "mov", "video/quicktime", "VID" },
	{ "webm", "video/webm", "VID" },
	{ "mkv", "video/x-matroska", "VID" },
	{ "3gp", "video/3gpp", "VID" },
	{ "mp3", "audio/mpeg", "AUD" },
	{ "m4a", "audio/mp4", "AUD" },
	{ "ogg", "audio/ogg", "AUD" },
	{ "opus", "audio/opus", "AUD" },
	{ "wav", "audio/wav", "AUD" },
	{ "flac", "audio/flac", "AUD" },
	{ "pdf", "application/pdf", "DOC" },
	{ "txt", "text/plain", "DOC" },
	{ "odt", "application/vnd.oasis.opendocument.text", "DOC" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet", "DOC" },
	{ "odp", "application/vnd.oasis.opendocument.presentation", "DOC" },
	{ "odg", "application/vnd.oasis.opendocument.graphics", "DOC" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOC" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "DOC" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "DOC" },
	{ "eml", "message/rfc822", "MSG" },
	{ "html", "text/html", "DOC" },
};
static const struct media media_unknown = { "bin", "application/octet-stream", "OTH" };

/* Lower-case letters and digits of what follows the last dot; "" where that isn't all there is. */
static void extension_of(const char *name, char ret_extension[EXTENSION_MAX + 1])
{
	const char *dot = strrchr(name, '.');
	size_t len = dot == NULL || dot == name ? 0 : strlen(dot + 1);

	ret_extension[0] = '\0';
	if (len == 0 || len > EXTENSION_MAX)
		return;
	for (size_t at = 0; at < len; at++) {
		char one = dot[1 + at];

		if (one >= 'A' && one <= 'Z')
			one = (char)(one - 'A' + 'a');
		if (!(one >= 'a' && one <= 'z') && !(one >= '0' && one <= '9')) {
			ret_extension[0] = '\0';
			return;
		}
		ret_extension[at] = one;
	}
	ret_extension[len] = '\0';
}

static const struct media *media_of(const char *extension)
{
	for (size_t at = 0; at < COUNT_OF(media); at++)
		if (strcmp(media[at].extension, extension) == 0)
			return &media[at];
	return &media_unknown;
}

static int cannot_read(struct failure *failure)
{
	return failure_set(failure, EX_NOINPUT, "an attachment can't be read: %s", error_words(errno));
}

static int changed(struct failure *failure)
{
	return failure_set(
		failure, EX_DATAERR, "an attachment changed while it was read: copy it, then report again");
}

static int hash_file(
	struct attachment *attachment, char ret_hex[SHA256_HEX_CHARS + 1], struct failure *failure)
{
	struct sha256 *hash = sha256_new();
	uint8_t *bytes = sodium_malloc(READ_BYTES), digest[SHA256_BYTES];
	uint64_t total = 0;
	int rc = -1;

	if (hash == NULL || bytes == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	(void)posix_fadvise(attachment->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	for (;;) {
		ssize_t got = read(attachment->fd, bytes, READ_BYTES);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			rc = cannot_read(failure);
			goto cleanup;
		}
		if (got == 0)
			break;
		total += (uint64_t)got;
		if (sha256_update(hash, bytes, (size_t)got) != 0) {
			rc = failure_memory(failure);
			goto cleanup;
		}
	}
	if (total != attachment->size || lseek(attachment->fd, 0, SEEK_SET) != 0) {
		rc = changed(failure);
		goto cleanup;
	}
	if (sha256_final(hash, digest) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	hex_encode(digest, sizeof digest, ret_hex);
	rc = 0;
cleanup:
	sodium_free(bytes);
	sha256_free(hash);
	return rc;
}

static int open_file(struct attachment *attachment, const char *path, struct failure *failure)
{
	attachment->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (attachment->fd == -1 || fstat(attachment->fd, &attachment->before) != 0)
		return failure_set(
			failure, EX_NOINPUT, "an attachment can't be opened: %s", error_words(errno));
	if (!S_ISREG(attachment->before.st_mode))
		return failure_set(
			failure, EX_DATAERR, "an attachment isn't a file: attach files one by one");
	attachment->size = (uint64_t)attachment->before.st_size;
	return 0;
}

static int describe(const struct attachment *attachment, const char *original, const char *sha256,
	size_t number, json_t *report, struct failure *failure)
{
	char extension[EXTENSION_MAX + 1], id[16];
	const struct media *known;
	json_t *evidence = json_object_get(report, "evidence"), *entry;

	extension_of(original, extension);
	known = media_of(extension);
	(void)snprintf(id, sizeof id, "attached-%03zu", number);
	entry = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "ev_id", id, "kind", known->kind,
		"media_type", known->type, "size", (json_int_t)attachment->size, "sha256_original", sha256,
		"file", attachment->name, "meta", "KEPT");
	if (entry != NULL && strlen(original) <= NAME_MAX_BYTES && text_is_line(original, strlen(original)) &&
		json_object_set_new(entry, "name", json_string(original)) != 0) {
		json_decref(entry);
		entry = NULL;
	}
	if (entry == NULL)
		return failure_memory(failure);
	if (evidence == NULL && json_object_set_new(report, "evidence", json_array()) == 0)
		evidence = json_object_get(report, "evidence");
	if (!json_is_array(evidence)) {
		json_decref(entry);
		return failure_set(
			failure, EX_DATAERR, "the report's evidence must be a list: correct the file");
	}
	return json_array_append_new(evidence, entry) == 0 ? 0 : failure_memory(failure);
}

int attachment_add(struct attachments *attachments, const char *path, json_t *report, struct failure *failure)
{
	struct attachment *attachment = &attachments->list[attachments->count];
	const char *slash = strrchr(path, '/'), *original = slash == NULL ? path : slash + 1;
	char extension[EXTENSION_MAX + 1], sha256[SHA256_HEX_CHARS + 1];
	size_t number = attachments->originals + 1;

	if (attachments->originals == ATTACHMENTS_MAX)
		return failure_set(failure, EX_DATAERR,
			"a report takes at most %d attachments: send the others with a further report",
			ATTACHMENTS_MAX);
	if (open_file(attachment, path, failure) != 0) {
		if (attachment->fd != -1)
			(void)close(attachment->fd);
		return -1;
	}
	attachments->count++;
	attachments->originals++;
	extension_of(original, extension);
	(void)snprintf(attachment->name, sizeof attachment->name, "attachments/%03zu%s%s", number,
		extension[0] != '\0' ? "." : "", extension);
	if (hash_file(attachment, sha256, failure) != 0)
		return -1;
	return describe(attachment, original, sha256, number, report, failure);
}

static int describe_working(
	const struct attachment *copy, const char *sha256, const json_t *report, struct failure *failure)
{
	const json_t *evidence = json_object_get(report, "evidence");
	json_t *entry = json_array_get(evidence, json_array_size(evidence) - 1);

	if (json_object_set_new(entry, "working_file", json_string(copy->name)) != 0 ||
		json_object_set_new(entry, "sha256_working", json_string(sha256)) != 0 ||
		json_object_set_new(entry, "meta", json_string("STRIPPED")) != 0)
		return failure_memory(failure);
	return 0;
}

int attachment_add_working(struct attachments *attachments, const struct stripped_copy *copy, json_t *report,
	struct failure *failure)
{
	struct attachment *working = &attachments->list[attachments->count++];
	char sha256[SHA256_HEX_CHARS + 1];

	*working = (struct attachment){ .fd = copy->fd, .size = copy->size };
	(void)snprintf(working->name, sizeof working->name, "attachments/%03zu-working.%s",
		attachments->originals, copy->extension);
	if (fstat(working->fd, &working->before) != 0)
		return cannot_read(failure);
	if (hash_file(working, sha256, failure) != 0)
		return -1;
	return describe_working(working, sha256, report, failure);
}

uint64_t attachments_size(const struct attachments *attachments)
{
	uint64_t size = 0;

	for (size_t at = 0; at < attachments->count; at++)
		size += attachments->list[at].size;
	return size;
}

void attachment_drop(struct attachments *attachments, json_t *report)
{
	json_t *evidence = json_object_get(report, "evidence");

	attachments->count--;
	attachments->originals--;
	(void)close(attachments->list[attachments->count].fd);
	(void)json_array_remove(evidence, json_array_size(evidence) - 1);
	if (json_array_size(evidence) == 0)
		(void)json_object_del(report, "evidence");
}

int attachment_read(const struct attachment *attachment, uint8_t *bytes, size_t size, size_t *ret_len,
	struct failure *failure)
{
	ssize_t got;

	do
		got = read(attachment->fd, bytes, size);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return cannot_read(failure);
	*ret_len = (size_t)got;
	return 0;
}

int attachment_unchanged(const struct attachment *attachment, struct failure *failure)
{
	struct stat now;

	if (fstat(attachment->fd, &now) != 0)
		return cannot_read(failure);
	if (now.st_size != attachment->before.st_size ||
		now.st_mtim.tv_sec != attachment->before.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != attachment->before.st_mtim.tv_nsec ||
		now.st_ctim.tv_sec != attachment->before.st_ctim.tv_sec ||
		now.st_ctim.tv_nsec != attachment->before.st_ctim.tv_nsec)
		return changed(failure);
	return 0;
}

void attachments_free(struct attachments *attachments)
{
	for (size_t at = 0; at < attachments->count; at++)
		(void)close(attachments->list[at].fd);
	attachments->count = 0;
}
