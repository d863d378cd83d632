/* The facts of a report as they lie sealed in the database: who has the storage key could write what she
 * likes there. What is taken comes out the same when it is written again, if it is of the version that is
 * written. */
#include "fuzz.h"

#include "facts.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(4096);
	struct report_facts *facts = NULL;

	fuzz_start();
	facts = facts_new();
	must(facts != NULL);
	if (facts_parse(data, size, facts) == 0) {
		must(facts->stage >= STAGE_UPLOADING && facts->stage <= STAGE_LISTED);
		must(facts->urgency < URGENCY_COUNT && facts->state < STATE_COUNT);
		must(memchr(facts->desk, '\0', sizeof facts->desk) != NULL);
		must(facts_write(facts, &out) == 0);
		must(out.data[0] != data[0] || (out.len == size && bytes_equal(out.data, data, size)));
	}
	facts_free(facts);
	buffer_free(&out);
	return 0;
}
