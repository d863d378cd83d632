/* The facts of a report as they lie sealed in the database: who has the storage key could write what she
 * likes there. What is taken comes out the same when it is written again, if it is of the version that is
 * written. */
#include "fuzz.h"

#include "facts.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(4096), again = buffer_of(4096);
	struct report_facts *facts = NULL, *second = NULL;

	fuzz_start();
	facts = facts_new();
	must(facts != NULL);
	if (facts_parse(data, size, facts) == 0) {
		must(facts->stage >= STAGE_UPLOADING && facts->stage <= STAGE_LISTED);
		must(facts->urgency < URGENCY_COUNT && facts->state < STATE_COUNT);
		must(memchr(facts->desk, '\0', sizeof facts->desk) != NULL);
		must(facts_write(facts, &out) == 0);
		second = facts_new();
		must(second != NULL && facts_parse(out.data, out.len, second) == 0);
		must(facts_write(second, &again) == 0);
		must(out.len == again.len && bytes_equal(out.data, again.data, out.len));
		/* Written in another form only where it came in an older one. */
		must(data[0] != out.data[0] || (out.len == size && bytes_equal(out.data, data, size)));
	}
	facts_free(facts);
	facts_free(second);
	buffer_free(&out);
	buffer_free(&again);
	return 0;
}
