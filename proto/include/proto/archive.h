/* What is inside a sealed report: a plain POSIX ustar archive, `report.json` first, then `attachments/…`.
 *
 * Writing is a matter of 512-byte blocks that the caller streams. Reading is a push parser that takes any
 * number of bytes at a time and believes nothing: regular files (and the folder `attachments/`, which stock
 * tar adds), safe names that occur once, sizes that end where they say, and nothing but zeros behind the end.
 */
#ifndef PROTO_ARCHIVE_H
#define PROTO_ARCHIVE_H

#include "proto/base.h"

#define ARCHIVE_BLOCK     512
#define ARCHIVE_NAME_MAX  99 /* a ustar name without prefix */
#define ARCHIVE_NAME_SIZE (ARCHIVE_NAME_MAX + 1)
#define ARCHIVE_ENTRIES_MAX                                                                                  \
	65 /* the report, and original and working copy of each piece of evidence twice over */
#define ARCHIVE_SIZE_MAX UINT64_C(077777777777) /* eleven octal digits */
#define ARCHIVE_REPORT   "report.json"
#define ARCHIVE_FOLDER   "attachments/"

/* True for `report.json`, and for `attachments/` with a name of letters, digits, `-`, `_` and `.` that
 * doesn't begin with a dot. */
bool archive_name_is_safe(const char *name, size_t len);

/* The header block of a regular file. No owner, no time: an archive tells nothing about the device that made
 * it. */
MUST_USE int archive_header(const char *name, uint64_t size, uint8_t ret_block[ARCHIVE_BLOCK]);

/* The same for an archive that isn't a report: any name of the caller's own choice, in a folder ("" for
 * none). */
#define ARCHIVE_FOLDER_MAX 154
MUST_USE int archive_header_below(
	const char *folder, const char *name, uint64_t size, uint8_t ret_block[ARCHIVE_BLOCK]);

/* Zeros that follow `size` bytes of content, up to the next block. */
size_t archive_padding(uint64_t size);

/* What an entry adds to the archive: header, content, padding. */
uint64_t archive_entry_len(uint64_t size);

struct archive_handler {
	void *context;
	/* Each returns 0, or -1 to refuse the archive (with its reason in fault). name ends with a NUL. */
	int (*on_entry)(void *context, const char *name, uint64_t size, struct fault *fault);
	int (*on_content)(void *context, const uint8_t *data, size_t len, struct fault *fault);
	int (*on_entry_end)(void *context, struct fault *fault);
};

struct archive_reader;

/* handler is copied. NULL where memory is short. */
MUST_USE struct archive_reader *archive_reader_new(const struct archive_handler *handler);
/* The same for an archive that isn't a report's: its first file, and which names it may hold. first must live
 * as long as the reader. */
typedef bool archive_name_test(const char *name, size_t len);
MUST_USE struct archive_reader *archive_reader_of(
	const struct archive_handler *handler, const char *first, archive_name_test *name_is_safe);
void archive_reader_free(struct archive_reader *reader);
MUST_USE int archive_feed(
	struct archive_reader *reader, const uint8_t *data, size_t len, struct fault *fault);

/* 0 where the archive had its report and its end. */
MUST_USE int archive_finish(const struct archive_reader *reader, struct fault *fault);

#endif
