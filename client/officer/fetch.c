/* fetch: the sealed file, byte for byte, for `age -d` or an archive. */
#include "report.h"
#include "verbs.h"

#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (64 * 1024)

static int copy_to(int from, int to, uint64_t size)
{
	static uint8_t piece[COPY_BYTES];

	for (uint64_t at = 0; at < size;) {
		ssize_t got = pread(from, piece, sizeof piece, (off_t)at), put;

		if (got > 0 && (uint64_t)got > size - at)
			got = (ssize_t)(size - at);
		put = got <= 0 ? got : pwrite(to, piece, (size_t)got, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		at += (uint64_t)put;
	}
	return fsync(to);
}

static int write_sealed(const struct report *report, const char *path, struct failure *failure)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = 0;

	if (to < 0)
		return failure_set(failure, EX_CANTCREAT, "%s",
			errno == EEXIST ? "the file is there already: give another name"
					: "the file can't be made: give another name");
	if (copy_to(report->file, to, report->size) != 0) {
		(void)unlink(path);
		rc = failure_set(failure, EX_CANTCREAT, "the file can't be written: look at the disk");
	}
	(void)close(to);
	return rc;
}

/* Before a long way over the network: what is there will be there afterwards too. */
static int check_free(const char *path, struct failure *failure)
{
	struct stat there;

	if (lstat(path, &there) == 0)
		return failure_set(failure, EX_CANTCREAT, "the file is there already: give another name");
	return 0;
}

int verb_fetch(const struct invocation *invocation, struct failure *failure)
{
	const char *path = arguments_operand(invocation->arguments, 1);
	struct officer *officer = NULL;
	struct report *report = NULL;
	char id[ID_SIZE];
	int rc = -1;

	if (report_argument(invocation, id, failure) != 0 || check_free(path, failure) != 0 ||
		officer_open(invocation, &officer, failure) != 0 ||
		report_fetch(officer, id, &report, failure) != 0 ||
		(report->is_wrapped && report_prove(officer, report, failure) != 0) ||
		write_sealed(report, path, failure) != 0)
		goto cleanup;
	say(invocation, "The sealed report is in %s. `age -d -i %s/" IDENTITY_FILE "' opens it.\n", path,
		home_path(officer->home));
	rc = output_result(
		invocation, json_pack("{s:s, s:I}", "id", id, "size", (json_int_t)report->size), failure);
cleanup:
	report_free(report);
	officer_close(officer);
	return rc;
}
