/* The list that an admin hands to an officer: what is taken comes out the same after writing and reading once
 * more. */
#include "fuzz.h"

#include "proto/exposure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(EXPOSURE_MAX), once_more = buffer_of(EXPOSURE_MAX);
	struct exposure *exposure = NULL, *again = NULL;
	struct fault fault;

	fuzz_start();
	if (exposure_parse(data, size, &exposure, &fault) == 0) {
		must(exposure_write(exposure, &out) == 0);
		must(exposure_parse(out.data, out.len, &again, &fault) == 0);
		must(exposure_write(again, &once_more) == 0);
		must(out.len == once_more.len && bytes_equal(out.data, once_more.data, out.len));
	}
	exposure_free(exposure);
	exposure_free(again);
	buffer_free(&out);
	buffer_free(&once_more);
	return 0;
}
