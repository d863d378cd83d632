#include "report_internal.h"

#include "history.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/report_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEALED_REPORT_MAX                                                                                    \
	(UINT64_C(17) * 1024 * 1024 * 1024) /* above what any daemon may be told to take                     \
					     */
#define PIECE_BYTES (128 * 1024)
#define PATH_SIZE   128
#define TRIES       3

void report_free(struct report *report)
{
	if (report == NULL)
		return;
	if (report->file >= 0)
		(void)close(report->file);
	report_opener_free(report->opener);
	wrapping_state_free(&report->wrapping);
	buffer_free(&report->text);
	json_decref(report->json);
	free(report);
}

/* A file of the home that has no name from its first moment on, or as soon as it was made. */
static int nameless_file(const struct home *home)
{
	uint8_t random[8];
	char name[48] = ".fetched-";
	int file = openat(home_descriptor(home), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (file >= 0)
		return file;
	randombytes_buf(random, sizeof random);
	hex_encode(random, sizeof random, name + strlen(name));
	file = openat(home_descriptor(home), name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file >= 0)
		(void)unlinkat(home_descriptor(home), name, 0);
	return file;
}

static int keep_bytes(void *owner, const uint8_t *bytes, size_t len, struct failure *failure)
{
	struct report *report = owner;

	while (len > 0) {
		ssize_t written = pwrite(report->file, bytes, len, (off_t)report->size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return failure_set(
				failure, EX_CANTCREAT, "the report can't be kept: look at the home's disk");
		bytes += written;
		len -= (size_t)written;
		report->size += (uint64_t)written;
	}
	return 0;
}

static void keep_again(void *owner)
{
	struct report *report = owner;

	report->size = 0;
	/* What a longer first try left behind the end is never read: size says where it ends. */
}

static int call_for_report(struct officer *officer, struct report *report, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET",
		.path = path,
		.answer_max = SEALED_REPORT_MAX,
		.sink = keep_bytes,
		.sink_owner = report };
	struct link_answer answer = { 0 };
	uint8_t id[ID_BYTES];
	int rc = 0;

	(void)snprintf(path, sizeof path, "reports/%s", report->id);
	if (officer_call(officer, &request, keep_again, &answer, failure) != 0)
		return -1;
	if (answer.status != 200)
		rc = link_refused(&answer, "no report", failure);
	else if (hex_decode(report->id, ID_SIZE - 1, id, sizeof id) != 0)
		rc = failure_memory(failure);
	else
		report->is_wrapped = !bytes_equal(id, answer.digest, sizeof id);
	link_answer_free(&answer);
	return rc;
}

/* A colleague may wrap it again between two calls. */
static int fetch_whole(struct officer *officer, struct report *report, struct failure *failure)
{
	bool again = true;

	for (int try = 0; again; try++) {
		if (try == TRIES)
			return failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "header");
		if (call_for_report(officer, report, failure) != 0 ||
			report_settle(officer, report, &again, failure) != 0)
			return -1;
	}
	return 0;
}

struct report *report_new(const char *id)
{
	struct report *report = calloc(1, sizeof *report);

	if (report == NULL)
		return NULL;
	report->text = buffer_of(REPORT_JSON_MAX);
	report->file = -1;
	memcpy(report->id, id, ID_SIZE);
	return report;
}

int report_fetch(struct officer *officer, const char *id, struct report **ret_report, struct failure *failure)
{
	struct report *report = report_new(id);
	int rc = -1;

	if (report == NULL)
		return failure_memory(failure);
	report->file = nameless_file(officer->home);
	if (report->file < 0)
		rc = failure_set(failure, EX_CANTCREAT, "no file can be made in the home: look at its disk");
	else
		rc = fetch_whole(officer, report, failure);
	if (rc == 0)
		*ret_report = report;
	else
		report_free(report);
	return rc;
}

