/* A sealed file from anybody, opened with a fixed identity in pieces of every size. */
#include "fuzz.h"

#include "proto/sealed_report.h"

#include <string.h>

static int count(void *context, const uint8_t *data, size_t len)
{
	size_t *total = context;

	(void)data;
	*total += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[32] = { 1 };
	struct age_identity *identity = NULL;
	struct report_opener *opener = NULL;
	uint8_t id[REPORT_ID_BYTES];
	struct fault fault;
	size_t total = 0, step = size == 0 ? 1 : (size_t)data[0] * 3 + 1;
	int rc = 0;

	fuzz_start();
	identity = age_identity_of(secret);
	must(identity != NULL);
	opener = report_opener_new(identity, count, &total);
	must(opener != NULL);
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = report_opener_feed(opener, data + at, size - at < step ? size - at : step, &fault);
	if (rc == 0)
		rc = report_opener_finish(opener, id, &fault);
	must(total <= size && (rc != 0 || report_opener_header(opener) != NULL));
	report_opener_free(opener);
	age_identity_free(identity);
	return 0;
}
