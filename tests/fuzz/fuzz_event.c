/* An event that a stranger posts: what is taken comes out the same after writing and reading once more. */
#include "fuzz.h"

#include "proto/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct event_subject subject = { .organisation = "o", .report = "r" };
	struct buffer out = buffer_of(EVENT_MAX), again = buffer_of(EVENT_MAX);
	struct report_event *event = NULL, *second = NULL;
	struct fault fault;

	fuzz_start();
	if (event_parse((const char *)data, size, &event, &fault) == 0) {
		must(event_write(event, &out) == 0);
		must(event_parse((const char *)out.data, out.len, &second, &fault) == 0);
		must(event_write(second, &again) == 0);
		must(out.len == again.len && bytes_equal(out.data, again.data, out.len));
		either(event_verify(event, &subject, NULL));
	}
	report_event_free(event);
	report_event_free(second);
	buffer_free(&out);
	buffer_free(&again);
	return 0;
}
