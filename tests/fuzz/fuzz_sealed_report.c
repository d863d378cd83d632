/* A sealed file from anybody, opened with a fixed identity: in pieces of any size it means what it means as a
 * whole, and what it means as an age file in memory. */
#include "fuzz.h"

#include "proto/age_file.h"
#include "proto/sealed_report.h"

#include <sodium.h>

#define PLAIN_MAX (4 * 1024 * 1024)

static int keep(void *context, const uint8_t *data, size_t len)
{
	struct buffer *plain = context;

	buffer_put(plain, data, len);
	return buffer_ok(plain);
}

static int open_in_steps(const struct age_identity *identity, const uint8_t *data, size_t size, size_t step,
	struct buffer *ret_plain)
{
	struct report_opener *opener = report_opener_new(identity, keep, ret_plain);
	uint8_t id[REPORT_ID_BYTES];
	struct fault fault;
	int rc = 0;

	must(opener != NULL);
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = report_opener_feed(opener, data + at, size - at < step ? size - at : step, &fault);
	if (rc == 0)
		rc = report_opener_finish(opener, id, &fault);
	must(rc != 0 || report_opener_header(opener) != NULL);
	report_opener_free(opener);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[32] = { 1 };
	struct age_identity *identity = NULL;
	struct buffer plain = buffer_of(PLAIN_MAX), pieces = buffer_of(PLAIN_MAX);
	uint8_t *in_memory = NULL;
	size_t len = 0, step = size == 0 ? 1 : (size_t)data[size - 1] * 3 + 1;
	struct fault fault;
	int rc;

	fuzz_start();
	identity = age_identity_of(secret);
	must(identity != NULL);
	rc = open_in_steps(identity, data, size, size + 1, &plain);
	must(open_in_steps(identity, data, size, step, &pieces) == rc);
	must(plain.len == pieces.len && bytes_equal(plain.data, pieces.data, plain.len));
	must(age_file_open(data, size, identity, &in_memory, &len, &fault) == rc);
	if (rc == 0)
		must(len == plain.len && bytes_equal(in_memory, plain.data, len));
	sodium_free(in_memory);
	buffer_free(&plain);
	buffer_free(&pieces);
	age_identity_free(identity);
	return 0;
}
