/* A fetched report against its id: as it was uploaded, or wrapped again by hands that may. */
#include "report_internal.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (128 * 1024)

static int unreadable(struct failure *failure)
{
	return failure_set(
		failure, EX_CANTCREAT, "the fetched report can't be read: look at the home's disk");
}

/* Up to len bytes from there; 0 at the end. */
static ssize_t read_at(const struct report *report, uint8_t *bytes, size_t len, uint64_t at)
{
	uint64_t left = report->size - at;
	ssize_t got;

	do
		got = pread(report->file, bytes, left < len ? (size_t)left : len, (off_t)at);
	while (got < 0 && errno == EINTR);
	return got;
}

int report_header(const struct report *report, struct age_header **ret_header, struct failure *failure)
{
	uint8_t *bytes = malloc(AGE_HEADER_MAX);
	struct fault fault;
	size_t len = 0;
	bool cut_short;
	int rc = 0;

	if (bytes == NULL)
		return failure_memory(failure);
	while (len < AGE_HEADER_MAX && len < report->size) {
		ssize_t got = read_at(report, bytes + len, AGE_HEADER_MAX - len, len);

		if (got <= 0) {
			rc = unreadable(failure);
			goto cleanup;
		}
		len += (size_t)got;
	}
	if (age_header_parse(bytes, len, ret_header, &cut_short, &fault) != 0)
		rc = failure_set(failure, EX_DATAERR, "the report is damaged: %s", fault.text);
cleanup:
	free(bytes);
	return rc;
}

/* The first header and what lies behind the newest are the file that was uploaded. */
static int check_id(
	const struct report *report, const struct buffer *first, uint64_t payload_at, struct failure *failure)
{
	struct sha256 *hash = sha256_new();
	uint8_t *piece = malloc(PIECE_BYTES), digest[SHA256_BYTES], id[SHA256_BYTES];
	uint64_t at = payload_at;
	int rc = -1;

	if (hash == NULL || piece == NULL || sha256_update(hash, first->data, first->len) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	while (at < report->size) {
		ssize_t got = read_at(report, piece, PIECE_BYTES, at);

		if (got <= 0 || sha256_update(hash, piece, (size_t)got) != 0) {
			rc = unreadable(failure);
			goto cleanup;
		}
		at += (uint64_t)got;
	}
	if (sha256_final(hash, digest) != 0 || hex_decode(report->id, ID_SIZE - 1, id, sizeof id) != 0)
		rc = failure_memory(failure);
	else if (!bytes_equal(digest, id, sizeof id))
		rc = failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "id");
	else
		rc = 0;
cleanup:
	sha256_free(hash);
	free(piece);
	return rc;
}

static int check_wrapping(struct officer *officer, struct report *report, const struct opened_header *opened,
	struct failure *failure)
{
	struct buffer first = buffer_of(AGE_HEADER_MAX);
	int rc = -1;

	if (wrapped_check(officer, opened, report->wrapping.wrapping, &first, &report->by, failure) == 0)
		rc = check_id(report, &first, opened->header->len, failure);
	buffer_free(&first);
	return rc;
}

int report_prove(struct officer *officer, struct report *report, struct failure *failure)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct age_header *header = NULL;
	struct fault fault;
	int rc = -1;

	if (file_key == NULL)
		rc = failure_memory(failure);
	else if (report_header(report, &header, failure) != 0)
		rc = -1;
	else if (officer_unwrap(officer, header, file_key, &report->reader, &fault) != 0)
		rc = failure_set(failure, EX_NOPERM,
			"you can't open this report: %s; a colleague of the desk may", fault.text);
	else if (report->is_wrapped) {
		const struct opened_header opened = { report->id, header, file_key, NULL };

		rc = check_wrapping(officer, report, &opened, failure);
	} else
		rc = 0;
	age_header_free(header);
	sodium_free(file_key);
	return rc;
}

int report_settle(struct officer *officer, struct report *report, bool *ret_again, struct failure *failure)
{
	struct age_header *header = NULL;
	uint8_t digest[SHA256_BYTES];
	bool found = false;
	int rc = -1;

	*ret_again = false;
	if (!report->is_wrapped)
		return 0;
	wrapping_state_free(&report->wrapping);
	if (wrapped_fetch(officer, report->id, &report->wrapping, &found, failure) != 0)
		return -1;
	if (!found)
		return failure_set(failure, EX_PROTOCOL,
			"ALARM: the server gave something else than this report: don't trust it, tell your "
			"organisation's admin");
	if (report_header(report, &header, failure) != 0)
		return -1;
	if (sha256_once(header->text, header->len, digest) != 0) {
		rc = failure_memory(failure);
	} else {
		*ret_again = !bytes_equal(digest, report->wrapping.wrapping->new_header, sizeof digest);
		rc = 0;
	}
	age_header_free(header);
	return rc;
}

void report_confirm(struct officer *officer, const struct report *report)
{
	const struct opened_header opened = { report->id, report_opener_header(report->opener),
		report_opener_file_key(report->opener), NULL };
	struct failure ignored;

	if (!report->is_wrapped || report->wrapping.is_confirmed ||
		officer_is_me(officer, report->wrapping.wrapping->keyid))
		return;
	/* Where it fails, her next look or somebody else's says it. */
	if (wrapped_confirm(officer, &opened, &ignored) != 0)
		return;
}
