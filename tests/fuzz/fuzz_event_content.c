/* What a colleague's tool wrote into an event, or something that pretends to be that: what is taken can be
 * sealed and comes out the same. */
#include "fuzz.h"

#include "proto/event_content.h"
#include "proto/json.h"

#define TAKEN_MAX (96 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 1 };
	json_t *content = NULL, *again = NULL;
	struct fault fault;

	fuzz_start();
	if (json_parse((const char *)data, size, TAKEN_MAX, &content, &fault) == 0 &&
		event_content_check(content, &fault) == 0) {
		struct report_event *event = report_event_new();
		struct age_identity *reader = event_reader(file_key);

		must(event != NULL && reader != NULL);
		if (event_content_seal(event, content, reader->recipient, &fault) == 0) {
			must(event_content_open(event, reader, &again, &fault) == 0);
			must(json_equal(content, again) == 1);
		}
		age_identity_free(reader);
		report_event_free(event);
	}
	json_decref(content);
	json_decref(again);
	return 0;
}
