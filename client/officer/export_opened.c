/* What is inside a report, into a bundle as it comes out of the seal. */
#include "export_opened.h"

#include "report_internal.h"

#include <stdio.h>
#include <string.h>

#define NAME_ROOM (ARCHIVE_NAME_SIZE + sizeof "opened/")
#define SUMS_MAX  (64 * 1024)

struct opening {
	struct bundle *bundle;
	struct archive_reader *archive;
	struct failure *failure; /* the bundle's own reason, where it had one */
	bool has_failed;
	struct fault fault;
};

static int stop(struct opening *opening, struct fault *fault)
{
	opening->has_failed = true;
	return fault_set(fault, "the bundle can't be written");
}

static int begin_file(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct opening *opening = context;
	char path[NAME_ROOM];

	(void)snprintf(path, sizeof path, "opened/%s", name);
	return bundle_begin(opening->bundle, path, size, opening->failure) == 0 ? 0 : stop(opening, fault);
}

static int more_of_file(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct opening *opening = context;

	return bundle_more(opening->bundle, data, len, opening->failure) == 0 ? 0 : stop(opening, fault);
}

static int end_file(void *context, struct fault *fault)
{
	struct opening *opening = context;

	return bundle_end(opening->bundle, opening->failure) == 0 ? 0 : stop(opening, fault);
}

static int feed_archive(void *context, const uint8_t *data, size_t len)
{
	struct opening *opening = context;

	return archive_feed(opening->archive, data, len, &opening->fault);
}

static int put_files(const struct report *report, struct bundle *bundle, struct failure *failure)
{
	struct opening opening = { .bundle = bundle, .failure = failure };
	const struct archive_handler handler = { &opening, begin_file, more_of_file, end_file };
	struct report_opener *opener = NULL;
	struct fault fault = { "" };
	int rc = -1;

	opening.archive = archive_reader_new(&handler);
	opener = report_opener_new(report->reader, feed_archive, &opening);
	if (opening.archive == NULL || opener == NULL)
		rc = failure_memory(failure);
	else if (report_feed(report, opener, NULL, &fault) != 0)
		rc = opening.has_failed ? -1
					: failure_of(failure, EX_DATAERR,
						  opening.fault.text[0] != '\0' ? &opening.fault : &fault);
	else if (archive_finish(opening.archive, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	else
		rc = 0;
	report_opener_free(opener);
	archive_reader_free(opening.archive);
	return rc;
}

static void put_sum(struct buffer *out, const json_t *evidence, const char *sum, const char *file)
{
	const char *digest = json_string_value(json_object_get(evidence, sum));
	const char *name = json_string_value(json_object_get(evidence, file));

	if (digest != NULL && name != NULL)
		buffer_put_format(out, "%s  %s\n", digest, name);
}

/* What her own device said each file was, before anything was done with it. */
static int put_evidence_sums(const struct report *report, struct bundle *bundle, struct failure *failure)
{
	struct buffer sums = buffer_of(SUMS_MAX);
	const json_t *each;
	size_t at;
	int rc = 0;

	json_array_foreach(json_object_get(report->json, "evidence"), at, each)
	{
		put_sum(&sums, each, "sha256_original", "file");
		put_sum(&sums, each, "sha256_working", "working_file");
	}
	if (buffer_ok(&sums) != 0)
		rc = failure_memory(failure);
	else if (sums.len > 0)
		rc = bundle_put(bundle, "opened/EVIDENCE-SHA256SUMS", sums.data, sums.len, failure);
	buffer_free(&sums);
	return rc;
}

int export_opened(const struct report *report, struct bundle *bundle, struct failure *failure)
{
	if (put_files(report, bundle, failure) != 0)
		return -1;
	return put_evidence_sums(report, bundle, failure);
}
