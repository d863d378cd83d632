/* Report and attachments onto the officer's disk. Names are the archive's own safe ones; nothing is ever run
 * or shown. */
#include "report_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITTEN_MAX ARCHIVE_ENTRIES_MAX

struct unpacking {
	const struct report *report;
	struct archive_reader *archive;
	int folder;
	int file; /* the one being written, or -1 */
	char written[WRITTEN_MAX][ARCHIVE_NAME_SIZE];
	size_t written_count;
	bool has_attachments;
	bool is_disk_fault;
	struct fault fault;
};

static int disk_fault(struct unpacking *unpacking, struct fault *fault)
{
	unpacking->is_disk_fault = true;
	return fault_set(fault, "the report can't be written: look at the disk, then open it again");
}

static int begin_file(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct unpacking *unpacking = context;

	(void)size;
	if (strchr(name, '/') != NULL && !unpacking->has_attachments) {
		if (mkdirat(unpacking->folder, "attachments", 0700) != 0)
			return disk_fault(unpacking, fault);
		unpacking->has_attachments = true;
	}
	if (unpacking->written_count == WRITTEN_MAX)
		return fault_set(fault, "too many files are inside: this isn't a report");
	unpacking->file =
		openat(unpacking->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (unpacking->file < 0)
		return disk_fault(unpacking, fault);
	memcpy(unpacking->written[unpacking->written_count++], name, strlen(name) + 1);
	return 0;
}

static int write_file(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct unpacking *unpacking = context;

	while (len > 0) {
		ssize_t written = write(unpacking->file, data, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return disk_fault(unpacking, fault);
		data += written;
		len -= (size_t)written;
	}
	return 0;
}

static int end_file(void *context, struct fault *fault)
{
	struct unpacking *unpacking = context;
	int file = unpacking->file;

	unpacking->file = -1;
	if (fsync(file) != 0) {
		(void)close(file);
		return disk_fault(unpacking, fault);
	}
	return close(file) == 0 ? 0 : disk_fault(unpacking, fault);
}

static int feed_archive(void *context, const uint8_t *data, size_t len)
{
	struct unpacking *unpacking = context;

	return archive_feed(unpacking->archive, data, len, &unpacking->fault);
}

static void take_back(struct unpacking *unpacking, const char *folder)
{
	if (unpacking->file >= 0)
		(void)close(unpacking->file);
	for (size_t at = 0; at < unpacking->written_count; at++)
		(void)unlinkat(unpacking->folder, unpacking->written[at], 0);
	if (unpacking->has_attachments)
		(void)unlinkat(unpacking->folder, "attachments", AT_REMOVEDIR);
	(void)rmdir(folder);
}

static int unpack_all(struct unpacking *unpacking, struct failure *failure)
{
	const struct archive_handler handler = { unpacking, begin_file, write_file, end_file };
	struct report_opener *opener = NULL;
	struct fault fault = { "" };
	int rc = -1;

	unpacking->archive = archive_reader_new(&handler);
	opener = report_opener_new(unpacking->report->reader, feed_archive, unpacking);
	if (unpacking->archive == NULL || opener == NULL)
		rc = failure_memory(failure);
	else if (report_feed(unpacking->report, opener, NULL, &fault) != 0)
		rc = failure_of(failure, unpacking->is_disk_fault ? EX_CANTCREAT : EX_DATAERR,
			unpacking->fault.text[0] != '\0' ? &unpacking->fault : &fault);
	else if (archive_finish(unpacking->archive, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	else
		rc = 0;
	report_opener_free(opener);
	archive_reader_free(unpacking->archive);
	return rc;
}

int report_unpack(const struct report *report, const char *folder, struct failure *failure)
{
	struct unpacking unpacking = { .report = report, .file = -1 };

	if (mkdir(folder, 0700) != 0)
		return failure_set(failure, EX_CANTCREAT, "%s",
			errno == EEXIST ? "the folder is there already: give --out another one"
					: "the folder can't be made: give --out another one");
	unpacking.folder = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (unpacking.folder < 0) {
		(void)rmdir(folder);
		return failure_set(
			failure, EX_CANTCREAT, "the folder can't be opened: give --out another one");
	}
	int rc = unpack_all(&unpacking, failure);
	if (rc != 0)
		take_back(&unpacking, folder);
	(void)close(unpacking.folder);
	return rc;
}