int report_feed(
	const struct report *report, struct report_opener *opener, const bool *done, struct fault *fault)
{
	uint8_t *piece = malloc(PIECE_BYTES);
	uint64_t at = 0;
	int rc = -1;

	if (piece == NULL)
		return fault_set(fault, "memory ran out: close other programs, then try again");
	while (at < report->size && (done == NULL || !*done)) {
		uint64_t left = report->size - at;
		ssize_t got = pread(
			report->file, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			rc = fault_set(fault, "the fetched report can't be read: look at the home's disk");
			goto cleanup;
		}
		at += (uint64_t)got;
		if (report_opener_feed(opener, piece, (size_t)got, fault) != 0)
			goto cleanup;
	}
	if (done == NULL || !*done) {
		uint8_t id[REPORT_ID_BYTES];

		if (report_opener_finish(opener, id, fault) != 0)
			goto cleanup;
	}
	rc = 0;
cleanup:
	sodium_memzero(piece, PIECE_BYTES);
	free(piece);
	return rc;
}

/* Which failure it was: not for her, not a report, or not even sealed well. */
static int judge_look(const struct report *report, const struct report_text *look, const struct fault *fault,
	struct failure *failure)
{
	if (look->is_refused)
		return failure_of(failure, EX_DATAERR, &look->fault);
	if (report_opener_header(report->opener) == NULL)
		return failure_set(failure, EX_NOPERM,
			"you can't open this report: %s; a colleague of the desk may", fault->text);
	return failure_set(failure, EX_DATAERR, "the report is damaged: %s", fault->text);
}

static int read_report_json(struct report *report, struct failure *failure)
{
	struct report_text look;
	struct fault fault = { "the report can't be opened" };
	int rc = -1;

	if (report_text_begin(&look, &report->text) != 0)
		return failure_memory(failure);
	report->opener = report_opener_new(report->reader, report_text_take, &look);
	if (report->opener == NULL)
		rc = failure_memory(failure);
	else if (report_feed(report, report->opener, &look.done, &fault) != 0)
		rc = judge_look(report, &look, &fault, failure);
	else if (!look.done)
		rc = failure_set(failure, EX_DATAERR, "there is no report.json inside: this isn't a report");
	else
		rc = 0;
	report_text_end(&look);
	return rc;
}

/* An officer of its desk, or of one that it was transferred to. */
static int check_wrapper(struct officer *officer, const struct report *report, struct failure *failure)
{
	struct history history;

	if (officer_serves(&report->by, report->destination.desk))
		return 0;
	if (history_fetch(officer, report, &history, failure) != 0)
		return -1;
	return history_served(&history, report, &report->by)
		       ? 0
		       : failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "another desk's officer");
}

/* report.json against what the report was sealed for. */
int report_check(struct officer *officer, struct report *report, struct failure *failure)
{
	if (sha256_once(report->header->text, report->header->len, report->header_digest) != 0)
		return failure_memory(failure);
	if (report_check_envelope(officer, report, failure) != 0)
		return -1;
	return report->is_wrapped && report->has_proof ? check_wrapper(officer, report, failure) : 0;
}

int report_look(struct officer *officer, struct report *report, struct failure *failure)
{
	struct fault fault;

	if (report_prove(officer, report, failure) != 0 || read_report_json(report, failure) != 0)
		return -1;
	report->header = report_opener_header(report->opener);
	report->file_key = report_opener_file_key(report->opener);
	if (report_schema_check((const char *)report->text.data, report->text.len, &report->json, &fault) !=
		0)
		return failure_of(failure, EX_DATAERR, &fault);
	return report_check(officer, report, failure);
}

int report_take(struct officer *officer, const char *id, struct report **ret_report, struct failure *failure)
{
	struct report *report = NULL;

	if (report_fetch(officer, id, &report, failure) != 0 || report == NULL)
		return -1;
	if (report_look(officer, report, failure) != 0) {
		report_free(report);
		return -1;
	}
	report_confirm(officer, report);
	*ret_report = report;
	return 0;
}
