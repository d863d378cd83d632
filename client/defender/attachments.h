/* Files that go along as evidence: named and hashed before sealing, read again while it goes on. */
#ifndef DEFENDER_ATTACHMENTS_H
#define DEFENDER_ATTACHMENTS_H

#include "client/failure.h"
#include "stripper.h"

#include <jansson.h>
#include <sys/stat.h>

#define ATTACHMENTS_MAX      16 /* as many as a report's evidence list holds */
#define ATTACHMENT_NAME_SIZE 40

/* Of all files together, so that a copy goes along. A server takes 64 MiB unless its operator chose
 * otherwise, and can never take what is larger: no copy is worth a report. */
#define ATTACHMENTS_WITH_COPIES_MAX (60 * 1024 * 1024)

struct attachment {
	int fd;
	char name[ATTACHMENT_NAME_SIZE]; /* attachments/001.jpg */
	uint64_t size;
	struct stat before; /* as it was when it was hashed */
};

struct attachments {
	struct attachment list[2 * ATTACHMENTS_MAX]; /* originals, each with its working copy behind it */
	size_t count;
	size_t originals;
};

/* Opens the file, hashes it, and appends its entry to the report's evidence. 66 where it can't be read, 65
 * for what isn't a file. */
MUST_USE int attachment_add(
	struct attachments *attachments, const char *path, json_t *report, struct failure *failure);

/* Puts a copy without metadata beside the original that was added last: attachments/001-working.jpg, and the
 * same in the report's evidence. Takes the copy, whatever happens. */
MUST_USE int attachment_add_working(struct attachments *attachments, const struct stripped_copy *copy,
	json_t *report, struct failure *failure);

/* How long all of them are. */
uint64_t attachments_size(const struct attachments *attachments);

/* Takes the original that was added last out again. */
void attachment_drop(struct attachments *attachments, json_t *report);

/* The file's next bytes, for sealing; 65 where it is shorter than it was. */
MUST_USE int attachment_read(const struct attachment *attachment, uint8_t *bytes, size_t size,
	size_t *ret_len, struct failure *failure);

/* 65 where the file changed since it was hashed: what was sealed isn't what the report says. */
MUST_USE int attachment_unchanged(const struct attachment *attachment, struct failure *failure);

void attachments_free(struct attachments *attachments);

#endif
